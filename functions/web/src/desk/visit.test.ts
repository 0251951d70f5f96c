import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { newId } from "../call/bytes.ts";
import { FakeNetwork } from "../call/fake-network.ts";
import { LocalMedia } from "../call/media.ts";
import type { Envelope, StaffAccess } from "../call/types.ts";
import { Visits } from "./visit.ts";

const NOW = Date.parse("2026-11-29T10:00:00.000Z");
const at = (seconds: number): string => new Date(NOW + seconds * 1000).toISOString();

let visits: Visits;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: NOW });
  const value = { getItem: () => null, setItem: () => {}, removeItem: () => {} };
  Object.defineProperty(globalThis, "sessionStorage", { configurable: true, value });
});

afterEach(() => {
  visits.close();
  mock.timers.reset();
});

function open(
  siteKey = true,
  onVisit: () => void = () => assert.fail("no visit begins here"),
  free: () => boolean = () => true,
): Visits {
  const access = {
    person: { id: "ben", name: "Ben", roles: ["expert"] },
    organisation: { id: "o", name: "O", accent: "#000000", site_key: siteKey },
  } as unknown as StaffAccess;
  visits = new Visits({
    access,
    device: async () => undefined,
    media: () => new LocalMedia(),
    now: () => Date.now(),
    free,
    onVisit,
  });
  return visits;
}

function invites(invitation: string, from: string, sent = 0): Envelope & { type: "call.invited" } {
  const body = { invitation, secret: `s-${invitation}`, expires_at: at(sent + 1800), from: { id: from, name: from } };
  return { id: "e", at: at(sent), type: "call.invited", call: "c", body };
}

const shown = (): string[] => visits.state.invited.map(({ id }) => id);

test("an invitation is shown for two minutes", () => {
  open().hear(invites("1", "ada"));
  assert.deepEqual(shown(), ["1"]);
  mock.timers.tick(119_000);
  assert.deepEqual(shown(), ["1"]);
  mock.timers.tick(2_000);
  assert.deepEqual(shown(), []);
});

test("one that comes again after a reload is shown for what is left, and not when nothing is", () => {
  open().hear(invites("old", "ada", -130));
  visits.hear(invites("late", "bob", -100));
  assert.deepEqual(shown(), ["late"]);
  mock.timers.tick(21_000);
  assert.deepEqual(shown(), []);
});

test("of one colleague the last invitation counts, and of many there are not more than five", () => {
  open().hear(invites("1", "ada"));
  visits.hear(invites("2", "ada"));
  visits.hear(invites("2", "ada"));
  assert.deepEqual(shown(), ["2"]);
  for (let count = 0; count < 10; count++) visits.hear(invites(`n${count}`, `colleague ${count}`));
  assert.equal(shown().length, 5);
});

test("whether an invitation is shown is told, so that it rings once", () => {
  const desk = open();
  assert.equal(desk.hear(invites("1", "ada")), true);
  assert.equal(desk.hear(invites("1", "ada")), false);
  assert.equal(desk.hear(invites("old", "bob", -130)), false);
});

test("what is put aside is gone", () => {
  open().hear(invites("1", "ada"));
  visits.dismiss("1");
  assert.deepEqual(shown(), []);
});

test("a browser without a certificate does not join where calls are verified, and says why", async () => {
  open().hear(invites("1", "ada"));
  const [invited] = visits.state.invited;
  await visits.join(invited ?? assert.fail());
  assert.equal(visits.state.failed, "uncertified");
  assert.equal(visits.state.visit, undefined);
});

test("a colleague knocks though the browser's question about the camera is not answered yet", async () => {
  new FakeNetwork(() => 0).install();
  const asked: string[] = [];
  const access = {
    ...{ token: "t", token_expires_at: at(3600), visitor: newId(), call: "call", ice_servers: [] },
    ...{ mailbox: { name: "m", key: "A".repeat(43) }, invitation: { id: "i", expert: { id: "ada", name: "Ada" } } },
  };
  const call = { id: "call", state: "ringing", version: 1, media: "video", created_at: at(0), rings_until: at(45) };
  mock.method(globalThis, "fetch", async (input: RequestInfo | URL, init?: RequestInit) => {
    const path = new URL(String(input), "http://localhost").pathname.replace("/api/v1", "");
    asked.push(`${init?.method} ${path}`);
    if (path.endsWith("/visitors")) return Response.json(access);
    if (path === "/presence") return Response.json({ calls: [], renew_in: 8_000 });
    return path.endsWith("/ring") ? Response.json({ call }) : new Promise<Response>(() => {});
  });
  mock.method(LocalMedia.prototype, "start", () => new Promise<void>(() => {}));
  Object.assign(globalThis, {
    location: { origin: "https://visavis.example", href: "https://visavis.example/desk" },
    document: { documentElement: { lang: "en" } },
  });
  open(false, () => {}).hear(invites("1", "ada"));
  await visits.join(visits.state.invited[0] ?? assert.fail());
  assert.ok(asked.includes("POST /calls/call/ring"), asked.join(", "));
});

test("who has answered a call meanwhile does not join another", async () => {
  let free = true;
  open(false, undefined, () => free).hear(invites("1", "ada"));
  const joining = visits.join(visits.state.invited[0] ?? assert.fail());
  free = false;
  await joining;
  assert.equal(visits.state.visit, undefined);
  assert.deepEqual(shown(), ["1"]);
});
