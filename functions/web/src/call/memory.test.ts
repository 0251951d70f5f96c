import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { forget, MEMORY_KEY, recall, remember } from "./memory.ts";

const memory = { organisation: "o", call: "c", token: "t", cursor: 7 };
let kept: Map<string, string>;

beforeEach(() => {
  kept = new Map();
  Object.defineProperty(globalThis, "sessionStorage", {
    configurable: true,
    get: () => ({
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => kept.set(key, value),
      removeItem: (key: string) => kept.delete(key),
    }),
  });
});

afterEach(() => {
  Reflect.deleteProperty(globalThis, "sessionStorage");
});

test("a reload finds the call of this organisation, and nothing once it is forgotten", () => {
  remember(memory);
  assert.deepEqual(recall("o"), memory);
  assert.equal(recall("another"), undefined);
  forget();
  assert.equal(recall("o"), undefined);
  assert.equal(kept.size, 0);
});

test("what was begun by a link goes on by the same link, and by nothing else", () => {
  remember({ ...memory, link: "one" });
  assert.deepEqual(recall("o", "one"), { ...memory, link: "one" });
  assert.equal(recall("o", "another"), undefined);
  assert.equal(recall("o"), undefined);
  remember(memory);
  assert.equal(recall("o", "one"), undefined);
});

test("what the page itself has put there is not taken for a call", () => {
  for (const other of [
    "",
    "{",
    "null",
    "[]",
    '{"organisation":"o"}',
    '{"organisation":"o","call":1,"token":"t","cursor":0}',
  ]) {
    kept.set(MEMORY_KEY, other);
    assert.equal(recall("o"), undefined);
  }
});

test("a browser that keeps nothing does no harm", () => {
  Object.defineProperty(globalThis, "sessionStorage", {
    configurable: true,
    get: () => {
      throw new DOMException("denied", "SecurityError");
    },
  });
  remember(memory);
  forget();
  assert.equal(recall("o"), undefined);
});
