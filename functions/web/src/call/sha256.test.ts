import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";

import { hex } from "./bytes.ts";
import { Sha256 } from "./sha256.ts";

test("agrees with Node's for every length around the block's, however the data is cut", () => {
  for (let length = 0; length < 200; length++) {
    const data = randomBytes(length);
    const expected = createHash("sha256").update(data).digest("hex");
    assert.equal(hex(new Sha256().update(data).digest()), expected);
    const pieces = new Sha256();
    for (let at = 0, step = 1; at < length; at += step, step = (step % 70) + 3)
      pieces.update(data.subarray(at, at + step));
    assert.equal(hex(pieces.digest()), expected);
  }
});

test("agrees with Node's for a megabyte", () => {
  const data = randomBytes(1_000_001);
  assert.equal(hex(new Sha256().update(data).digest()), createHash("sha256").update(data).digest("hex"));
});
