import assert from "node:assert/strict";
import { test } from "node:test";

import { visible } from "./visible.ts";

test("what is not seen, or turns what follows, is no part of a name", () => {
  assert.equal(visible(" Ada\u202e\u0000 \u2066Ad\u200bviser\ufeff\n"), "Ada Adviser");
  assert.equal(visible("Zoë O’Łuk 山 👩"), "Zoë O’Łuk 山 👩");
  assert.equal(visible("\u200b \u2060"), "");
});
