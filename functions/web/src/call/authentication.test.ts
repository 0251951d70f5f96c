import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Unsupported } from "../trust/failure.ts";
import { ADA, BEN, bundle, CONTEXT, description, deviceOf, now, publicKey } from "../trust/fixtures.ts";
import type { Device } from "../trust/handshake.ts";
import { ExpertPayloads, Uncertified, visitorPayloads } from "./authentication.ts";
import { plainPayloads, restartPayload } from "./payload.ts";

class FakeTransport {
  getRemoteCertificates(): ArrayBuffer[] {
    return [];
  }
}

beforeEach(() => {
  Object.assign(globalThis, { RTCDtlsTransport: FakeTransport });
  mock.timers.enable({ apis: ["Date"], now: now() });
});
afterEach(() => {
  Reflect.deleteProperty(globalThis, "RTCDtlsTransport");
  mock.timers.reset();
});

const desk = (device: Device | undefined, continuity?: string) =>
  new ExpertPayloads(CONTEXT, async () => device, continuity);

async function ends(continuity?: string) {
  const device = await deviceOf("ada");
  const trust = await bundle(device);
  const visitor = await visitorPayloads({ ...CONTEXT, trust, siteKeys: [await publicKey("site")], continuity });
  return { device, visitor, sdp: await description("visitor"), answer: await description("ada") };
}

test("a page without a key speaks plain, and so does the desk that answers it", async () => {
  const visitor = await visitorPayloads({ ...CONTEXT, trust: undefined, siteKeys: [] });
  const expert = desk(await deviceOf("ada"));
  const heard = await expert.open(await visitor.offer("c", "v=0"), {});
  assert.deepEqual(heard, { message: { type: "offer", connection: "c", sdp: "v=0" }, proven: "unverified" });
  const answer = await visitor.open(await expert.answer("c", "v=1"), {});
  assert.deepEqual(answer, { message: { type: "answer", connection: "c", sdp: "v=1" }, proven: "unverified" });
});

test("a page with a key seals, and learns who has answered", async () => {
  const { device, visitor, sdp, answer } = await ends();
  const expert = desk(device);
  const heard = await expert.open(await visitor.offer("c", sdp), {});
  assert.deepEqual(heard, { message: { type: "offer", connection: "c", sdp }, proven: "anonymous" });
  const answered = await visitor.open(await expert.answer("c", answer), { answeredBy: ADA });
  assert.equal(typeof answered?.proven === "object" && answered.proven.verified.name, "Ada Löwe");
  const message = { type: "candidates" as const, connection: "c", candidates: [] };
  assert.deepEqual(await visitor.open(await expert.seal(message), {}), { message });
  assert.deepEqual(await expert.open(await visitor.seal(message), {}), { message });
  assert.equal(expert.continuity, visitor.continuity);
});

test("a page with a key takes nothing plain, of whatever kind", async () => {
  const { visitor, sdp } = await ends();
  await visitor.offer("c", sdp);
  const plain = [await plainPayloads.answer("c", sdp), await plainPayloads.seal({ type: "restart" })];
  for (const payload of plain) await assert.rejects(visitor.open(payload, { answeredBy: ADA }), { reason: "unsealed" });
});

test("a page with a key never rings a device that nothing leads to", async () => {
  const siteKeys = [await publicKey("another site")];
  const trust = await bundle(await deviceOf("ada"));
  await assert.rejects(visitorPayloads({ ...CONTEXT, trust, siteKeys }), { reason: "chain" });
  await assert.rejects(visitorPayloads({ ...CONTEXT, trust: undefined, siteKeys }), { reason: "no-device" });
});

test("an answer of another than who the service names, or who was asked for, is refused", async () => {
  for (const expected of [{ answeredBy: BEN }, { answeredBy: ADA, wanted: BEN }]) {
    const { device, visitor, sdp, answer } = await ends();
    const expert = desk(device);
    await expert.open(await visitor.offer("c", sdp), {});
    await assert.rejects(visitor.open(await expert.answer("c", answer), expected), { reason: "wrong-expert" });
  }
});

test("a sealed call never becomes plain, over a reload of the desk either", async () => {
  const { device, visitor, sdp } = await ends();
  const expert = desk(device);
  await expert.open(await visitor.offer("c", sdp), {});
  const plain = await plainPayloads.offer("c", sdp);
  await assert.rejects(expert.open(plain, {}), { reason: "unsealed" });
  await assert.rejects(desk(device, visitor.continuity).open(plain, {}), { reason: "unsealed" });
});

test("after a reload of the desk only the same visitor's offer is taken", async () => {
  const { device, visitor, sdp } = await ends();
  const stranger = await ends();
  const expert = desk(device, visitor.continuity);
  await assert.rejects(expert.open(await stranger.visitor.offer("d", sdp), {}), { reason: "continuity" });
  assert.equal((await expert.open(await visitor.offer("c", sdp), {}))?.message.type, "offer");
});

test("a reloaded desk asks for an offer so that both kinds of pages hear it", async () => {
  const { device, visitor } = await ends();
  const asked = await desk(device).seal({ type: "restart" });
  assert.equal(asked, restartPayload());
  assert.deepEqual(await visitor.open(asked, {}), { message: { type: "restart" } });
  assert.deepEqual(await plainPayloads.open(asked, {}), { message: { type: "restart" } });
});

test("a desk without a certificate cannot open a sealed offer, and takes a plain one", async () => {
  const { visitor, sdp } = await ends();
  await assert.rejects(desk(undefined).open(await visitor.offer("c", sdp), {}), Uncertified);
  const lost = new ExpertPayloads(CONTEXT, () => Promise.reject(new Error("a private window")));
  await assert.rejects(lost.open(await visitor.offer("c", sdp), {}), Uncertified);
  assert.equal((await desk(undefined).open(await plainPayloads.offer("c", sdp), {}))?.proven, "unverified");
});

test("a browser that does not tell the other side's certificate makes no sealed call", async () => {
  const { device, visitor, sdp } = await ends();
  const offer = await visitor.offer("c", sdp);
  Reflect.deleteProperty(globalThis, "RTCDtlsTransport");
  await assert.rejects(ends(), Unsupported);
  await assert.rejects(desk(device).open(offer, {}), Unsupported);
});

test("nobody comes unproven into a call that is authenticated: neither plain nor without the link", async () => {
  const { device, sdp } = await ends();
  const trust = await bundle(device);
  const siteKeys = [await publicKey("site")];
  const key = new Uint8Array(32).fill(7);
  const linkKey = Buffer.from(key).toString("base64url");
  const joined = () =>
    new ExpertPayloads(
      CONTEXT,
      async () => device,
      undefined,
      () => [key],
    );
  const guest = await visitorPayloads({ ...CONTEXT, trust, siteKeys, linkKey });
  assert.equal((await joined().open(await guest.offer("c", sdp), {}))?.proven, "anonymous");
  const stranger = await visitorPayloads({ ...CONTEXT, trust, siteKeys });
  await assert.rejects(joined().open(await stranger.offer("c", sdp), {}), { reason: "signature" });
  await assert.rejects(joined().open(await plainPayloads.offer("c", sdp), {}), { reason: "unsealed" });
});
