import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import type { Api } from "../call/api.ts";
import { LocalMedia } from "../call/media.ts";
import { CallSession } from "../call/session.ts";
import type { Call, Envelope } from "../call/types.ts";
import type { ClockedApi } from "./clock.ts";
import { Joiners } from "./joiners.ts";

const HOST = "0190c2a4-0000-7000-8000-00000000000a";
const at = "2026-11-29T10:00:00.000Z";
/** A payload that an expert leaves alone: peer connections are for browsers. */
const PAYLOAD = "eyJ0eXBlIjoicmVzdGFydCJ9";

let stored: Map<string, string>;
const closing: (() => void)[] = [];

beforeEach(() => {
  stored = new Map();
  const value = {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, text: string) => stored.set(key, text),
    removeItem: (key: string) => stored.delete(key),
  };
  Object.defineProperty(globalThis, "sessionStorage", { configurable: true, value });
});

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

function open({ known = true } = {}) {
  const asked: string[] = [];
  const api = {
    clock: { now: () => Date.parse(at) },
    relay: async () => ({ ice_servers: [], expires_at: at }),
    signal: async () => {},
    decline: async (call: string) => void asked.push(`decline ${call}`),
    hangUp: async (call: string) => void asked.push(`hang up ${call}`),
    alarm: async (_call: string, reason: string) => void asked.push(`alarm ${reason}`),
  } as unknown as ClockedApi;
  const media = new LocalMedia();
  const host = new CallSession({ role: "expert", api: api as Api, media, call: HOST, iceServers: [] });
  const prove = () => (host as unknown as { change(part: object): void }).change({ peer: "unverified" });
  if (known) prove();
  const joiners = new Joiners({ api, organisation: HOST, host, device: async () => undefined });
  closing.push(
    () => joiners.close(false),
    () => host.close(),
  );
  return { joiners, host, asked, prove };
}

function knocking(id: string, into = HOST, more: Partial<Call> = {}): Call {
  return {
    ...{ id, state: "ringing", version: 1, media: "video", created_at: at, rings_until: at },
    visitor: { id: `v-${id}`, language: "en", page: { url: "https://visavis.example/join", title: "" } },
    invitation: { id: `i-${id}`, call: into },
    ...{ payload: PAYLOAD, ice_servers: [] },
    ...more,
  };
}

const rings = (call: Call) =>
  ({
    ...{ id: "e", at, type: "call.ringing", call: call.id },
    body: { call, payload: PAYLOAD, ice_servers: [] },
  }) as Envelope;
const ids = (sessions: readonly CallSession[]) => sessions.map(({ id }) => id);
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

test("who was invited into this call knocks, by the mailbox or by the lease, and once", async () => {
  const { joiners } = open();
  assert.ok(joiners.hear(rings(knocking("a"))));
  joiners.told(knocking("a"));
  joiners.told(knocking("b"));
  await settled();
  assert.deepEqual(ids(joiners.state.knocking), ["a", "b"]);
  assert.deepEqual(joiners.state.joined, []);
});

test("who was invited into another call does not", () => {
  const { joiners } = open();
  const other = knocking("a", "0190c2a4-0000-7000-8000-00000000000b");
  assert.equal(joiners.concerns(other), false);
  assert.equal(joiners.hear(rings(other)), false);
  assert.deepEqual(joiners.state.knocking, []);
});

test("who gives up is gone, and does not knock again", async () => {
  const { joiners } = open();
  const call = knocking("a");
  joiners.hear(rings(call));
  await settled();
  const cancelled = { ...call, state: "cancelled", version: 2 };
  joiners.hear({ id: "e", at, type: "call.cancelled", call: "a", body: { call: cancelled } } as Envelope);
  await settled();
  assert.deepEqual(joiners.state.knocking, []);
  assert.equal(joiners.state.gone?.outcome, "cancelled");
  joiners.told(call);
  joiners.hear(rings(call));
  assert.deepEqual(joiners.state.knocking, []);
});

test("who is refused is told so by the service", async () => {
  const { joiners, asked } = open();
  joiners.told(knocking("a"));
  await settled();
  const [session] = joiners.state.knocking;
  await joiners.refuse(session ?? assert.fail());
  assert.deepEqual(asked, ["decline a"]);
  assert.deepEqual(joiners.state.knocking, []);
});

test("the answer of this desk, coming back by the mailbox, does not end what it began", async () => {
  const { joiners } = open();
  const call = knocking("a");
  joiners.told(call);
  await settled();
  const [session] = joiners.state.knocking;
  let answered = () => {};
  Object.assign(session ?? {}, { answer: () => new Promise<void>((resolve) => (answered = resolve)) });
  const admitted = joiners.admit(session ?? assert.fail());
  await settled();
  const taken = { ...call, state: "answered", version: 2 };
  assert.ok(joiners.hear({ id: "e", at, type: "call.taken", call: "a", body: { call: taken } } as Envelope));
  await settled();
  assert.notEqual(session?.state.phase, "over");
  answered();
  await admitted;
});

test("a click lets in who is shown then, and nobody whose offer takes the place of theirs", async () => {
  const { joiners } = open();
  const call = knocking("a");
  joiners.told(call);
  await settled();
  const [session = assert.fail()] = joiners.state.knocking;
  const become = (peer: object | string) => (session as unknown as { change(part: object): void }).change({ peer });
  become({ verified: { expert: "cleo", name: "Cleo", title: "", organisation: "O" } });
  let answered = 0;
  Object.assign(session, {
    answer: async () => void answered++,
    handle: async () => become("anonymous"),
  });
  const body = { from: "visitor", payload: PAYLOAD };
  joiners.hear({ id: "e", at, type: "call.signal", call: "a", body } as Envelope);
  await joiners.admit(session);
  assert.equal(answered, 0);
  await joiners.admit(session);
  assert.equal(answered, 1);
});

test("who was in the call before a reload of the desk is in it again", async () => {
  stored.set("visavis.desk.admitted", "a");
  const { joiners } = open();
  joiners.told(knocking("a", HOST, { state: "answered", version: 2 }));
  joiners.told(knocking("a", HOST, { state: "answered", version: 2 }));
  await settled();
  assert.deepEqual(ids(joiners.state.joined), ["a"]);
});

test("after a reload of the desk what was said to the page before has no effect", async () => {
  stored.set("visavis.desk.admitted", "a");
  const { joiners } = open();
  const call = knocking("a", HOST, { state: "answered", version: 2 });
  joiners.told(call);
  const early = new Date(Date.parse(at) - 60_000).toISOString();
  joiners.hear({ id: "e", at: early, type: "call.taken", call: "a", body: { call } } as Envelope);
  const ended = { ...call, state: "ended", version: 3 };
  await settled();
  assert.deepEqual(ids(joiners.state.joined), ["a"]);
  joiners.hear({ id: "f", at: early, type: "call.ended", call: "a", body: { call: ended } } as Envelope);
  await settled();
  assert.deepEqual(ids(joiners.state.joined), ["a"]);
});

test("whom nobody has let in is not in the call, whatever the service tells", async () => {
  const { joiners, asked } = open();
  joiners.told(knocking("a", HOST, { state: "answered", version: 2 }));
  await settled();
  assert.deepEqual(joiners.state, { knocking: [], joined: [], gone: undefined });
  assert.deepEqual(asked, ["hang up a"]);
  joiners.told(knocking("b"));
  await settled();
  joiners.told(knocking("b", HOST, { state: "answered", version: 2 }));
  await settled();
  assert.deepEqual([joiners.state.knocking, joiners.state.joined], [[], []]);
  assert.equal(joiners.state.gone?.outcome, "taken");
  assert.equal(stored.get("visavis.desk.continuity"), undefined);
});

test("nobody knocks before it is known whether the call is authenticated", async () => {
  const { joiners, prove } = open({ known: false });
  joiners.hear(rings(knocking("a")));
  joiners.told(knocking("b"));
  const cancelled = { ...knocking("a"), state: "cancelled", version: 2 };
  joiners.hear({ id: "e", at, type: "call.cancelled", call: "a", body: { call: cancelled } } as Envelope);
  await settled();
  assert.deepEqual(joiners.state.knocking, []);
  prove();
  await settled();
  assert.deepEqual(ids(joiners.state.knocking), ["b"]);
});

test("who gives up before it is known whether the call is authenticated does not knock then", async () => {
  const { joiners, prove } = open({ known: false });
  joiners.told(knocking("a"));
  const call = knocking("a", HOST, { state: "cancelled", version: 2 });
  assert.ok(joiners.hear({ id: "e", at, type: "call.cancelled", call: "a", body: { call } } as Envelope));
  prove();
  await settled();
  assert.deepEqual(joiners.state.knocking, []);
});

test("of a crowd that the service tells a few knock", async () => {
  const { joiners } = open();
  for (let count = 0; count < 20; count++) joiners.told(knocking(`n${count}`));
  await settled();
  assert.equal(joiners.state.knocking.length, 4);
});

test("a call that was ended here, and that the service takes for going on, is ended there", async () => {
  stored.set("visavis.desk.admitted", "a");
  const { joiners, asked } = open();
  const call = knocking("a", HOST, { state: "answered", version: 2 });
  joiners.told(call);
  await settled();
  const [session] = joiners.state.joined;
  await joiners.remove(session ?? assert.fail());
  joiners.told(call);
  assert.deepEqual(asked, ["hang up a", "hang up a"]);
  assert.deepEqual(joiners.state.joined, []);
});

test("with the call end the calls of those who joined it", async () => {
  stored.set("visavis.desk.admitted", "a");
  const { joiners, asked } = open();
  joiners.told(knocking("a", HOST, { state: "answered", version: 2 }));
  await settled();
  joiners.close(true);
  assert.deepEqual(asked, ["hang up a"]);
});

test("the keys of links are known after a reload, and as many are asked for as were made", () => {
  const { joiners } = open();
  const keys = [joiners.newLinkKey(), joiners.newLinkKey()];
  assert.equal(new Set(keys).size, 2);
  assert.deepEqual((stored.get("visavis.desk.link-keys") ?? "").split(" "), keys);
});
