// How long a signal takes from one side's request to the other side's WebSocket, with 100 mailboxes listened to.

import { randomBytes, randomUUID } from "node:crypto";

import { createOrganisation, ready } from "../browser/harness/stack.mjs";
import { expert, ring, visitor } from "./client.mjs";
import { percentile, table } from "./figures.mjs";

const ORGANISATIONS = 2;
const CALLS_EACH = 25;
const SIGNALS_EACH = 20;
/** How many signals are under way at once. */
const AT_ONCE = 8;

const stack = await ready();
const origin = "http://127.0.0.1:9";
const names = Array.from({ length: CALLS_EACH }, (_, number) => `Expert ${number}`);

/** @type {{ from: import("./client.mjs").Client, to: import("./client.mjs").Client, call: string }[]} */
const ways = [];
for (let number = 0; number < ORGANISATIONS; number += 1) {
  const organisation = await createOrganisation(stack, { origin, names });
  for (const person of organisation.people.filter(({ roles }) => roles.includes("expert"))) {
    const there = await expert(stack, person);
    const { client: here, call } = await visitor(stack, { id: organisation.id, origin });
    await here.stay("here");
    await here.request("POST", `/calls/${call}/ring`, ring(origin, person.id));
    await there.request("POST", `/calls/${call}/answer`, { payload: randomBytes(2_000).toString("base64url") });
    await here.listen();
    await there.listen();
    ways.push({ from: here, to: there, call }, { from: there, to: here, call });
  }
}

/** @type {number[]} */
const times = [];
const work = Array.from({ length: SIGNALS_EACH }, () => ways).flat();
const worker = async () => {
  for (let way = work.pop(); way; way = work.pop()) {
    const payload = randomBytes(600).toString("base64url");
    const heard = way.to.hears(payload);
    const begin = performance.now();
    await way.from.request("POST", `/calls/${way.call}/signals`, { id: randomUUID(), payload });
    times.push((await heard) - begin);
  }
};
await Promise.all(Array.from({ length: AT_ONCE }, worker));
for (const { from } of ways) from.close();

table([
  ["mailbox delivery", "listeners", "signals", "p50", "p99"],
  [
    "WebSocket",
    `${ways.length}`,
    `${times.length}`,
    ...[0.5, 0.99].map((part) => `${percentile(times, part).toFixed(1)} ms`),
  ],
]);
