import assert from "node:assert/strict";
import { test } from "node:test";

import { initials } from "./initials.ts";

test("first and last name, whole characters, and something for nothing", () => {
  assert.equal(initials("Anna Keller"), "AK");
  assert.equal(initials("  anna  maria de keller "), "AK");
  assert.equal(initials("Prince"), "P");
  assert.equal(initials("𝒜lan 😀"), "𝒜😀");
  assert.equal(initials(" "), "–");
});
