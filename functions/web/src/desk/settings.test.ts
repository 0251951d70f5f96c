import assert from "node:assert/strict";
import { test } from "node:test";

import { defaults, parseSettings } from "./settings.ts";

test("what was kept is read again", () => {
  const kept = { ...defaults, available: false, volume: 0.25, notify: true, camera: "c1" };
  assert.deepEqual(parseSettings(JSON.stringify(kept)), kept);
});

test("what is missing or of another kind is as in the beginning", () => {
  for (const text of [
    null,
    "",
    "null",
    "[]",
    "7",
    "{",
    '{"available":"yes","volume":"loud","camera":7}',
    '{"volume":2}',
  ]) {
    assert.deepEqual(parseSettings(text), defaults, String(text));
  }
});
