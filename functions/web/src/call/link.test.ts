import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { Link } from "./link.ts";

/** What a peer connection was given of the other side. */
const given = { descriptions: [] as string[], candidates: [] as string[] };

class FakeConnection extends EventTarget {
  signalingState = "stable";
  remoteDescription: RTCSessionDescriptionInit | null = null;
  localDescription = { type: "answer", sdp: `v=0\r\n${FINGERPRINT}\r\na=candidate:1 1 udp 1 192.0.2.7 9 typ host\r\n` };
  #transceivers = ["audio", "video", "video"].map(() => ({
    direction: "",
    receiver: { track: {} },
    sender: { track: null, replaceTrack: async () => {}, getParameters: () => ({}) },
  }));

  createDataChannel(): EventTarget {
    return new EventTarget();
  }

  getTransceivers(): object[] {
    return this.#transceivers;
  }

  async setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
    this.remoteDescription = description;
    given.descriptions.push(description.sdp ?? "");
  }

  offers = 0;

  addTransceiver(): object {
    return this.#transceivers[0] ?? {};
  }

  restartIce(): void {}

  async createOffer(): Promise<RTCSessionDescriptionInit> {
    return { type: "offer", sdp: `offer ${++this.offers}` };
  }

  async setLocalDescription(description?: RTCSessionDescriptionInit): Promise<void> {
    if (description?.type === "offer") this.signalingState = "have-local-offer";
  }

  async addIceCandidate({ candidate }: RTCIceCandidateInit): Promise<void> {
    given.candidates.push(candidate ?? "");
  }
}

const nothing = () => {};
const link = () =>
  new Link("c", [], {} as RTCCertificate, {
    candidates: nothing,
    state: nothing,
    checked: nothing,
    failed: nothing,
    control: nothing,
    controlOpen: nothing,
    file: nothing,
  });

const FINGERPRINT = `a=fingerprint:sha-256 ${Array(32).fill("AB").join(":")}`;

beforeEach(() => {
  given.descriptions = [];
  given.candidates = [];
  Object.assign(globalThis, {
    RTCPeerConnection: FakeConnection,
    MediaStream: class {
      addTrack(): void {}
    },
  });
});

afterEach(() => {
  for (const name of ["RTCPeerConnection", "MediaStream"]) Reflect.deleteProperty(globalThis, name);
});

test("an offer's own candidates never reach the connection, while it rings or later", async () => {
  const sdp = [
    "v=0",
    "m=audio 9 UDP/TLS/RTP/SAVPF 111",
    FINGERPRINT,
    "a=ice-ufrag:x",
    "a=candidate:1 1 udp 2130706431 192.0.2.1 9 typ host",
    "A=Candidate:2 1 udp 2130706431 192.0.2.2 9 typ host",
    "a=remote-candidates:1 192.0.2.3 9",
    "a=end-of-candidates",
    "a=mid:0",
    "",
  ];
  const kept = `v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n${FINGERPRINT}\r\na=ice-ufrag:x\r\na=mid:0\r\n`;
  const expert = link();
  await expert.answer(sdp.join("\r\n"), false);
  await expert.answer(sdp.join("\n"), true);
  await expert.answer(sdp.join("\r"), true);
  assert.deepEqual(given.descriptions, [kept, kept, kept]);
});

test("candidates that came as signals wait for the release", async () => {
  const expert = link();
  await expert.addCandidates([{ candidate: "early" }]);
  await expert.answer(`v=0\r\n${FINGERPRINT}\r\n`, false);
  await expert.addCandidates([{ candidate: "late" }]);
  assert.deepEqual(given.candidates, []);
  await expert.release();
  assert.deepEqual(given.candidates, ["early", "late"]);
});

test("an answer keeps the candidates it carries", async () => {
  const visitor = link();
  (visitor.pc as unknown as FakeConnection).signalingState = "have-local-offer";
  const answer = link().takeLocalAnswer();
  await visitor.takeAnswer(answer);
  assert.deepEqual(given.descriptions, [answer]);
  assert.match(answer, /a=candidate:/);
});

test("a description with another certificate is not given to the connection", async () => {
  const visitor = link();
  (visitor.pc as unknown as FakeConnection).signalingState = "have-local-offer";
  await visitor.takeAnswer(`v=0\r\n${FINGERPRINT}\r\n`);
  const other = `v=0\r\n${FINGERPRINT.replace("AB", "AC")}\r\n`;
  await assert.rejects(visitor.takeAnswer(other), { reason: "fingerprint" });
  await assert.rejects(visitor.answer(other, true), { reason: "fingerprint" });
  assert.equal(given.descriptions.length, 1);
});

test("an offer that is not answered yet is said again: the answer to it would not fit the next", async () => {
  const visitor = link();
  assert.equal(await visitor.offer(), "offer 1");
  assert.equal(await visitor.offer(true), "offer 1");
  (visitor.pc as unknown as FakeConnection).signalingState = "stable";
  assert.equal(await visitor.offer(true), "offer 2");
});
