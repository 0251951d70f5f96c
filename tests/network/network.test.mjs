// Calls across networks that let no peer through: symmetric NATs, firewalls without UDP, and such that let only what looks
// like the web out. Needs root.

import assert from "node:assert/strict";

import { scenario } from "../browser/harness/scenario.mjs";
import { received } from "../browser/harness/watch.mjs";
import { callAcross, callFromFirefox } from "./across.mjs";

/**
 * The selected pair of each side.
 *
 * @param {{ visitor: { page: import("../browser/harness/watch.mjs").Evaluator }, desk: { page: import("../browser/harness/watch.mjs").Evaluator } }} call
 */
async function pairsOf({ visitor, desk }) {
  const [visitors, desks] = [await received(visitor.page), await received(desk.page)];
  assert.equal(visitors.pairs.length, 1);
  assert.equal(desks.pairs.length, 1);
  return { visitor: visitors.pairs[0], desk: desks.pairs[0] };
}

scenario("two symmetric NATs: the call goes through the TURN server over UDP", async (world) => {
  const pairs = await pairsOf(await callAcross(world, { visitor: { udp: true }, desk: { udp: true } }));
  // One side's own relayed address is what the other side sends to, or both use one.
  const relayed = [pairs.visitor, pairs.desk].filter((pair) => pair?.local === "relay");
  assert.ok(relayed.length > 0, JSON.stringify(pairs));
  for (const pair of relayed) assert.equal(pair?.relayProtocol, "udp");
});

scenario("UDP blocked on both sides: both reach the TURN server over TCP", async (world) => {
  const pairs = await pairsOf(await callAcross(world, { visitor: { udp: false }, desk: { udp: false } }));
  for (const pair of [pairs.visitor, pairs.desk]) {
    assert.equal(pair?.local, "relay", JSON.stringify(pairs));
    assert.ok(["tcp", "tls"].includes(pair?.relayProtocol ?? ""), JSON.stringify(pairs));
  }
});

for (const [browser, call] of /** @type {const} */ ([
  ["Chromium", callAcross],
  ["Firefox", callFromFirefox],
])) {
  for (const [transport, visitor] of /** @type {const} */ ([
    ["udp", { udp: true, relay: "udp" }],
    ["tcp", { udp: false, relay: "tcp" }],
    // Here it has to find the way by itself.
    ["tls", { udp: false, turn: false }],
  ])) {
    scenario(`a visitor with ${browser} reaches the TURN server over ${transport.toUpperCase()}`, async (world) => {
      const pairs = await pairsOf(await call(world, { visitor, desk: { udp: true } }));
      assert.equal(pairs.visitor?.local, "relay", JSON.stringify(pairs));
      assert.equal(pairs.visitor?.relayProtocol, transport, JSON.stringify(pairs));
    });
  }
}
