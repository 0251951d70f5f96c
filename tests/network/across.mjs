// A visitor and an expert, each at home, in a call by way of what the public side offers.

import { Firefox } from "../browser/harness/firefox.mjs";
import { relayConfiguration } from "../browser/harness/relay.mjs";
import { certificateFor } from "./authority.mjs";
import { Internet, NAME, PUBLIC } from "./internet.mjs";

const RELAY_PORT = 3478;
/** What firewalls take for the web. */
const TLS_PORT = 443;

/** @typedef {import("../browser/harness/desk.mjs").Desk} Desk */

/**
 * @typedef {object} How
 * @property {import("./internet.mjs").Firewall & Pick<import("../browser/harness/watch.mjs").Path, "relay">} visitor at home
 * @property {import("./internet.mjs").Firewall} desk at home
 * @property {(internet: Internet) => Promise<void>} [public] what else runs on the public side
 * @property {(organisation: Awaited<ReturnType<import("../browser/harness/world.mjs").World["organisation"]>>, desk: Desk) => Promise<unknown>} [prepare]
 *   before the visitor comes
 */

/**
 * The public side, and the desk at its home.
 *
 * @param {import("../browser/harness/world.mjs").World} world
 * @param {How} how
 */
async function open(world, how) {
  const { stack } = world;
  const internet = await Internet.open();
  world.closing(() => internet.close());
  await how.public?.(internet);
  const { authority, ...tls } = await certificateFor(internet.folder, NAME);
  const place = { address: PUBLIC, port: RELAY_PORT, peers: "198.51.100.0/24", tls: { port: TLS_PORT, ...tls } };
  const configuration = await internet.file("relay.toml", relayConfiguration(stack.relay.secret, place));
  await internet.start("public", stack.relay.binary, ["--config", configuration]);

  const organisation = await world.organisation();
  /** @param {string} origin */
  const server = (origin) => ({ host: "127.0.0.1", port: Number(new URL(origin).port) });
  const servers = [server(stack.service), server(organisation.customer.origin)];
  for (const one of servers) await internet.publish(one);

  /** @param {import("./internet.mjs").Firewall} firewall */
  const home = async (firewall) => {
    const made = await internet.home(firewall);
    for (const { port } of servers) await made.bring(port);
    return made;
  };
  const path = { relayAt: `${PUBLIC}:${RELAY_PORT}`, relayTls: `${NAME}:${TLS_PORT}` };
  const desks = await home(how.desk);
  const desk = await world.desk(organisation.people[0], { ...(await desks.chromium(authority)), ...path });
  await how.prepare?.(organisation, desk);
  return { organisation, desk, authority, home: await home(how.visitor), path: { ...path, ...directly(how.visitor) } };
}

/** @param {Pick<How["visitor"], "relay">} visitor */
const directly = ({ relay }) => (relay ? { relay } : {});

/**
 * Rings and answers, until both sides see and hear each other.
 *
 * @param {import("../browser/harness/world.mjs").World} world
 * @param {How & { name?: string }} how
 */
export async function callAcross(world, how) {
  const { organisation, desk, authority, home, path } = await open(world, how);
  const visitor = await world.visitor(organisation, { ...(await home.chromium(authority)), ...path });
  await visitor.begin();
  await visitor.ring(how.name ? { name: how.name } : {});
  await desk.rings();
  await desk.answer();
  await visitor.inCall();
  await desk.inCall();
  for (const side of [visitor, desk]) await side.receives();
  return { visitor, desk };
}

/**
 * The same, with Firefox at the visitor.
 *
 * @param {import("../browser/harness/world.mjs").World} world
 * @param {How} how
 */
export async function callFromFirefox(world, how) {
  const { organisation, desk, authority, home, path } = await open(world, how);
  const machine = { ...(await home.firefox(authority)), ...path };
  const visitor = await Firefox.open(world, organisation.customer.page, machine);
  for (const button of ["Talk to us", "Video call", "Call now"]) await visitor.press(button);
  await desk.rings();
  await desk.answer();
  await desk.inCall();
  for (const side of [visitor, desk]) await side.receives();
  return { visitor, desk };
}
