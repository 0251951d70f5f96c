// How long a call takes to come about: from the expert's click to the visitor's first decoded frame, on loopback and with
// distance, beside a bare pair of connections in one page in the same run: plain, and verified by the page's key.

import { closeBrowsers } from "../browser/harness/chromium.mjs";
import { ready } from "../browser/harness/stack.mjs";
import { certify } from "../browser/harness/trust.mjs";
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
 * A desk and a visitor; verified, where the page has a key.
 *
 * @param {World} world
 * @param {() => Promise<import("../browser/harness/world.mjs").Machine>} machine
 * @param {boolean} verified
 */
async function sides(world, machine, verified) {
  const organisation = await world.organisation();
  const [person] = organisation.people;
  const desk = await world.desk(person, await machine());
  if (verified && person) await certify(world, organisation, { page: desk.page, person });
  const visitor = await world.visitor(organisation, await machine());
  await desk.page.evaluate(() => {
    const clicked = () => {
      globalThis.__watch.clickedAt = performance.timeOrigin + performance.now();
    };
    addEventListener("click", clicked, { capture: true });
  });
  return { desk, visitor };
}

/** Milliseconds from the click to the frame. @param {Awaited<ReturnType<typeof sides>>} sides @param {boolean} first */
async function call({ desk, visitor }, first) {
  await visitor.page.evaluate(() => {
    globalThis.__watch.timeFirstFrame = true;
    globalThis.__watch.firstFrameAt = undefined;
  });
  if (first) await visitor.begin();
  else await visitor.beginAgain();
  await visitor.ring({});
  await desk.rings();
  await until("both sides are prepared", async () => (await prepared(desk.page)) && (await prepared(visitor.page)));
  await desk.answer();
  const seen = await until("the first frame", () => visitor.page.evaluate(() => globalThis.__watch.firstFrameAt));
  const clicked = await desk.page.evaluate(() => globalThis.__watch.clickedAt ?? Number.NaN);
  await visitor.hangUp();
  await visitor.callIsOver();
  await desk.readyForNext();
  return seen - clicked;
}

/**
 * A bare pair and both kinds of calls in turn, so that all meet the same machine.
 *
 * @param {World} world
 * @param {number} delay
 */
async function measure(world, delay) {
  const distance = new Distance(delay);
  world.closing(async () => distance.close());
  const far = async () => (delay > 0 ? { wire: await world.wire({ delay }), distance } : {});
  const alone = await world.page("bare", delay > 0 ? { distance } : {});
  await alone.goto((await world.organisation()).customer.page);
  const [plain, verified] = [await sides(world, far, false), await sides(world, far, true)];
  /** @type {{ bare: number[], call: number[], verified: number[] }} */
  const results = { bare: [], call: [], verified: [] };
  for (let run = 0; run < RUNS; run += 1) {
    results.bare.push(...(await bareCalls(alone, 1)));
    results.call.push(await call(plain, run === 0));
    results.verified.push(await call(verified, run === 0));
  }
  return results;
}

const stack = await ready();
/** @type {{ bare: number, call: number, verified: number }[]} */
const medians = [];
try {
  for (const delay of [0, DELAY]) {
    const world = new World(stack);
    try {
      const { bare, call, verified } = await measure(world, delay);
      medians.push({ bare: median(bare), call: median(call), verified: median(verified) });
    } finally {
      await world.close();
    }
  }
} finally {
  await closeBrowsers();
}

const none = { bare: 0, call: 0, verified: 0 };
const [near = none, far = none] = medians;
const milliseconds = (/** @type {number} */ value) => `${value.toFixed(0)} ms`;
const roundTrips = (/** @type {number} */ value) => (value / (2 * DELAY)).toFixed(1);
const rows = [
  [`call set-up, median of ${RUNS}`, "loopback", `${DELAY} ms one way`, "round trips", "of them by distance"],
];
for (const name of /** @type {const} */ (["bare", "call", "verified"])) {
  rows.push([
    name,
    milliseconds(near[name]),
    milliseconds(far[name]),
    roundTrips(far[name]),
    roundTrips(far[name] - near[name]),
  ]);
}
rows.push(["verified / call", (near.verified / near.call).toFixed(2), (far.verified / far.call).toFixed(2), "", ""]);
rows.push(["call / bare", (near.call / near.bare).toFixed(2), (far.call / far.bare).toFixed(2), "", ""]);
table(rows);
console.log("With distance both the service (each connection and each direction) and the media paths are late.");
