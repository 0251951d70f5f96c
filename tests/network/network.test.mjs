// Calls across networks that let no peer through: two symmetric NATs, and firewalls without UDP. Needs root.

import assert from "node:assert/strict";

import { relayConfiguration } from "../browser/harness/relay.mjs";
import { scenario } from "../browser/harness/scenario.mjs";
import { received } from "../browser/harness/watch.mjs";
import { Internet, PUBLIC } from "./internet.mjs";

const RELAY_PORT = 3478;

/**
 * A visitor and an expert, each at home, in a call by way of what the public side offers.
 *
 * @param {import("../browser/harness/world.mjs").World} world
 * @param {{ visitor: { udp: boolean }, desk: { udp: boolean } }} firewalls
 */
async function callAcross(world, firewalls) {
  const { stack } = world;
  const internet = await Internet.open();
  world.closing(() => internet.close());
  const place = { address: PUBLIC, port: RELAY_PORT, peers: "198.51.100.0/24" };
  const configuration = await internet.file("relay.toml", relayConfiguration(stack.relay.secret, place));
  await internet.start("public", stack.relay.binary, ["--config", configuration]);

  const organisation = await world.organisation();
  /** @param {string} origin */
  const server = (origin) => ({ host: "127.0.0.1", port: Number(new URL(origin).port) });
  const servers = [server(stack.service), server(organisation.customer.origin)];
  for (const one of servers) await internet.publish(one);

  /** @param {{ udp: boolean }} firewall */
  const machine = async (firewall) => {
    const home = await internet.home(firewall);
    for (const { port } of servers) await home.bring(port);
    return { executable: await home.browser(), relayAt: `${PUBLIC}:${RELAY_PORT}` };
  };
  const desk = await world.desk(organisation.people[0], await machine(firewalls.desk));
  const visitor = await world.visitor(organisation, await machine(firewalls.visitor));
  await visitor.begin();
  await visitor.ring({});
  await desk.rings();
  await desk.answer();
  await visitor.inCall({ within: 30_000 });
  await desk.inCall({ within: 30_000 });
  for (const side of [visitor, desk]) await side.receives();
  const [visitors, desks] = [await received(visitor.page), await received(desk.page)];
  assert.equal(visitors.pairs.length, 1);
  assert.equal(desks.pairs.length, 1);
  return { visitor: visitors.pairs[0], desk: desks.pairs[0] };
}

scenario("two symmetric NATs: the call goes through the TURN server over UDP", async (world) => {
  const pairs = await callAcross(world, { visitor: { udp: true }, desk: { udp: true } });
  // One side's own relayed address is what the other side sends to, or both use one.
  const relayed = [pairs.visitor, pairs.desk].filter((pair) => pair?.local === "relay");
  assert.ok(relayed.length > 0, JSON.stringify(pairs));
  for (const pair of relayed) assert.equal(pair?.relayProtocol, "udp");
});

scenario("a visitor whose firewall blocks UDP reaches the TURN server over TCP", async (world) => {
  const pairs = await callAcross(world, { visitor: { udp: false }, desk: { udp: true } });
  assert.equal(pairs.visitor?.local, "relay", JSON.stringify(pairs));
  assert.equal(pairs.visitor?.relayProtocol, "tcp");
});

scenario("UDP blocked on both sides: both reach the TURN server over TCP", async (world) => {
  const pairs = await callAcross(world, { visitor: { udp: false }, desk: { udp: false } });
  for (const pair of [pairs.visitor, pairs.desk]) {
    assert.equal(pair?.local, "relay", JSON.stringify(pairs));
    assert.equal(pair?.relayProtocol, "tcp");
  }
});
