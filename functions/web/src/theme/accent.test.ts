import assert from "node:assert/strict";
import { test } from "node:test";

import { accentTokens, readableShades } from "./accent.ts";
import { contrast, mix, parseColour, type Rgb } from "./colour.ts";

const colour = (text: string): Rgb => parseColour(text) ?? assert.fail(text);

test("every accent can be read as text on the pages, on cards and on its own soft tint", () => {
  const steps = [0, 51, 102, 153, 204, 255];
  for (const red of steps) {
    for (const green of steps) {
      for (const blue of steps) {
        const { light, dark } = readableShades([red, green, blue]);
        for (const [shade, surfaces] of [
          [colour(light), ["#f6f7f7", "#ffffff", "#eef1f0"]],
          [colour(dark), ["#101514", "#19201f", "#0c100f"]],
        ] as const) {
          const backgrounds = [...surfaces.map(colour), mix(colour(surfaces[1]), shade, 0.12)];
          for (const background of backgrounds) {
            assert.ok(contrast(shade, background) >= 4.5, `${red} ${green} ${blue}: ${shade} on ${background}`);
          }
        }
      }
    }
  }
});

test("what is not a colour changes nothing", () => {
  assert.deepEqual(accentTokens("red; }"), {});
  assert.equal(accentTokens("#FFEE00")["--visavis-on-accent"], "#000000");
  assert.equal(accentTokens("#0f6e66")["--visavis-on-accent"], "#ffffff");
});
