// How long a call takes to come about: from the expert's click to the visitor's first decoded frame, on loopback and with
// distance, beside a bare pair of connections in one page in the same run.

import { closeBrowsers } from "../browser/harness/chromium.mjs";
import { ready } from "../browser/harness/stack.mjs";
import { until } from "../browser/harness/wait.mjs";
import { World } from "../browser/harness/world.mjs";
import { bareCalls } from "./bare.mjs";
import { Distance } from "./far.mjs";
import { median, table } from "./figures.mjs";

const RUNS = 7;
/** One way, in milliseconds. */
const DELAY = 100;

/** A second has passed, as it does before a person answers: the description is made, candidates are gathered. */
const prepared = (/** @type {import("playwright-core").Page} */ page) =>
  page.evaluate(() =>
    globalThis.__watch.connections.some(
      ({ connectionState, localDescription }) =>
        connectionState !== "closed" && localDescription?.sdp.includes("a=candidate:"),
    ),
  );

/**
 * A bare pair and a call in turn, so that both meet the same machine.
 *
 * @param {World} world
 * @param {number} delay
 */
async function measure(world, delay) {
  const distance = new Distance(delay);
  world.closing(async () => distance.close());
  const far = async () => (delay > 0 ? { wire: await world.wire({ delay }), distance } : {});
  const organisation = await world.organisation();
  const alone = await world.page("bare", delay > 0 ? { distance } : {});
  await alone.goto(organisation.customer.page);
  const desk = await world.desk(organisation.people[0], await far());
  const visitor = await world.visitor(organisation, await far());
  await desk.page.evaluate(() => {
    const clicked = () => {
      globalThis.__watch.clickedAt = performance.timeOrigin + performance.now();
    };
    addEventListener("click", clicked, { capture: true });
  });
  /** @type {{ bare: number[], call: number[] }} */
  const results = { bare: [], call: [] };
  for (let run = 0; run < RUNS; run += 1) {
    results.bare.push(...(await bareCalls(alone, 1)));
    await visitor.page.evaluate(() => {
      globalThis.__watch.timeFirstFrame = true;
      globalThis.__watch.firstFrameAt = undefined;
    });
    if (run === 0) await visitor.begin();
    else await visitor.beginAgain();
    await visitor.ring({});
    await desk.rings();
    await until("both sides are prepared", async () => (await prepared(desk.page)) && (await prepared(visitor.page)));
    await desk.answer();
    const seen = await until("the first frame", () => visitor.page.evaluate(() => globalThis.__watch.firstFrameAt));
    results.call.push(seen - (await desk.page.evaluate(() => globalThis.__watch.clickedAt ?? Number.NaN)));
    await visitor.hangUp();
    await visitor.callIsOver();
    await desk.readyForNext();
  }
  return results;
}

const stack = await ready();
/** @type {{ bare: number, call: number }[]} */
const medians = [];
try {
  for (const delay of [0, DELAY]) {
    const world = new World(stack);
    try {
      const { bare, call } = await measure(world, delay);
      medians.push({ bare: median(bare), call: median(call) });
    } finally {
      await world.close();
    }
  }
} finally {
  await closeBrowsers();
}

const [near = { bare: 0, call: 0 }, far = { bare: 0, call: 0 }] = medians;
const milliseconds = (/** @type {number} */ value) => `${value.toFixed(0)} ms`;
const roundTrips = (/** @type {number} */ value) => (value / (2 * DELAY)).toFixed(1);
const rows = [
  [`call set-up, median of ${RUNS}`, "loopback", `${DELAY} ms one way`, "round trips", "of them by distance"],
];
for (const name of /** @type {const} */ (["bare", "call"])) {
  rows.push([
    name,
    milliseconds(near[name]),
    milliseconds(far[name]),
    roundTrips(far[name]),
    roundTrips(far[name] - near[name]),
  ]);
}
rows.push(["call / bare", (near.call / near.bare).toFixed(2), (far.call / far.bare).toFixed(2), "", ""]);
table(rows);
console.log("With distance both the service (each connection and each direction) and the media paths are late.");
