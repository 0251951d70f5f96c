// Who joins a call is seen and heard, and sees and hears, when the others know of them.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import type { Api } from "./api.ts";
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
const EXPERT = newId();
const open: CallSession[] = [];

beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_800_000_000_000 }));
afterEach(() => {
  for (const one of open.splice(0)) one.close();
  mock.timers.reset();
});

class Media extends LocalMedia {
  show(part: Partial<MediaState>): void {
    this.change(part);
  }
}

/**
 * The expert's side of a call that is answered, by somebody whose connection has the two channels or has none; the service
 * says who it is and how the call stands then.
 */
async function answered(
  network: FakeNetwork,
  media: Media,
  channels: boolean,
  host?: CallSession,
  { visitor = newId(), state = "answered" } = {},
) {
  const call: Call = {
    ...{ id: newId(), state: "ringing", version: 1, media: "video", created_at: at, rings_until: at },
    visitor: { id: visitor, language: "en", page: { url: "https://example.org/", title: "" } },
  };
  let answer = "";
  const api = {
    answer: async (_: string, payload: string) => {
      answer = payload;
      return { call: { ...call, state, version: 2 } };
    },
    signal: async () => {},
    alarm: async () => {},
    hangUp: async () => ({ call }),
  } as unknown as Api;
  const expert = new CallSession({
    ...{ role: "expert", api, media, call: call.id, iceServers: [], own: EXPERT, payloads: plainPayloads },
    ...(host ? { host } : {}),
  });
  open.push(expert);
  const pc = new RTCPeerConnection({ certificates: [await RTCPeerConnection.generateCertificate("")] });
  if (channels) for (const label of ["control", "files"]) pc.createDataChannel(label);
  const offer = await pc.createOffer();
  await pc.setLocalDescription(offer);
  const payload = await plainPayloads.offer("one", offer.sdp ?? "");
  await expert.handle({ id: newId(), at, type: "call.ringing", call: call.id, body: { call, payload } } as Envelope);
  await expert.answer();
  const heard = await plainPayloads.open(answer, {});
  if (heard && "sdp" in heard.message) await pc.setRemoteDescription({ type: "answer", sdp: heard.message.sdp });
  do await done();
  while (network.deliver());
  const sent = () => expert.peerConnection?.getTransceivers().map(({ sender }) => sender.track);
  return { expert, sent };
}

for (const channels of [true, false]) {
  test(`who joins ${channels ? "with" : "without"} a channel on which the others hear of it`, async () => {
    const network = new FakeNetwork(() => 0);
    network.install();
    const media = new Media();
    const [voice, camera, screen] = [{}, {}, { stop() {} }] as MediaStreamTrack[];
    media.show({ microphoneTrack: voice ?? null, cameraTrack: camera ?? null });
    const { expert: host, sent: toVisitor } = await answered(network, media, true);
    const { expert: joined, sent } = await answered(network, media, channels, host);
    assert.equal(joined.state.phase, "connected");
    assert.deepEqual(toVisitor(), [voice, camera, null]);
    assert.deepEqual(sent(), channels ? [voice, camera, null] : [null, null, null]);
    media.show({ screenTrack: screen ?? null });
    await done();
    assert.deepEqual(sent(), channels ? [voice, camera, screen] : [null, null, null]);
    assert.equal(joined.state.remote !== undefined, channels, "is shown");
    assert.equal(host.state.companions.length, channels ? 1 : 0);
  });
}

for (const state of ["answered", "ringing"]) {
  test(`who joins as somebody who is there already, in a call that the service says is ${state}, hears and sees nothing`, async () => {
    mock.method(console, "warn", () => {});
    const network = new FakeNetwork(() => 0);
    network.install();
    const media = new Media();
    media.show({ microphoneTrack: {} as MediaStreamTrack, cameraTrack: {} as MediaStreamTrack });
    const visitor = newId();
    const { expert: host } = await answered(network, media, true, undefined, { visitor });
    const { expert: joined, sent } = await answered(network, media, true, host, { visitor, state });
    assert.deepEqual(sent() ?? [null, null, null], [null, null, null]);
    const { phase, failure, remote } = joined.state;
    assert.deepEqual([phase, failure, remote], ["over", "continuity", undefined]);
    assert.equal(host.state.companions.length, 0);
    mock.restoreAll();
  });
}
