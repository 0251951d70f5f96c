// Requests per second of the service's token and signalling routes, beside a trivial worker on the same workerd.

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { createOrganisation, ready, signIn } from "../browser/harness/stack.mjs";
import { until } from "../browser/harness/wait.mjs";
import { expert, ring, visitor } from "./client.mjs";
import { table } from "./figures.mjs";
import { rate } from "./load.mjs";

/** How many calls the signals are spread over: a mailbox that nobody reads is full after 512 entries. */
const CALLS = 24;

const WRANGLER = fileURLToPath(new URL("../../node_modules/wrangler/bin/wrangler.js", import.meta.url));
const TRIVIAL = fileURLToPath(new URL("trivial.mjs", import.meta.url));

/** @returns {Promise<number>} */
const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });

/** Starts the trivial worker as the service is started, and stops it after `use`. @param {(origin: string) => Promise<void>} use */
async function besideTrivial(use) {
  const folder = await mkdtemp(join(tmpdir(), "visavis-trivial-"));
  const [port, inspector] = [await freePort(), await freePort()];
  const options = ["--local", "--show-interactive-dev-session=false", "--ip", "127.0.0.1", "--log-level", "log"];
  const where = ["--port", `${port}`, "--inspector-port", `${inspector}`];
  const config = join(folder, "wrangler.json");
  await writeFile(config, JSON.stringify({ name: "trivial", main: TRIVIAL, compatibility_date: "2026-10-01" }));
  const child = spawn(process.execPath, [WRANGLER, "dev", "--config", config, ...options, ...where], {
    cwd: folder,
    stdio: "ignore",
    // A group of its own: wrangler starts workerd.
    detached: true,
    env: { ...process.env, CI: "1", WRANGLER_SEND_METRICS: "false", WRANGLER_SEND_ERROR_REPORTS: "false" },
  });
  try {
    const origin = `http://127.0.0.1:${port}`;
    await until("the trivial worker answers", async () => (await fetch(origin)).ok, { within: 30_000 });
    await use(origin);
  } finally {
    if (child.pid && child.exitCode === null) {
      const ended = once(child, "exit");
      process.kill(-child.pid);
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
  }
}

const stack = await ready();
const page = "http://127.0.0.1:9";
const names = Array.from({ length: CALLS }, (_, number) => `Expert ${number}`);
const organisation = await createOrganisation(stack, { origin: page, names });
const office = await signIn(stack, organisation.administrators[0], "administrator");

/** @type {{ call: string, headers: Record<string, string> }[]} */
const calls = [];
/** @type {import("./client.mjs").Client[]} */
const clients = [];
for (const person of organisation.people.filter(({ roles }) => roles.includes("expert"))) {
  const there = await expert(stack, person);
  const { client, call } = await visitor(stack, { id: organisation.id, origin: page });
  await client.stay("here");
  await client.request("POST", `/calls/${call}/ring`, ring(page, person.id));
  await there.request("POST", `/calls/${call}/answer`, { payload: randomBytes(2_000).toString("base64url") });
  calls.push({ call, headers: client.headers });
  clients.push(there, client);
}

const next = (/** @type {number} */ number) => /** @type {(typeof calls)[number]} */ (calls[number % calls.length]);
const payload = randomBytes(600).toString("base64url");
/** Ids that differ are all that is asked of these. @param {number} number */
const id = (number) => `019ab000-0000-7000-8000-${number.toString(16).padStart(12, "0")}`;

/** @type {Record<string, { status: number, seconds?: number, request: (number: number) => import("./load.mjs").Request }>} */
const routes = {
  "GET availability": {
    status: 200,
    request: () => ({
      method: "GET",
      path: `/api/v1/organisations/${organisation.id}/availability`,
      headers: { origin: page },
    }),
  },
  "POST visitors (a token)": {
    status: 201,
    request: () => ({
      method: "POST",
      path: `/api/v1/organisations/${organisation.id}/visitors`,
      headers: { origin: page },
      body: {},
    }),
  },
  "POST session/token": {
    status: 200,
    request: () => ({
      method: "POST",
      path: "/api/v1/session/token",
      headers: { origin: stack.service, cookie: office.cookie },
      body: { role: "administrator" },
    }),
  },
  "PUT presence": {
    status: 200,
    request: (number) => ({
      method: "PUT",
      path: "/api/v1/presence",
      headers: next(number).headers,
      body: { state: "here" },
    }),
  },
  "GET calls/{call}": {
    status: 200,
    request: (number) => ({
      method: "GET",
      path: `/api/v1/calls/${next(number).call}`,
      headers: next(number).headers,
    }),
  },
  "POST signals": {
    status: 202,
    request: (number) => ({
      method: "POST",
      path: `/api/v1/calls/${next(number).call}/signals`,
      headers: next(number).headers,
      body: { id: id(number), payload },
    }),
  },
};

const rows = [["requests per second", "service", "trivial worker", "service / trivial"]];
await besideTrivial(async (origin) => {
  for (const [name, { status, request }] of Object.entries(routes)) {
    // Both in turn, so that both meet the same machine.
    const trivial = await rate(origin, () => ({ method: "GET", path: "/" }), { status: 200, seconds: 2 });
    const measured = await rate(stack.service, request, { status, seconds: 3 });
    rows.push([name, measured.toFixed(0), trivial.toFixed(0), (measured / trivial).toFixed(2)]);
  }
});
table(rows);
for (const client of clients) client.close();
