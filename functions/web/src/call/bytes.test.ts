import assert from "node:assert/strict";
import { test } from "node:test";

import { fromBase64url, newId, toBase64url, uuidFromBytes, uuidToBytes } from "./bytes.ts";

test("base64url agrees with Node's for every length and byte", () => {
  for (let length = 0; length < 300; length++) {
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 37 + length) % 256);
    const text = toBase64url(bytes);
    assert.equal(text, Buffer.from(bytes).toString("base64url"));
    assert.deepEqual(fromBase64url(text), bytes);
  }
});

test("a megabyte is encoded without a call of a million arguments", () => {
  const bytes = new Uint8Array(1_000_000).fill(7);
  assert.equal(toBase64url(bytes), Buffer.from(bytes).toString("base64url"));
});

test("what is not base64url is refused", () => {
  for (const wrong of ["a+b/", "ab==", "ä", "a b"]) assert.throws(() => fromBase64url(wrong), TypeError);
});

test("UUIDs go to bytes and back", () => {
  const uuid = "01932c5e-8f6a-7c3d-9b1e-0123456789ab";
  assert.equal(uuidFromBytes(uuidToBytes(uuid)), uuid);
  assert.throws(() => uuidToBytes("01932c5e-8f6a-7c3d-9b1e"), TypeError);
});

test("ids are UUIDv7 of this time, and no two the same", () => {
  const before = Date.now();
  const ids = Array.from({ length: 1000 }, newId);
  const after = Date.now();
  assert.equal(new Set(ids).size, ids.length);
  for (const id of ids) {
    assert.match(id, /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    const time = Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16);
    assert.ok(time >= before && time <= after);
  }
});
