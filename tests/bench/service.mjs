// Requests per second of the service's token and signalling routes, beside a trivial worker on the same workerd.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { ready } from "../browser/harness/stack.mjs";
import { until } from "../browser/harness/wait.mjs";
import { table } from "./figures.mjs";
import { load } from "./load.mjs";
import { signalling } from "./routes.mjs";

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
    await until("the trivial worker answers", async () => (await fetch(origin)).ok);
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
const { routes, close } = await signalling(stack);

const rows = [["requests per second", "service", "trivial worker", "service / trivial"]];
await besideTrivial(async (origin) => {
  for (const [name, { status, request }] of Object.entries(routes)) {
    // Both in turn, so that both meet the same machine.
    const trivial = await load(origin, () => ({ method: "GET", path: "/" }), { status: 200, seconds: 2 });
    const measured = await load(stack.service, request, { status, seconds: 3 });
    const ratio = measured.perSecond / trivial.perSecond;
    rows.push([name, measured.perSecond.toFixed(0), trivial.perSecond.toFixed(0), ratio.toFixed(2)]);
  }
});
table(rows);
close();
