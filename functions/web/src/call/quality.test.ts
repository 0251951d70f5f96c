import assert from "node:assert/strict";
import { test } from "node:test";

import { judge, type Reading, read } from "./quality.ts";

const before: Reading = {
  received: 1000,
  lost: 10,
  remoteLoss: 0,
  roundTrip: 0.02,
  narrow: false,
  path: "direct",
};

test("three levels, and the reason that counts", () => {
  const now = (more: Partial<Reading>): Reading => ({ ...before, received: 1200, ...more });
  assert.equal(judge(before, now({})).level, "good");
  assert.equal(judge(before, now({})).reason, undefined);
  const cases: [Partial<Reading>, string, string][] = [
    [{ lost: 20 }, "fair", "loss"],
    [{ lost: 60 }, "poor", "loss"],
    [{ remoteLoss: 0.2 }, "poor", "loss"],
    [{ roundTrip: 0.35 }, "fair", "delay"],
    [{ roundTrip: 0.7 }, "poor", "delay"],
    [{ lost: 20, roundTrip: 0.7 }, "poor", "delay"],
  ];
  for (const [more, level, reason] of cases) {
    const quality = judge(before, now(more));
    assert.deepEqual([quality.level, quality.reason], [level, reason]);
  }
  const narrow = { ...before, narrow: true };
  assert.equal(judge(before, narrow).level, "good", "a moment of it is normal");
  assert.deepEqual([judge(narrow, narrow).level, judge(narrow, narrow).reason], ["fair", "bandwidth"]);
});

test("a limited picture is no narrow network while the estimate grows", () => {
  const video = { id: "o", type: "outbound-rtp", qualityLimitationReason: "bandwidth" };
  const stats = (availableOutgoingBitrate: number) => [
    video,
    { id: "p", type: "candidate-pair", availableOutgoingBitrate },
    { id: "t", type: "transport", selectedCandidatePairId: "p" },
  ];
  assert.equal(read(stats(2_000_000)).narrow, false);
  assert.equal(read(stats(150_000)).narrow, true);
  assert.equal(read([video]).narrow, false);
});

test("counters that start anew with a new connection are no loss", () => {
  assert.equal(judge(before, { ...before, received: 5, lost: 0 }).level, "good");
});

test("the selected pair tells the way, in both browsers' statistics", () => {
  const ends = [
    { id: "l", type: "local-candidate", candidateType: "relay" },
    { id: "r", type: "remote-candidate", candidateType: "host" },
  ];
  const pair = {
    id: "p",
    type: "candidate-pair",
    localCandidateId: "l",
    remoteCandidateId: "r",
    currentRoundTripTime: 0.1,
  };
  const other = { ...pair, id: "q", localCandidateId: "r" };
  const chromium = read([...ends, other, pair, { id: "t", type: "transport", selectedCandidatePairId: "p" }]);
  const firefox = read([...ends, other, { ...pair, selected: true, state: "succeeded" }]);
  for (const reading of [chromium, firefox]) assert.deepEqual([reading.path, reading.roundTrip], ["relay", 0.1]);
});
