import assert from "node:assert/strict";
import { test } from "node:test";

import { view as texts } from "../../text/view/en.ts";
import { shownSender, spokenName, spokenSender } from "./names.ts";

const PEER = "Ada Adviser";

test("who has no name goes by what they are, and never by the other side's name", () => {
  const nameless = { name: "", kind: "guest" } as const;
  assert.equal(spokenSender(texts, PEER, nameless), "Guest");
  assert.equal(shownSender(texts, PEER, nameless), "Guest");
  assert.equal(spokenSender(texts, PEER, undefined), PEER);
  assert.equal(spokenSender(texts, "", undefined), texts.other);
});

test("who takes another's name is told from them by what they are", () => {
  assert.equal(spokenName(texts, { name: PEER, kind: "guest" }), "Ada Adviser (Guest)");
  assert.notEqual(spokenSender(texts, PEER, { name: PEER, kind: "guest" }), spokenSender(texts, PEER, undefined));
});
