import assert from "node:assert/strict";
import { test } from "node:test";

import { explanation } from "./proof-mark.ts";

test("whoever was let in is not told of a page that they have not come from", () => {
  const verified = { verified: { expert: "ada", name: "Ada", title: "", organisation: "Garden Tools Ltd" } };
  assert.equal(explanation({ peer: verified, invited: false }), "verified");
  assert.equal(explanation({ peer: verified, invited: true }), "verifiedInvited");
  assert.equal(explanation({ peer: "unverified", invited: false }), "unverified");
  assert.equal(explanation({ peer: "unverified", invited: true }), "unverifiedInvited");
  assert.equal(explanation({ peer: "anonymous", invited: false }), "anonymous");
});
