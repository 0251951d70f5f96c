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
 * @param {World} world
 * @param {number} delay
 */
async function calls(world, delay) {
  const distance = new Distance(delay);
  world.closing(async () => distance.close());
  const far = async () => (delay > 0 ? { wire: await world.wire({ delay }), distance } : {});
  const organisation = await world.organisation();
  const desk = await world.desk(organisation.people[0], await far());
  const visitor = await world.visitor(organisation, await far());
  await desk.page.evaluate(() => {
    const clicked = () => {
      globalThis.__watch.clickedAt = performance.timeOrigin + performance.now();
    };
    addEventListener("click", clicked, { capture: true });
  });
  /** @type {number[]} */
  const results = [];
  for (let run = 0; run < RUNS; run += 1) {
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
    results.push(seen - (await desk.page.evaluate(() => globalThis.__watch.clickedAt ?? Number.NaN)));
    await visitor.hangUp();
    await visitor.callIsOver();
    await desk.readyForNext();
  }
  return results;
}

/**
 * @param {World} world
 * @param {number} delay
 */
async function bare(world, delay) {
  const distance = new Distance(delay);
  world.closing(async () => distance.close());
  const page = await world.page("bare", delay > 0 ? { distance } : {});
  await page.goto(`${world.stack.service}/desk`);
  const results = await bareCalls(page, RUNS);
  await page.context().close();
  return results;
}

const stack = await ready();
/** @type {string[][]} */
const rows = [["call set-up, median of 7", "loopback", `${DELAY} ms one way`, "round trips added"]];
/** @type {Record<string, number[]>} */
const medians = { bare: [], call: [] };
try {
  for (const delay of [0, DELAY]) {
    for (const [name, measure] of Object.entries({ bare, call: calls })) {
      const world = new World(stack);
      try {
        medians[name]?.push(median(await measure(world, delay)));
      } finally {
        await world.close();
      }
    }
  }
} finally {
  await closeBrowsers();
}
for (const [name, [near = 0, far = 0] = []] of Object.entries(medians)) {
  rows.push([name, `${near.toFixed(0)} ms`, `${far.toFixed(0)} ms`, ((far - near) / (2 * DELAY)).toFixed(1)]);
}
const ratio = (/** @type {number} */ index) => ((medians.call?.[index] ?? 0) / (medians.bare?.[index] ?? 1)).toFixed(2);
rows.push(["call / bare", ratio(0), ratio(1), ""]);
table(rows);
console.log("With distance both the service (each connection and each direction) and the media paths are late.");
