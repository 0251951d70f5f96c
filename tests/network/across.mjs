// A visitor and an expert, each at home, in a call by way of what the public side offers.

import { relayConfiguration } from "../browser/harness/relay.mjs";
import { Internet, PUBLIC } from "./internet.mjs";

const RELAY_PORT = 3478;

/** @typedef {import("../browser/harness/desk.mjs").Desk} Desk */

/**
 * Rings and answers, until both sides see and hear each other.
 *
 * @param {import("../browser/harness/world.mjs").World} world
 * @param {{
 *   visitor: { udp: boolean },
 *   desk: { udp: boolean },
 *   public?: (internet: Internet) => Promise<void>,
 *   prepare?: (organisation: Awaited<ReturnType<import("../browser/harness/world.mjs").World["organisation"]>>, desk: Desk) => Promise<unknown>,
 *   name?: string,
 * }} how firewalls; what else runs on the public side; what is done before the visitor comes
 */
export async function callAcross(world, how) {
  const { stack } = world;
  const internet = await Internet.open();
  world.closing(() => internet.close());
  await how.public?.(internet);
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
  const desk = await world.desk(organisation.people[0], await machine(how.desk));
  await how.prepare?.(organisation, desk);
  const visitor = await world.visitor(organisation, await machine(how.visitor));
  await visitor.begin();
  await visitor.ring(how.name ? { name: how.name } : {});
  await desk.rings();
  await desk.answer();
  await visitor.inCall({ within: 30_000 });
  await desk.inCall({ within: 30_000 });
  for (const side of [visitor, desk]) await side.receives();
  return { internet, organisation, visitor, desk };
}
