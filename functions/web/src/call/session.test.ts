import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { CheckFailed, type CheckReason, Unsupported } from "../trust/failure.ts";
import type { Api } from "./api.ts";
import { Uncertified } from "./authentication.ts";
import { FakeNetwork } from "./fake-network.ts";
import { LocalMedia } from "./media.ts";
import { type Payloads, plainPayloads } from "./payload.ts";
import { CallSession } from "./session.ts";
import type { Call, Envelope } from "./types.ts";

const at = "2026-11-24T01:00:00.000Z";
const RING = { language: "en", page: { url: "https://bank.example/", title: "Bank" }, media: "video" } as const;
const call: Call = { id: "call", state: "ringing", version: 1, media: "chat", created_at: at, rings_until: at };

beforeEach(() => mock.method(console, "warn", () => {}));
afterEach(() => {
  mock.restoreAll();
  for (const one of open.splice(0)) one.close();
});

const open: CallSession[] = [];

/** A session whose payloads fail so, and what it told the service. */
function session(role: "visitor" | "expert", error: Error) {
  const told: string[] = [];
  new FakeNetwork(() => 0).install();
  const api = {
    ring: async () => ({ call }),
    alarm: async (_call: string, reason: CheckReason) => void told.push(`alarm ${reason}`),
    hangUp: async () => void told.push("hang up"),
  } as unknown as Api;
  const payloads: Payloads = { ...plainPayloads, open: () => Promise.reject(error) };
  const media = new LocalMedia();
  const made = new CallSession({ role, api, media, call: "call", iceServers: [], payloads });
  open.push(made);
  return { told, session: made };
}

const envelope = (type: Envelope["type"], body: object): Envelope =>
  ({ id: "e", at, type, call: "call", body }) as Envelope;

test("a visitor's call whose answer fails its check is over at once, and the service is told why", async () => {
  const { told, session: visitor } = session("visitor", new CheckFailed("signature"));
  await visitor.ring(RING);
  const answered = { ...call, state: "answered", version: 2, expert: { id: "ada", name: "Ada" } };
  await visitor.handle(envelope("call.answered", { call: answered, payload: "x" }));
  const { phase, outcome, failure, remote, peer } = visitor.state;
  assert.deepEqual([phase, outcome, failure], ["over", "check-failed", "signature"]);
  assert.deepEqual([remote, peer], [undefined, undefined]);
  assert.deepEqual(told, ["alarm signature", "hang up"]);
});

test("an answered call of an expert is ended by a failed check too", async () => {
  const { told, session: expert } = session("expert", new CheckFailed("continuity"));
  expert.update({ ...call, state: "answered" });
  await expert.handle(envelope("call.signal", { from: "visitor", payload: "x" }));
  assert.deepEqual([expert.state.outcome, expert.state.failure], ["check-failed", "continuity"]);
  assert.deepEqual(told, ["alarm continuity", "hang up"]);
});

test("a call that rings and fails its check at one desk may be answered at another", async () => {
  const { told, session: expert } = session("expert", new CheckFailed("malformed"));
  expert.update(call);
  await expert.prepare("x");
  assert.deepEqual([expert.state.phase, expert.state.failure], ["ringing", "malformed"]);
  assert.deepEqual(told, ["alarm malformed"]);
});

test("that a desk is not certified, or a call not for it, is no alarm", async () => {
  for (const [error, failure] of [
    [new Uncertified(), "uncertified"],
    [new Unsupported(), "unsupported"],
    [new CheckFailed("no-device"), "no-device"],
  ] as const) {
    const { told, session: expert } = session("expert", error);
    expert.update(call);
    await expert.prepare("x");
    assert.deepEqual([expert.state.phase, expert.state.failure, told], ["ringing", failure, []]);
  }
});

test("a payload of no use is dropped, and the call goes on", async () => {
  const { told, session: visitor } = session("visitor", new TypeError("not a payload"));
  await visitor.ring(RING);
  await visitor.handle(envelope("call.signal", { from: "expert", payload: "x" }));
  assert.equal(visitor.state.phase, "ringing");
  assert.deepEqual(told, []);
});

test("an envelope of a kind that this client does not know is left alone", async () => {
  const { session: expert } = session("expert", new TypeError("unused"));
  expert.update(call);
  await expert.handle(envelope("call.invited" as Envelope["type"], { invitation: "i", secret: "s" }));
  assert.equal(expert.state.phase, "ringing");
});

test("the name in the sealed offer stays, whatever the service tells afterwards", async () => {
  const visitor = { id: "v", language: "en", page: { url: "https://bank.example/", title: "Bank" } };
  const sealed = { ...call, visitor };
  const heard = { message: { type: "restart" as const }, name: "Vera" };
  const payloads: Payloads = { ...plainPayloads, open: async () => heard };
  const media = new LocalMedia();
  const expert = new CallSession({ role: "expert", api: {} as Api, media, call: "call", iceServers: [], payloads });
  open.push(expert);
  expert.update(sealed);
  await expert.prepare("x");
  assert.equal(expert.state.call?.visitor?.name, "Vera");
  const answered = { ...sealed, state: "answered", version: 2 } as Call;
  expert.update(answered);
  // The answer of this desk, coming back by the mailbox it shares with the expert's others.
  await expert.handle(envelope("call.taken", { call: answered }));
  assert.equal(expert.state.call?.visitor?.name, "Vera");
  assert.equal(expert.state.phase, "connecting");
});
