// The service on Spin's test host beside the service on workerd: requests, streams, deliveries, cold starts.

import { spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { call, createOrganisation, ready } from "../browser/harness/stack.mjs";
import { Client, expert, ring, visitor } from "./client.mjs";
import { median, percentile, table } from "./figures.mjs";
import { load } from "./load.mjs";
import { signalling } from "./routes.mjs";

const AT_ONCE = [1, 8, 64];
const IDLE_LISTENERS = 1_000;
/** Idle event streams, ever more. */
const STREAMS = [0, 100, 1_000, 4_000];
/** In KiB. */
const MEMORY = 512 * 1024;
/** As many as one mailbox lets listen. */
const LISTENERS_EACH = 4;
const PAGE = "http://127.0.0.1:9";

/** @param {string} name */
const setting = (name) => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: \`cargo xtask bench spin\` sets it`);
  return value;
};

const workerd = await ready();
/** @type {typeof workerd & { process: number }} */
const spin = JSON.parse(await readFile(setting("VISAVIS_READY_SPIN"), "utf8"));

/** @param {number} value */
const milliseconds = (value) => `${value.toFixed(1)} ms`;

/** Kibibytes of memory that a process holds. @param {number} id */
async function memory(id) {
  const status = await readFile(`/proc/${id}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
}

async function requests() {
  const both = [await signalling(spin), await signalling(workerd)];
  const rows = [["requests", "at once", "spin /s", "p99", "workerd /s", "p99", "spin / workerd"]];
  for (const name of Object.keys(both[0]?.routes ?? {})) {
    for (const connections of AT_ONCE) {
      const measured = [];
      // Both in turn, so that both meet the same machine.
      for (const [index, stack] of [spin, workerd].entries()) {
        const route = both[index]?.routes[name];
        if (!route) throw new Error(`there is no route ${name}`);
        measured.push(await load(stack.service, route.request, { status: route.status, seconds: 2, connections }));
      }
      const [here, there] = /** @type {[typeof measured[0], typeof measured[0]]} */ (measured);
      const figures = [here, there].flatMap(({ perSecond, p99 }) => [perSecond.toFixed(0), milliseconds(p99)]);
      rows.push([name, `${connections}`, ...figures, (here.perSecond / there.perSecond).toFixed(2)]);
    }
  }
  for (const { close } of both) close();
  table(rows);
}

/** Mailboxes that are listened to and hear nothing. */
class Idle {
  /** @type {Client[]} */ #clients = [];
  /** @type {Client | undefined} */ #last;

  /** @param {typeof workerd} stack @param {string} organisation */
  constructor(stack, organisation) {
    this.stack = stack;
    this.organisation = organisation;
  }

  get count() {
    return this.#clients.length;
  }

  /** One more. @param {"listen" | "listenToEvents"} way */
  async add(way) {
    if (this.#clients.length % LISTENERS_EACH === 0)
      this.#last = (await visitor(this.stack, { id: this.organisation, origin: PAGE })).client;
    const { token, mailbox, origin } = /** @type {Client} */ (this.#last);
    const client = new Client(this.stack.service, { token, mailbox, origin });
    this.#clients.push(client);
    await client[way]();
  }

  close() {
    for (const client of this.#clients) client.close();
  }
}

/** Seconds of the processor that a process has used. @param {number} id */
async function processor(id) {
  const stat = await readFile(`/proc/${id}/stat`, "utf8");
  const [user, system] = stat.slice(stat.lastIndexOf(")")).split(" ").slice(12, 14).map(Number);
  // Linux counts hundredths here.
  return ((user ?? 0) + (system ?? 0)) / 100;
}

/** What the host holds and uses while streams are open and hear nothing. */
async function streams() {
  const organisation = await createOrganisation(spin, { origin: PAGE, names: ["Erna Expert"] });
  const idle = new Idle(spin, organisation.id);
  const before = await memory(spin.process);
  const rows = [["idle event streams", "memory", "each", "fit in 512 MiB", "of one processor"]];
  for (const count of STREAMS) {
    while (idle.count < count) await idle.add("listenToEvents");
    // What opening them has cost is over.
    await pause(3_000);
    const held = await memory(spin.process);
    const each = (held - before) / count;
    const used = await processor(spin.process);
    await pause(10_000);
    const share = ((await processor(spin.process)) - used) / 10;
    rows.push([
      `${count}`,
      `${(held / 1024).toFixed(0)} MiB`,
      count ? `${each.toFixed(0)} KiB` : "",
      count ? `${Math.floor((MEMORY - before) / each)}` : "",
      `${(share * 100).toFixed(1)} %`,
    ]);
  }
  table(rows);
  idle.close();
}

/** @param {typeof workerd} stack @param {"listen" | "listenToEvents"} way */
async function delivery(stack, way) {
  const names = Array.from({ length: 10 }, (_, number) => `Expert ${number}`);
  const organisation = await createOrganisation(stack, { origin: PAGE, names });
  const idle = new Idle(stack, organisation.id);
  while (idle.count < IDLE_LISTENERS) await idle.add(way);
  /** @type {{ from: Client, to: Client, id: string }[]} */
  const ways = [];
  for (const person of organisation.people.filter(({ roles }) => roles.includes("expert"))) {
    const there = await expert(stack, person);
    const { client: here, call: id } = await visitor(stack, { id: organisation.id, origin: PAGE });
    await here.stay("here");
    await here.request("POST", `/calls/${id}/ring`, ring(PAGE, person.id));
    await there.request("POST", `/calls/${id}/answer`, { payload: randomBytes(2_000).toString("base64url") });
    await Promise.all([here[way](), there[way]()]);
    ways.push({ from: here, to: there, id }, { from: there, to: here, id });
  }
  /** @type {number[]} */
  const times = [];
  for (let round = 0; round < 15; round += 1) {
    for (const { from, to, id } of ways) {
      const payload = randomBytes(600).toString("base64url");
      const heard = to.hears(payload);
      const begin = performance.now();
      await from.request("POST", `/calls/${id}/signals`, { id: randomUUID(), payload });
      times.push((await heard) - begin);
    }
  }
  idle.close();
  for (const { from } of ways) from.close();
  return [`${times.length}`, ...[0.5, 0.99].map((part) => milliseconds(percentile(times, part)))];
}

/** From the start of the process, with an empty folder, to the first answer. */
async function processStart() {
  const folder = await mkdtemp(join(tmpdir(), "visavis-bench-"));
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (listener.address());
  listener.close();
  const begin = performance.now();
  const host = spawn(
    setting("VISAVIS_SPIN_HOST"),
    ["up", "--from", setting("VISAVIS_SPIN_MANIFEST"), "--state-dir", folder, "--listen", `127.0.0.1:${port}`],
    { stdio: "ignore" },
  );
  const answers = () =>
    fetch(`http://127.0.0.1:${port}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await answers())) await pause(5);
  const took = performance.now() - begin;
  const ended = once(host, "exit");
  host.kill();
  await ended;
  await rm(folder, { recursive: true });
  return took;
}

/** The first answer of a new instance of the component, and of one that is there. */
async function instanceStart() {
  const organisation = await createOrganisation(spin, { origin: PAGE, names: ["Erna Expert"] });
  const url = `${spin.service}/api/v1/organisations/${organisation.id}/availability`;
  const timed = async () => {
    const begin = performance.now();
    await call(url, { method: "GET", headers: { origin: PAGE } });
    return performance.now() - begin;
  };
  const cold = [];
  const warm = [];
  for (let round = 0; round < 10; round += 1) {
    // An instance that has nothing to do for a second is let go.
    await pause(1_500);
    cold.push(await timed());
    for (let count = 0; count < 5; count += 1) warm.push(await timed());
  }
  return { cold: median(cold), warm: median(warm) };
}

const { cold, warm } = await instanceStart();
const starts = [];
for (let round = 0; round < 3; round += 1) starts.push(await processStart());
table([
  ["cold start", "host and first answer", "first answer of an instance", "answer of a warm one"],
  ["spin", milliseconds(median(starts)), milliseconds(cold), milliseconds(warm)],
]);
console.log();
// First: what others have held and let go would hide what the streams hold.
await streams();
console.log();
await requests();
console.log();
const heading = ["delivery", `beside ${IDLE_LISTENERS} idle`, "signals", "p50", "p99"];
table([
  heading,
  ["spin", "server-sent events", ...(await delivery(spin, "listenToEvents"))],
  ["workerd", "WebSocket", ...(await delivery(workerd, "listen"))],
]);
