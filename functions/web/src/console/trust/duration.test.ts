import assert from "node:assert/strict";
import { test } from "node:test";

import { duration } from "./duration.ts";

const YEAR = 31_556_952;

test("a length of time reads as a sentence goes on", () => {
  const lengths: [number, string, string][] = [
    [0, "en", "1 minute"],
    [7_200, "en", "2 hours"],
    [42 * YEAR, "fr", "42 ans"],
    [3e6 * YEAR, "en", "3 million years"],
    [3e6 * YEAR, "de-CH", "3 Millionen Jahre"],
    [1e6 * YEAR, "fr-CH", "1 million d’années"],
    [3e9 * YEAR, "fr", "3 milliards d’années"],
    [1e6 * YEAR, "it-CH", "1 milione di anni"],
    [3e9 * YEAR, "it", "3 miliardi di anni"],
  ];
  for (const [seconds, tag, text] of lengths) assert.equal(duration(seconds, tag).replace(/\s/g, " "), text);
});
