import assert from "node:assert/strict";
import { test } from "node:test";

import { contrast, formatColour, parseColour, type Rgb, readableOn, withContrast } from "./colour.ts";

const colour = (text: string): Rgb => parseColour(text) ?? assert.fail(text);

test("colours are read and written", () => {
  assert.deepEqual(parseColour(" #0F6e66 "), [15, 110, 102]);
  assert.equal(formatColour([15, 110, 102]), "#0f6e66");
  for (const wrong of ["", "red", "#fff", "#12345g", "0f6e66", "#0f6e66ff"])
    assert.equal(parseColour(wrong), undefined);
});

test("contrast agrees with the guidelines' known pairs", () => {
  assert.equal(contrast(colour("#000000"), colour("#ffffff")), 21);
  assert.equal(contrast(colour("#777777"), colour("#ffffff")).toFixed(2), "4.48");
  assert.equal(contrast(colour("#ffffff"), colour("#767676")).toFixed(2), "4.54");
});

test("on every colour black or white is readable, and every colour has a readable shade", () => {
  const steps = [0, 51, 102, 153, 204, 255];
  for (const red of steps) {
    for (const green of steps) {
      for (const blue of steps) {
        const any: Rgb = [red, green, blue];
        assert.ok(contrast(readableOn(any), any) >= 4.5);
        for (const background of [colour("#eef1f0"), colour("#26312f")]) {
          assert.ok(contrast(withContrast(any, background, 4.5), background) >= 4.5);
        }
      }
    }
  }
});

test("a colour with enough contrast stays as it is", () => {
  assert.deepEqual(withContrast(colour("#0f6e66"), colour("#ffffff"), 4.5), colour("#0f6e66"));
});
