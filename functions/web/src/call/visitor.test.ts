import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { FakeNetwork } from "./fake-network.ts";
import { FileTransfers } from "./files.ts";
import { Group } from "./group.ts";
import { provide } from "./later.ts";
import { LocalMedia } from "./media.ts";
import { MEMORY_KEY } from "./memory.ts";
import { watchQuality } from "./quality.ts";
import { Visitor, type VisitorOptions } from "./visitor.ts";

provide({ FileTransfers, Group, watchQuality });
new FakeNetwork(() => 0).install();

const at = "2026-11-24T01:00:00.000Z";
const ACCESS = {
  ...{ visitor: "vera", call: "call", token: "token", token_expires_at: "2999-01-01T00:00:00.000Z" },
  mailbox: { key: "A".repeat(43) },
  ice_servers: [],
};
const GUEST: Partial<VisitorOptions> = { invitation: "secret", link: "one" };

/** What the service was asked for. */
let asked: string[];
/** What it answers, instead of what it answers to everybody. */
let answers: Record<string, [status: number, body: object]>;
let kept: Map<string, string>;
const open: Visitor[] = [];

const problem = (status: number, slug: string): [number, object] => [status, { type: `https://example.org/${slug}` }];
const NOT_RUNG = { "GET /calls/call": problem(404, "not-found") };

beforeEach(() => {
  [asked, answers, kept] = [[], {}, new Map()];
  const value = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
    removeItem: (key: string) => kept.delete(key),
  };
  Object.defineProperty(globalThis, "sessionStorage", { configurable: true, value });
  mock.method(globalThis, "fetch", async (url: string, { method = "GET", body }: RequestInit = {}) => {
    const path = url.replace("https://service.example/api/v1", "");
    // The mailbox stays silent.
    if (path.startsWith("/mailbox")) return new Promise(() => {});
    const said = method === "POST" ? (JSON.parse(String(body)) as { call?: string }) : {};
    const what = `${method} ${path}${said.call ? ` ${said.call}` : ""}`;
    if (path !== "/presence") asked.push(what);
    const [status, answer] = answers[what] ?? [200, path === "/presence" ? { calls: [], renew_in: 60_000 } : ACCESS];
    return new Response(JSON.stringify(answer), { status });
  });
});

afterEach(() => {
  for (const one of open.splice(0)) one.stop();
  mock.restoreAll();
  Reflect.deleteProperty(globalThis, "sessionStorage");
});

/** A page is loaded, anew if there was one before: of that nothing is left but what it has kept. */
function load(options: Partial<VisitorOptions> = {}): Visitor {
  const visitor = new Visitor({
    ...{ base: "https://service.example", organisation: "o", transport: "sse", siteKeys: [], ...options },
  });
  open.push(visitor);
  return visitor;
}

async function start(visitor: Visitor): Promise<void> {
  await visitor.start("video");
  assert.deepEqual([visitor.state.step, visitor.state.problem], ["ready", undefined]);
}

test("a guest's link is used up by the start, and a reload before the ring goes on with the same call", async () => {
  await start(load(GUEST));
  asked = [];
  answers = NOT_RUNG;
  const again = load(GUEST);
  await again.resume();
  assert.deepEqual(asked.sort(), ["GET /calls/call", "POST /visitor/token same"]);
  const { step, session, problem } = again.state;
  assert.deepEqual([step, session?.id, session?.state.phase, problem], ["ready", "call", "preparing", undefined]);
});

test("another link in the same tab, or none, does not go on with that call", async () => {
  await start(load(GUEST));
  asked = [];
  for (const other of [{ ...GUEST, link: "another" }, { invitation: "" }, {}]) {
    const page = load(other);
    await page.resume();
    assert.equal(page.state.step, "idle");
  }
  assert.deepEqual(asked, []);
});

test("of whoever came without a link nothing is kept before it rings", async () => {
  for (const options of [{}, { invitation: "secret" }]) await start(load(options));
  assert.equal(kept.size, 0);
});

test("a call that is gone is nothing to go on with", async () => {
  kept.set(MEMORY_KEY, JSON.stringify({ organisation: "o", call: "call", token: "token", cursor: 0 }));
  answers = NOT_RUNG;
  const page = load();
  await page.resume();
  assert.deepEqual([page.state.step, kept.size], ["idle", 0]);
});

test("who was invited starts again with the same call", async () => {
  const guest = load(GUEST);
  await start(guest);
  await start(guest);
  assert.deepEqual(asked, ["POST /organisations/o/visitors", "POST /visitor/token same"]);
  const visitor = load();
  asked = [];
  await start(visitor);
  await start(visitor);
  assert.deepEqual(asked, ["POST /organisations/o/visitors", "POST /visitor/token next"]);
});

test("after a reload the devices are those that were chosen before", async () => {
  const call = { id: "call", state: "ringing", version: 1, media: "chat", created_at: at, rings_until: at };
  kept.set(MEMORY_KEY, JSON.stringify({ organisation: "o", call: "call", token: "token", cursor: 0 }));
  answers = { "GET /calls/call": [200, { call }] };
  const media = new LocalMedia();
  const page = load({ media: () => media });
  await page.resume();
  assert.equal(page.state.media, media);
});
