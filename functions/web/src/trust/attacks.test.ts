// What a hostile edge may try, each with the reason for which it fails. `mutations.test.ts` shows that each check counts.

import assert from "node:assert/strict";
import { test } from "node:test";

import { toBase64url } from "../call/bytes.ts";
import type { Message } from "../call/types.ts";
import { Adversary, call, forgedDevices, listRevoking, outer, payloadOf, world } from "./adversary.ts";
import { binary, fromHex } from "./encoding.ts";
import { CheckFailed, type CheckReason } from "./failure.ts";
import * as fixtures from "./fixtures.ts";
import { ADA, BEN, CONTEXT, DAY, NOW, ORGANISATION } from "./fixtures.ts";
import { type CallContext, ExpertHandshake, kindOf, VisitorHandshake } from "./handshake.ts";

const all = await world();
const { ada, ben, siteKeys, trust } = all;
const OTHER_CALL: CallContext = { organisation: ORGANISATION, call: fixtures.BEN };

/** It fails, for one of these reasons where there are several ways to see it. */
async function refused(attempt: Promise<unknown>, ...reasons: CheckReason[]): Promise<void> {
  await assert.rejects(attempt, (error) => {
    assert.ok(error instanceof CheckFailed, String(error));
    assert.ok(reasons.includes(error.reason), `${error.reason} instead of ${reasons.join(" or ")}`);
    return true;
  });
}

test("a relay of the messages as they are is no attack", async () => {
  const { visitor, expert, offer, ofVisitor, ofAda } = await call(all);
  const offered = await expert.takeOffer(offer);
  const answered = await visitor.takeAnswer(await expert.answer("one", ofAda), ADA, ADA);
  assert.equal(offered.sdp, ofVisitor);
  assert.equal(answered?.sdp, ofAda);
});

test("a middleman who asks the expert in the visitor's place", async () => {
  const { visitor, expert, offer, ofAda, ofEdge } = await call(all);
  const edge = new Adversary(ben);
  const { content, facts } = await edge.read(offer);
  // As like to the visitor's offer as can be, but for the fingerprint and a call key that it can open answers with.
  const own = await edge.offer([ada], { ...content, sdp: ofEdge }, facts.nonce);
  await expert.takeOffer(own.payload);
  const inside = await edge.inside(await expert.answer("one", ofAda), own.facts);
  await refused(visitor.takeAnswer(await edge.answer(facts, inside), ADA), "signature");
});

test("a middleman who also puts its own description into the answer", async () => {
  const { visitor, expert, offer, ofAda, ofEdge } = await call(all);
  const edge = new Adversary(ben);
  const { content, facts } = await edge.read(offer);
  const own = await edge.offer([ada], { ...content, sdp: ofEdge }, facts.nonce);
  await expert.takeOffer(own.payload);
  const inside = await edge.inside(await expert.answer("one", ofAda), own.facts);
  await refused(visitor.takeAnswer(await edge.answer(facts, { ...inside, sdp: ofEdge }), ADA), "signature");
});

test("a middleman who asks with the visitor's own description, and puts its own into the answer", async () => {
  const { visitor, expert, offer, ofAda, ofEdge } = await call(all);
  const edge = new Adversary(ben);
  const { content, facts } = await edge.read(offer);
  const own = await edge.offer([ada], content, facts.nonce);
  await expert.takeOffer(own.payload);
  const inside = await edge.inside(await expert.answer("one", ofAda), own.facts);
  await refused(visitor.takeAnswer(await edge.answer(facts, { ...inside, sdp: ofEdge }), ADA), "signature");
});

test("the expert's certificate with a signature by another key", async () => {
  for (const by of ["edge", "ben signing", "site", "approver"]) {
    const { visitor, offer, ofEdge } = await call(all);
    const edge = new Adversary(ben);
    const { facts } = await edge.read(offer);
    const answer = await edge.answerAs(facts, ada, ofEdge, { by: await fixtures.signer(by) });
    await refused(visitor.takeAnswer(answer, ADA), "signature");
  }
});

test("no signature, one of zeros, one that is too long", async () => {
  for (const signature of ["", toBase64url(new Uint8Array(64)), toBase64url(new Uint8Array(65))]) {
    const { visitor, offer, ofEdge } = await call(all);
    const edge = new Adversary(ben);
    const { facts } = await edge.read(offer);
    const inside = { connection: "one", sdp: ofEdge, nonce: toBase64url(new Uint8Array(32)), device: ada.certificate };
    const answer = await edge.answer(facts, { ...inside, approver: ada.approver, signature });
    await refused(visitor.takeAnswer(answer, ADA), "signature", "malformed");
  }
});

test("another expert of the organisation in the place of who is said to answer, or was asked for", async () => {
  for (const [answeredBy, wanted] of [
    [ADA, undefined],
    [BEN, ADA],
    [ADA, ADA],
  ] as const) {
    const { visitor, offer, ofEdge } = await call(all);
    const edge = new Adversary(ben);
    const { facts } = await edge.read(offer);
    await refused(visitor.takeAnswer(await edge.answerAs(facts, ben, ofEdge), answeredBy, wanted), "wrong-expert");
  }
});

test("every certificate that only looks like one of the expert's", async (context) => {
  const revocations = await listRevoking();
  for (const [name, device] of Object.entries(await forgedDevices())) {
    await context.test(name, async () => {
      const { visitor, offer, ofEdge } = await call({ ...all, trust: { ...trust, revocations } });
      const edge = new Adversary(ben);
      const { facts } = await edge.read(offer);
      await assert.rejects(visitor.takeAnswer(await edge.answerAs(facts, device, ofEdge), ADA), CheckFailed);
    });
    await context.test(`${name}, in what the service tells`, async () => {
      const told = {
        successions: device.succession === undefined ? [] : [device.succession],
        approvers: [...trust.approvers, device.approver],
        devices: [device.certificate],
        revocations,
      };
      await assert.rejects(VisitorHandshake.create(CONTEXT, told, siteKeys, { now: fixtures.now }), CheckFailed);
    });
  }
});

test("a revocation list withheld, forged, ended, or older than one seen", async () => {
  const rung = (revocations?: string) =>
    VisitorHandshake.create(CONTEXT, { ...trust, ...(revocations === undefined ? {} : { revocations }) }, siteKeys, {
      now: fixtures.now,
    });
  const { revocations: _, ...without } = trust;
  await refused(VisitorHandshake.create(CONTEXT, without, siteKeys, { now: fixtures.now }), "revocations-missing");
  await refused(rung(await fixtures.revocationsStatement({ by: "edge" })), "chain");
  const own = await fixtures.revocationsStatement({ by: "ben signing" });
  await refused(rung(own), "chain");
  await refused(rung(await fixtures.revocationsStatement({ notAfter: NOW - DAY / 4 })), "revocations-old");
  await rung(await fixtures.revocationsStatement({ number: 7 }));
  await refused(rung(await fixtures.revocationsStatement({ number: 6 })), "revocations-old");
});

test("an answer of another call, and of an earlier connection of this one", async () => {
  const earlier = await call(all, OTHER_CALL);
  await earlier.expert.takeOffer(earlier.offer);
  const replayed = await earlier.expert.answer("one", earlier.ofAda);
  const { visitor, expert, offer, ofAda } = await call(all);
  await expert.takeOffer(offer);
  const right = await expert.answer("one", ofAda);
  const { hash } = (await new Adversary(ben).read(offer)).facts;
  await refused(visitor.takeAnswer(payloadOf({ ...outer(replayed), offer: toBase64url(hash) }), ADA), "malformed");
  await refused(visitor.takeAnswer(right, ADA), "second-answer");
});

test("a description signed for another call", async () => {
  const edge = new Adversary(ben);
  const elsewhere = new ExpertHandshake(OTHER_CALL, ada);
  const { visitor, offer, ofAda } = await call(all);
  const { content, facts } = await edge.read(offer);
  const own = await edge.offer([ada], content, facts.nonce, OTHER_CALL);
  await elsewhere.takeOffer(own.payload);
  const inside = await edge.inside(await elsewhere.answer("one", ofAda), own.facts, OTHER_CALL);
  await refused(visitor.takeAnswer(await edge.answer(facts, inside), ADA), "signature");
});

test("a second answer", async () => {
  const { visitor, expert, offer, ofAda, ofEdge } = await call(all);
  await expert.takeOffer(offer);
  const edge = new Adversary(ben);
  const { facts } = await edge.read(offer);
  await visitor.takeAnswer(await expert.answer("one", ofAda), ADA);
  await refused(visitor.takeAnswer(await edge.answerAs(facts, ben, ofEdge), BEN), "second-answer");
});

test("an offer changed by a device that could open it", async () => {
  const { expert, offer, ofEdge } = await call(all);
  const edge = new Adversary(ben);
  await refused(expert.takeOffer(await edge.reboxed(offer, (content) => ({ ...content, sdp: ofEdge }))), "malformed");
  assert.ok(await expert.takeOffer(await edge.reboxed(offer, (content) => content)), "the box was the same");
});

test("an offer of another call, or to another device", async () => {
  const { offer } = await call(all);
  await refused(new ExpertHandshake(OTHER_CALL, ada).takeOffer(offer), "malformed");
  const renamed = outer(offer) as { to: [string, string][] };
  const [first, second] = renamed.to;
  const swapped = payloadOf({ ...renamed, to: [[first?.[0], second?.[1]], second] });
  await refused(new ExpertHandshake(CONTEXT, ada).takeOffer(swapped), "malformed");
  await refused(new ExpertHandshake(CONTEXT, ada).takeOffer(payloadOf({ ...renamed, to: [second] })), "no-device");
});

test("an offer of somebody else's in an answered call", async () => {
  const { visitor, expert, offer, ofAda, ofEdge } = await call(all, CONTEXT, { expert: ADA });
  await expert.takeOffer(offer);
  await visitor.takeAnswer(await expert.answer("one", ofAda), ADA);
  const guessed = { connection: "two", sdp: ofEdge, continuity: toBase64url(new Uint8Array(32)) };
  await refused(expert.takeOffer((await new Adversary(ben).offer([ada], guessed)).payload), "continuity");
});

test("what the visitor's offer says is not changed into an answer, nor an answer into an offer", async () => {
  const { visitor, expert, offer, ofAda } = await call(all);
  await expert.takeOffer(offer);
  const answer = await expert.answer("one", ofAda);
  await refused(visitor.takeAnswer(offer, ADA), "malformed");
  await refused(visitor.takeAnswer(payloadOf({ ...outer(offer), type: "answer" }), ADA), "malformed");
  await refused(expert.takeOffer(answer), "malformed");
});

test("other versions, plain payloads, and fields more or less", async () => {
  const { visitor, expert, offer, ofAda } = await call(all);
  await refused(expert.takeOffer(payloadOf({ type: "offer", connection: "one", sdp: ofAda })), "unsealed");
  await expert.takeOffer(offer);
  const answer = outer(await expert.answer("one", ofAda));
  const { v: _, ...unversioned } = answer;
  await refused(visitor.takeAnswer(payloadOf(unversioned), ADA), "unsealed");
  for (const v of [0, 2, 1.5, "1", true, null, [1]]) {
    assert.throws(() => kindOf(payloadOf({ ...answer, v })), CheckFailed);
    await refused(visitor.takeAnswer(payloadOf({ ...answer, v }), ADA), "version");
  }
  await refused(visitor.takeAnswer(payloadOf({ ...answer, extra: 1 }), ADA), "malformed");
  for (const name of Object.keys(answer).filter((name) => name !== "v")) {
    const { [name]: _, ...stripped } = answer;
    await refused(visitor.takeAnswer(payloadOf(stripped), ADA), "malformed");
  }
  for (const payload of ["", "%%%", payloadOf(null), payloadOf([answer]), payloadOf("answer"), `${payloadOf(answer)}=`])
    await refused(visitor.takeAnswer(payload, ADA), "malformed", "unsealed");
  assert.ok(await visitor.takeAnswer(payloadOf(answer), ADA), "none of it has spoilt the right one");
});

test("another connection in the answer", async () => {
  const { visitor, offer, ofEdge } = await call(all);
  const edge = new Adversary(ben);
  const { facts } = await edge.read(offer);
  const answer = await edge.answerAs({ ...facts, connection: "two" }, ben, ofEdge);
  await refused(visitor.takeAnswer(answer, BEN), "malformed");
});

test("descriptions without their one fingerprint", async () => {
  const ofEdge = await fixtures.description("edge");
  const other = await fixtures.description("other");
  for (const sdp of [
    "v=0\r\n",
    ofEdge.replaceAll("sha-256", "sha-1"),
    ofEdge + other,
    ofEdge.replaceAll("fingerprint:sha-256 ", "fingerprint:sha-256 00:"),
  ]) {
    const { visitor, offer } = await call(all);
    const edge = new Adversary(ben);
    const { facts } = await edge.read(offer);
    // Signed by a certified device, over the first fingerprint that it might be taken for.
    const answer = await edge.answer(facts, {
      connection: "one",
      sdp,
      nonce: toBase64url(new Uint8Array(32)),
      device: ben.certificate,
      approver: ben.approver,
    });
    await refused(visitor.takeAnswer(answer, BEN), "fingerprint");
    await refused(visitor.offer("two", sdp), "fingerprint");
  }
});

test("a call key of small order", async () => {
  for (const enc of ["00".repeat(32), `01${"00".repeat(31)}`]) {
    const { visitor, expert, offer, ofAda } = await call(all);
    await expert.takeOffer(offer);
    const answer = outer(await expert.answer("one", ofAda));
    await refused(visitor.takeAnswer(payloadOf({ ...answer, enc: toBase64url(fromHex(enc)) }), ADA), "malformed");
  }
});

test("signals of others, again, reflected, out of order, after a swap of keys", async () => {
  const { visitor, expert, offer, ofAda } = await call(all);
  await expert.takeOffer(offer);
  await visitor.takeAnswer(await expert.answer("one", ofAda), ADA);
  const message: Message = { type: "candidates", connection: "one", candidates: [] };
  const [first, second] = [await visitor.seal(message), await visitor.seal(message)];
  assert.equal(await visitor.open(second), undefined, "reflected");
  assert.equal(await expert.open(payloadOf({ ...outer(first), n: 9 })), undefined, "renumbered");
  assert.equal(await expert.open(payloadOf({ ...outer(second), n: 0 })), undefined, "renumbered");
  assert.deepEqual(await expert.open(second), message);
  assert.equal(await expert.open(first), undefined, "late");
  assert.equal(await expert.open(second), undefined, "again");
  const elsewhere = await call(all, OTHER_CALL);
  await elsewhere.expert.takeOffer(elsewhere.offer);
  await elsewhere.visitor.takeAnswer(await elsewhere.expert.answer("one", elsewhere.ofAda), ADA);
  assert.equal(await expert.open(await elsewhere.visitor.seal(message)), undefined, "of another call");
  await refused(expert.open(payloadOf(message)), "unsealed");
  await refused(visitor.open(payloadOf({ type: "restart" })), "unsealed");
  await refused(visitor.open(payloadOf({ v: 2, type: "restart" })), "version");
  await refused(visitor.open(payloadOf({ v: 1, type: "restart", sdp: "" })), "malformed");
  for (const n of [-1, 0.5, 2 ** 53]) await refused(expert.open(payloadOf({ ...outer(first), n })), "malformed");
});

test("candidates of others while it rings", async () => {
  const { visitor, expert, offer } = await call(all);
  await expert.takeOffer(offer);
  const early = await visitor.seal({ type: "candidates", connection: "one", candidates: [] });
  const elsewhere = await call(all);
  assert.equal(await elsewhere.expert.open(early), undefined);
  await elsewhere.expert.takeOffer(elsewhere.offer);
  assert.equal(await elsewhere.expert.open(early), undefined);
  assert.ok(await expert.open(early));
});

test("any byte of an offer changed", async () => {
  const { expert, offer } = await call(all, CONTEXT, { expert: ADA });
  for (const changed of flipped(offer, 3)) await assert.rejects(expert.takeOffer(changed), CheckFailed);
  const { to } = outer(offer) as { to: [[string, string]] };
  for (const wrapped of flipped(to[0][1], 5)) {
    const changed = payloadOf({ ...outer(offer), to: [[to[0][0], wrapped]] });
    await assert.rejects(expert.takeOffer(changed), CheckFailed);
  }
  const { box } = outer(offer) as { box: string };
  for (const other of flipped(box, 5))
    await assert.rejects(expert.takeOffer(payloadOf({ ...outer(offer), box: other })), CheckFailed);
  assert.ok(await expert.takeOffer(offer));
});

test("any byte of an answer changed", async () => {
  // Each needs a call of its own: an answer that is not good spends the offer.
  for (let at = 0; at < 20; at++) {
    const { visitor, expert, offer, ofAda } = await call(all);
    await expert.takeOffer(offer);
    const answer = await expert.answer("one", ofAda);
    const whole = [...flipped(answer, 1)];
    await assert.rejects(visitor.takeAnswer(whole[Math.floor((at * whole.length) / 20)] ?? "", ADA), CheckFailed);
    for (const name of ["box", "enc"]) {
      const other = await call(all);
      await other.expert.takeOffer(other.offer);
      const members = outer(await other.expert.answer("one", other.ofAda));
      const changed = [...flipped(members[name] as string, 1)];
      const value = changed[Math.floor((at * changed.length) / 20)];
      await refused(other.visitor.takeAnswer(payloadOf({ ...members, [name]: value }), ADA), "malformed");
    }
  }
});

/** Binary in base64url with a bit of every so many-th byte flipped, one at a time. */
function* flipped(encoded: string, step: number): Generator<string> {
  const bytes = binary(encoded);
  for (let at = 0; at < bytes.length; at += step) {
    const copy = bytes.slice();
    copy[at] = (copy[at] ?? 0) ^ (1 << (at % 8));
    yield toBase64url(copy);
  }
}

test("the edge reads nothing", async () => {
  const { visitor, expert, offer, ofVisitor, ofAda } = await call(all, CONTEXT, { expert: ADA });
  const candidate = "candidate:842163049 1 udp 1677729535 203.0.113.7 46154 typ srflx";
  const message: Message = { type: "candidates", connection: "one", candidates: [{ candidate }] };
  const early = await visitor.seal(message);
  await expert.takeOffer(offer);
  const answer = await expert.answer("one", ofAda);
  await visitor.takeAnswer(answer, ADA);
  const seen = [offer, early, answer, await visitor.seal(message), await expert.seal(message)];
  // Each so long that no ciphertext holds it by chance.
  const secrets = [
    ofVisitor,
    ofAda,
    candidate,
    visitor.continuity,
    "connection",
    "fingerprint",
    "Ada L",
    "203.0.113.7",
  ];
  for (const payload of seen) {
    const everything = decoded(payload);
    for (const secret of secrets) assert.ok(!everything.includes(secret), `${secret} in ${kindOf(payload)}`);
  }
  await refused(new ExpertHandshake(CONTEXT, ben).takeOffer(offer), "no-device");
});

/** All that is in a payload: its text, and what its binary values hold, to any depth. */
function decoded(text: string): string {
  let inner = "";
  for (const word of text.match(/[\w-]{16,}/g) ?? [])
    inner += decoded(Buffer.from(word, "base64url").toString("latin1"));
  return text + inner;
}
