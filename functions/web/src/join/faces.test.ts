import assert from "node:assert/strict";
import { test } from "node:test";

import { Problem } from "../call/api.ts";
import type { ProblemSlug } from "../call/types.ts";
import { panel } from "../text/panel/en.ts";
import { ending, obstacle } from "./faces.ts";
import { joinTexts } from "./texts.ts";

const { en: texts } = joinTexts;
const met = (slug: ProblemSlug) => obstacle(new Problem(slug, ""), texts, panel);

test("what may pass can be tried again, and what is over cannot", () => {
  for (const slug of ["unreachable", "unavailable", "too-many-requests"] as const) assert.ok(met(slug).again, slug);
  for (const slug of ["not-found", "call-over"] as const) {
    assert.deepEqual([met(slug).title, met(slug).again], [texts.used.title, false]);
  }
  assert.equal(met("unexpected").again, false);
});

test("a call that is full is not taken for an error", () => {
  const { title, text, again } = met("limit-reached");
  assert.deepEqual([title, text, again], [texts.full.title, texts.full.text, true]);
});

test("who waited when the call ended has cancelled nothing", () => {
  assert.equal(ending("cancelled", false, texts, panel).title, texts.gone.title);
  assert.equal(ending("cancelled", true, texts, panel).title, panel.ended.cancelled);
  assert.equal(ending("other-hung-up", false, texts, panel).title, texts.over.title);
});
