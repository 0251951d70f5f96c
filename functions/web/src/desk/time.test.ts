import assert from "node:assert/strict";
import { test } from "node:test";

import { ServiceClock } from "./clock.ts";
import { formatDuration } from "./time.ts";

test("durations are written as people read them", () => {
  const pairs: [number, string][] = [
    [-5, "0:00"],
    [0, "0:00"],
    [999, "0:00"],
    [42_000, "0:42"],
    [725_000, "12:05"],
    [3_599_999, "59:59"],
    [3_723_000, "1:02:03"],
  ];
  for (const [milliseconds, text] of pairs) assert.equal(formatDuration(milliseconds), text);
});

test("waiting is counted by the service's clock, whatever this computer's says", () => {
  let now = Date.parse("2026-11-23T21:10:00.000Z");
  const clock = new ServiceClock(() => now);
  const created = "2026-11-23T20:59:30.000Z";
  // Ten minutes fast; the answer took 200 ms.
  now += 200;
  clock.learn("2026-11-23T21:00:20.000Z", now - 200);
  assert.equal(clock.since(created), 30_100);
  now += 5_000;
  assert.equal(clock.since(created), 35_100);
  clock.learn("nonsense", now);
  assert.equal(clock.since(created), 35_100);
});

test("nobody waits a negative time", () => {
  const clock = new ServiceClock(() => 0);
  assert.equal(clock.since("2026-11-23T20:59:30.000Z"), 0);
});
