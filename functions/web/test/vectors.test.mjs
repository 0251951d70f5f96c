// The handshake's test vectors in real browsers.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { browsers, open } from "./browsers.mjs";

const vectors = JSON.parse(readFileSync(new URL("../../../docs/handshake-vectors.json", import.meta.url), "utf8"));

for (const name of Object.keys(browsers)) {
  test(`${name} takes and refuses what the vectors say`, { timeout: 60_000 }, async (context) => {
    const { page, close } = await open(name, "vectors.ts", "check");
    try {
      assert.deepEqual(await page.evaluate((all) => check(all), vectors), []);
      const taken = await page.evaluate((all) => taken(all), vectors);
      context.diagnostic(`would be taken by the browser alone: ${taken.join("; ") || "none"}`);
    } finally {
      await close();
    }
  });
}
