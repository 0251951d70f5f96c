// When a call begins and ends for one side, whatever the service says and whenever it says it.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { type Api, Problem } from "./api.ts";
import { newId } from "./bytes.ts";
import { determined, done, FakeNetwork } from "./fake-network.ts";
import { FileTransfers } from "./files.ts";
import { Group } from "./group.ts";
import { provide } from "./later.ts";
import { LocalMedia, type MediaState } from "./media.ts";
import { plainPayloads } from "./payload.ts";
import { watchQuality } from "./quality.ts";
import { CallSession } from "./session.ts";
import type { Call, Envelope } from "./types.ts";

provide({ FileTransfers, Group, watchQuality });
let drawn = 0;
determined((length) => new Uint8Array(length).fill(++drawn));

const at = "2026-11-24T01:00:00.000Z";
const page = { url: "https://bank.example/", title: "Bank" };
const RING = { language: "en", page, media: "video" } as const;
const call: Call = { id: "call", state: "ringing", version: 1, media: "video", created_at: at, rings_until: at };
const answeredCall = { ...call, state: "answered", version: 2, expert: { id: "ada", name: "Ada" } } as Call;
const open: CallSession[] = [];
let network: FakeNetwork;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_800_000_000_000 });
  mock.method(console, "warn", () => {});
  network = new FakeNetwork(() => 0);
  network.install();
});

afterEach(() => {
  for (const one of open.splice(0)) one.close();
  mock.restoreAll();
  mock.timers.reset();
});

class Media extends LocalMedia {
  show(part: Partial<MediaState>): void {
    this.change(part);
  }
}

const envelope = (type: Envelope["type"], body: object): Envelope =>
  ({ id: newId(), at, type, call: "call", body }) as Envelope;

const settle = async (): Promise<void> => {
  do await done();
  while (network.deliver());
};

/** A session, what it asked the service for, and the payloads it sent. */
function side(role: "visitor" | "expert", more: object = {}) {
  const asked: string[] = [];
  const sent: string[] = [];
  const api = {
    ring: async (_: string, { payload }: { payload: string }) => {
      sent.push(payload);
      return { call };
    },
    signal: async (_: string, _id: string, payload: string) => void sent.push(payload),
    hangUp: async () => {
      asked.push("hang up");
      return { call };
    },
    alarm: async () => {},
    ...more,
  } as unknown as Api;
  const media = new Media();
  media.show({ microphoneTrack: {} as MediaStreamTrack, cameraTrack: {} as MediaStreamTrack });
  const session = new CallSession({ role, api, media, call: "call", iceServers: [], payloads: plainPayloads });
  open.push(session);
  return { session, asked, sent };
}

/** Somebody answers an offer. */
async function answers(offer: string): Promise<string> {
  const heard = await plainPayloads.open(offer, {});
  assert.ok(heard?.message.type === "offer");
  const pc = new RTCPeerConnection({ certificates: [await RTCPeerConnection.generateCertificate("")] });
  for (const label of ["control", "files"]) pc.createDataChannel(label);
  await pc.setRemoteDescription({ type: "offer", sdp: heard.message.sdp });
  await pc.setLocalDescription();
  return plainPayloads.answer(heard.message.connection, pc.localDescription?.sdp ?? "");
}

test("who has not rung is in no call, whatever the service tells and asks for", async () => {
  const { session, sent } = side("visitor");
  await session.prepare();
  const connection = session.peerConnection;
  await session.handle(
    envelope("call.signal", { from: "expert", payload: await plainPayloads.seal({ type: "restart" }) }),
  );
  session.update(answeredCall);
  await session.handle(envelope("call.taken", { call: answeredCall }));
  mock.timers.tick(60_000);
  await settle();
  assert.deepEqual(sent, []);
  assert.equal(session.peerConnection, connection);
  assert.equal(connection?.remoteDescription, undefined);
  assert.deepEqual([session.state.phase, session.state.call], ["preparing", undefined]);
});

test("when the service did not take the ring this is so again, unless it may have", async () => {
  for (const [slug, phase] of [
    ["nobody-available", "preparing"],
    ["unreachable", "connecting"],
    ["unavailable", "connecting"],
  ] as const) {
    const { session } = side("visitor", { ring: () => Promise.reject(new Problem(slug, "")) });
    await assert.rejects(session.ring(RING), { slug });
    session.update(answeredCall);
    assert.equal(session.state.phase, phase, slug);
  }
});

test("an attempt that failed does not take back one that may ring", async () => {
  const slugs = ["unreachable", "nobody-available"] as const;
  let attempt = 0;
  const { session } = side("visitor", {
    ring: () => Promise.reject(new Problem(slugs[attempt++] ?? "unexpected", "")),
  });
  for (const slug of slugs) await assert.rejects(session.ring(RING), { slug });
  session.update(answeredCall);
  assert.equal(session.state.phase, "connecting");
});

test("who gives up is told to the service when it may ring, and only then", async () => {
  for (const [slug, told] of [
    ["nobody-available", []],
    ["unreachable", ["hang up"]],
  ] as const) {
    const { session, asked } = side("visitor", { ring: () => Promise.reject(new Problem(slug, "")) });
    await assert.rejects(session.ring(RING), { slug });
    await session.hangUp();
    assert.deepEqual(asked, told, slug);
  }
});

test("a call that is connected is shown as one, though the service says that it rings", async () => {
  const { session, sent } = side("visitor");
  await session.ring(RING);
  assert.equal(session.state.phase, "ringing");
  const payload = await answers(sent[0] ?? "");
  await session.handle(envelope("call.answered", { call, payload }));
  await settle();
  assert.equal(session.state.phase, "connected");
  assert.notEqual(session.state.remote, undefined);
});

test("a ring that arrives after it was given up is taken back", async () => {
  let arrived = () => {};
  const ring = () => new Promise((resolve) => (arrived = () => resolve({ call })));
  const { session, asked } = side("visitor", { ring });
  const rings = session.ring(RING);
  await settle();
  await session.hangUp();
  assert.deepEqual(asked, ["hang up"]);
  arrived();
  await rings;
  assert.deepEqual(asked, ["hang up", "hang up"]);
  assert.equal(session.state.outcome, "cancelled");
});

test("what is put away while it is being answered asks the service for nothing more", async () => {
  let answered = () => {};
  let relays = 0;
  const { session } = side("expert", {
    answer: () => new Promise((resolve) => (answered = () => resolve({ call: answeredCall }))),
    relay: async () => {
      relays++;
      throw new Problem("call-over", "");
    },
  });
  const caller = side("visitor");
  await caller.session.ring(RING);
  await session.handle(envelope("call.ringing", { call, payload: caller.sent[0] }));
  const answering = session.answer();
  await settle();
  session.close();
  answered();
  await answering;
  for (let minute = 0; minute < 10; minute++) {
    mock.timers.tick(60_000);
    await settle();
  }
  assert.equal(relays, 0);
});
