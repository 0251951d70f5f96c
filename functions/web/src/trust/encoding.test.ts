import assert from "node:assert/strict";
import { test } from "node:test";

import { binary, equal, fields, id, integer, object, parseJson, text, utf8 } from "./encoding.ts";
import { CheckFailed } from "./failure.ts";
import { Chance } from "./fixtures.ts";

const malformed = (error: unknown) => error instanceof CheckFailed && error.reason === "malformed";

test("fields are their lengths and their bytes", () => {
  assert.deepEqual(fields("ab", new Uint8Array(0), Uint8Array.of(7)), Uint8Array.of(0, 2, 97, 98, 0, 0, 0, 1, 7));
  assert.deepEqual(fields(), new Uint8Array(0));
  assert.equal(fields(new Uint8Array(0xffff)).length, 0x10001);
  assert.throws(() => fields(new Uint8Array(0x10000)), malformed);
});

test("no two sequences of fields are the same bytes", () => {
  const chance = new Chance(1);
  const seen = new Map<string, string>();
  for (let run = 0; run < 5000; run++) {
    const values = Array.from({ length: chance.below(4) }, () => chance.bytes(chance.below(3)).map((byte) => byte & 1));
    const encoded = String(fields(...values));
    const said = JSON.stringify(values.map((value) => [...value]));
    assert.equal(seen.get(encoded) ?? said, said);
    seen.set(encoded, said);
  }
});

test("integers are big-endian", () => {
  assert.deepEqual(integer(1), Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1));
  assert.deepEqual(integer(0x0102, 2), Uint8Array.of(1, 2));
  const view = new DataView(integer(Number.MAX_SAFE_INTEGER).buffer);
  assert.equal(view.getBigUint64(0), BigInt(Number.MAX_SAFE_INTEGER));
  assert.deepEqual(integer(5, 12).length, 12);
});

test("binary has one form in text", () => {
  assert.deepEqual(binary("AAEC"), Uint8Array.of(0, 1, 2));
  assert.deepEqual(binary("", 0), new Uint8Array(0));
  for (const wrong of ["AA=", "AA==", "AB", "A", "AAF", "+/A", "A A", "AAEC\n", "ä", 7, null, undefined, {}, ["AAEC"]])
    assert.throws(() => binary(wrong), malformed, String(wrong));
  assert.throws(() => binary("AAEC", 4), malformed);
});

test("text is UTF-8 as it is", () => {
  assert.equal(text(utf8("\ufeffa")), "\ufeffa", "a byte-order mark stays");
  for (const wrong of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]])
    assert.throws(() => text(Uint8Array.from(wrong)), malformed);
  assert.throws(() => id("01932c5e-8f6a-7c3d-9b1e"), malformed);
  assert.throws(() => parseJson(utf8("{")), malformed);
});

test("objects have the members that they should, and no others", () => {
  const shape = { a: "string", b: "number?", c: "array?", d: "object?" };
  for (const right of [{ a: "" }, { a: "x", b: 1 }, { a: "x", c: [1] }, { a: "x", d: {} }])
    assert.deepEqual(object(right, shape), right);
  const wrong = [
    null,
    7,
    "a",
    [],
    {},
    { a: 1 },
    { a: null },
    { a: "x", b: "1" },
    { a: "x", c: {} },
    { a: "x", d: [] },
    { a: "x", d: null },
    { a: "x", e: 1 },
    JSON.parse('{"a":"x","__proto__":{}}'),
    JSON.parse('{"__proto__":{"a":"x"}}'),
    { a: "x", toString: 1 },
  ];
  for (const one of wrong) assert.throws(() => object(one, shape), malformed, JSON.stringify(one));
});

test("equal bytes are equal", () => {
  assert.ok(equal(new Uint8Array(0), new Uint8Array(0)));
  assert.ok(equal(Uint8Array.of(1, 2), Uint8Array.of(1, 2)));
  assert.ok(!equal(Uint8Array.of(1, 2), Uint8Array.of(1, 3)));
  assert.ok(!equal(Uint8Array.of(1, 2), Uint8Array.of(1)));
  assert.ok(!equal(Uint8Array.of(1), Uint8Array.of(1, 0)));
});
