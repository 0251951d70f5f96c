import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";

import { Recovery } from "./recovery.ts";

function start(t: TestContext): { recovery: Recovery; attempts: { number: number; at: number }[] } {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: 10_000 });
  const attempts: { number: number; at: number }[] = [];
  const recovery = new Recovery((number) => attempts.push({ number, at: Date.now() - 10_000 }));
  return { recovery, attempts };
}

test("what is due first counts", (t) => {
  const { recovery, attempts } = start(t);
  recovery.later(15_000);
  recovery.later(1_500);
  recovery.later(8_000);
  t.mock.timers.tick(1_500);
  assert.deepEqual(attempts, [{ number: 1, at: 1_500 }]);
});

test("attempts go on, less and less often, until the connection is there", (t) => {
  const { recovery, attempts } = start(t);
  recovery.now();
  for (let half = 0; half < 120; half++) t.mock.timers.tick(500);
  assert.deepEqual(
    attempts.map(({ at }) => at),
    [0, 4_000, 10_000, 19_000, 32_500, 47_500],
  );
  assert.equal(recovery.trying, true);
  recovery.done();
  t.mock.timers.tick(60_000);
  assert.equal(attempts.length, 6);
  assert.equal(recovery.trying, false);
});

test("what both sides notice in the same moment makes one attempt, and later ones begin anew", (t) => {
  const { recovery, attempts } = start(t);
  recovery.now();
  t.mock.timers.tick(300);
  recovery.now();
  assert.equal(attempts.length, 1);
  recovery.done();
  t.mock.timers.tick(5_000);
  recovery.now();
  assert.deepEqual(attempts.at(-1), { number: 1, at: 5_300 });
});

test("a connection that is lost for long is tried again and again, whatever is found at each attempt", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: 10_000 });
  const at: number[] = [];
  const recovery: Recovery = new Recovery(() => {
    at.push(Date.now() - 10_000);
    recovery.later(0);
  });
  recovery.now();
  for (let half = 0; half < 80; half++) t.mock.timers.tick(500);
  assert.deepEqual(at, [0, 4_000, 10_000, 19_000, 32_500]);
});

test("what is lost for good in the moment of an attempt is tried again a moment later", (t) => {
  const { recovery, attempts } = start(t);
  recovery.now();
  t.mock.timers.tick(300);
  recovery.later(0);
  t.mock.timers.tick(699);
  assert.equal(attempts.length, 1);
  t.mock.timers.tick(1);
  assert.deepEqual(attempts.at(-1), { number: 2, at: 1_000 });
});

test("an attempt that stops it is the last", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: 10_000 });
  let count = 0;
  const recovery: Recovery = new Recovery(() => {
    count++;
    recovery.stop();
  });
  recovery.later(0);
  t.mock.timers.tick(60_000);
  assert.equal(count, 1);
});
