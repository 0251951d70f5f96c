// Calls across networks that let no peer through: two symmetric NATs, and firewalls without UDP. Needs root.

import assert from "node:assert/strict";

import { scenario } from "../browser/harness/scenario.mjs";
import { received } from "../browser/harness/watch.mjs";
import { callAcross } from "./across.mjs";

/**
 * The selected pair of each side.
 *
 * @param {import("../browser/harness/world.mjs").World} world
 * @param {{ visitor: { udp: boolean }, desk: { udp: boolean } }} firewalls
 */
async function pairsAcross(world, firewalls) {
  const { visitor, desk } = await callAcross(world, firewalls);
  const [visitors, desks] = [await received(visitor.page), await received(desk.page)];
  assert.equal(visitors.pairs.length, 1);
  assert.equal(desks.pairs.length, 1);
  return { visitor: visitors.pairs[0], desk: desks.pairs[0] };
}

scenario("two symmetric NATs: the call goes through the TURN server over UDP", async (world) => {
  const pairs = await pairsAcross(world, { visitor: { udp: true }, desk: { udp: true } });
  // One side's own relayed address is what the other side sends to, or both use one.
  const relayed = [pairs.visitor, pairs.desk].filter((pair) => pair?.local === "relay");
  assert.ok(relayed.length > 0, JSON.stringify(pairs));
  for (const pair of relayed) assert.equal(pair?.relayProtocol, "udp");
});

scenario("a visitor whose firewall blocks UDP reaches the TURN server over TCP", async (world) => {
  const pairs = await pairsAcross(world, { visitor: { udp: false }, desk: { udp: true } });
  assert.equal(pairs.visitor?.local, "relay", JSON.stringify(pairs));
  assert.equal(pairs.visitor?.relayProtocol, "tcp");
});

scenario("UDP blocked on both sides: both reach the TURN server over TCP", async (world) => {
  const pairs = await pairsAcross(world, { visitor: { udp: false }, desk: { udp: false } });
  for (const pair of [pairs.visitor, pairs.desk]) {
    assert.equal(pair?.local, "relay", JSON.stringify(pairs));
    assert.equal(pair?.relayProtocol, "tcp");
  }
});
