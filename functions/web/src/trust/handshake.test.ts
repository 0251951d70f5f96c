import assert from "node:assert/strict";
import { test } from "node:test";

import type { Message } from "../call/types.ts";
import { CheckFailed } from "./failure.ts";
import { ADA, BEN, bundle, CONTEXT, description, deviceOf, now, publicKey } from "./fixtures.ts";
import { ExpertHandshake, kindOf, VisitorHandshake } from "./handshake.ts";
import { guestProof } from "./offer.ts";

const fails = (reason: string) => (error: unknown) => error instanceof CheckFailed && error.reason === reason;
const candidates: Message = { type: "candidates", connection: "one", candidates: [{ candidate: "candidate:1" }] };

async function ends(options: { continuity?: string } = {}) {
  const ada = await deviceOf("ada");
  const ben = await deviceOf("ben", { expert: BEN, name: "Ben" });
  const trust = await bundle(ada, ben);
  const visitor = await VisitorHandshake.create(CONTEXT, trust, [await publicKey("site")], { now, ...options });
  return {
    visitor,
    ada: new ExpertHandshake(CONTEXT, ada),
    ben: new ExpertHandshake(CONTEXT, ben),
    ofVisitor: await description("visitor"),
    ofAda: await description("ada"),
  };
}

async function answered() {
  const all = await ends();
  const offer = await all.visitor.offer("one", all.ofVisitor);
  const offered = await all.ada.takeOffer(offer);
  const answer = await all.ada.answer("one", all.ofAda);
  const taken = await all.visitor.takeAnswer(answer, ADA);
  return { ...all, offer, offered, answer, taken };
}

test("an answered call: both know the other's fingerprint, the visitor who it is", async () => {
  const { visitor, offer, offered, answer, taken, ofVisitor, ofAda } = await answered();
  assert.equal(kindOf(offer), "offer");
  assert.equal(kindOf(answer), "answer");
  assert.equal(offered.sdp, ofVisitor);
  assert.equal(offered.continuity, visitor.continuity);
  assert.equal(taken?.sdp, ofAda);
  assert.deepEqual(taken?.peer, { expert: ADA, name: "Ada Löwe", title: "Beratung", organisation: "Seeblick AG" });
  assert.ok(ofAda.replaceAll(":", "").toLowerCase().includes(taken.fingerprint));
  assert.ok(ofVisitor.replaceAll(":", "").toLowerCase().includes(offered.fingerprint));
});

test("candidates go early to all who ring, signals to who has answered", async () => {
  const { visitor, ada, ben, ofVisitor, ofAda } = await ends();
  const offer = await visitor.offer("one", ofVisitor);
  await ada.takeOffer(offer);
  await ben.takeOffer(offer);
  const early = await visitor.seal(candidates);
  assert.equal(kindOf(early), "early");
  assert.deepEqual(await ada.open(early), candidates);
  assert.deepEqual(await ben.open(early), candidates);
  assert.equal(await ada.open(early), undefined, "again");
  const answer = await ada.answer("one", ofAda);
  const late = await visitor.seal(candidates);
  assert.deepEqual(await ada.open(late), candidates, "on its way when she answered");
  await visitor.takeAnswer(answer, ADA);
  const signals = await Promise.all([1, 2, 3].map(() => visitor.seal(candidates)));
  for (const signal of signals) {
    assert.equal(kindOf(signal), "signal");
    assert.deepEqual(await ada.open(signal), candidates);
    assert.equal(await ben.open(signal), undefined);
    assert.equal(await visitor.open(signal), undefined, "reflected");
    assert.equal(await ada.open(signal), undefined, "again");
  }
  assert.deepEqual(await visitor.open(await ada.seal({ type: "restart", connection: "one" })), {
    type: "restart",
    connection: "one",
  });
});

test("an ICE restart keeps the certificate", async () => {
  const { visitor, ada, ofVisitor } = await answered();
  const restart: Message = { type: "offer", connection: "one", sdp: `${ofVisitor}a=ice-options:trickle\r\n` };
  assert.deepEqual(await ada.open(await visitor.seal(restart)), restart);
  const swapped: Message = { type: "offer", connection: "one", sdp: await description("somebody") };
  await assert.rejects(ada.open(await visitor.seal(swapped)), fails("fingerprint"));
  await assert.rejects(visitor.open(await ada.seal({ ...swapped, type: "answer" })), fails("fingerprint"));
});

test("an answer is for one offer, from whom the service says, and from whom was asked for", async () => {
  const { visitor, ada, answer, taken, ofVisitor, ofAda } = await answered();
  assert.equal(await visitor.takeAnswer(answer, ADA), taken, "the same again");
  await assert.rejects(visitor.takeAnswer(await ada.answer("one", ofAda), ADA), fails("second-answer"));
  for (const [answeredBy, wanted] of [
    [BEN, undefined],
    [ADA, BEN],
  ] as const) {
    await ada.takeOffer(await visitor.offer("two", ofVisitor));
    await assert.rejects(visitor.takeAnswer(await ada.answer("two", ofAda), answeredBy, wanted), fails("wrong-expert"));
  }
});

test("an answer to an earlier offer has no effect, a strange one ends the call", async () => {
  const { visitor, ada, ofVisitor, ofAda } = await ends();
  await ada.takeOffer(await visitor.offer("one", ofVisitor));
  const early = await ada.answer("one", ofAda);
  const second = await visitor.offer("two", ofVisitor, ADA);
  assert.equal(await visitor.takeAnswer(early, ADA), undefined);
  await ada.takeOffer(second);
  assert.ok(await visitor.takeAnswer(await ada.answer("two", ofAda), ADA));
  const other = await answered();
  const fresh = await ends();
  await fresh.visitor.offer("one", ofVisitor);
  await assert.rejects(fresh.visitor.takeAnswer(other.answer, ADA), fails("second-answer"));
  const reloaded = await ends({ continuity: visitor.continuity });
  assert.equal(await reloaded.visitor.takeAnswer(other.answer, ADA), undefined);
});

test("only the same visitor starts an answered call anew", async () => {
  const { visitor, ada, offer, ofVisitor, ofAda } = await answered();
  const reloaded = (await ends({ continuity: visitor.continuity })).visitor;
  await ada.takeOffer(await reloaded.offer("two", ofVisitor));
  assert.ok(await reloaded.takeAnswer(await ada.answer("two", ofAda), ADA));
  const somebody = (await ends()).visitor;
  await assert.rejects(ada.takeOffer(await somebody.offer("three", ofVisitor)), fails("continuity"));
  await assert.rejects(ada.takeOffer(offer), TypeError, "replayed");
  const desk = new ExpertHandshake(CONTEXT, await deviceOf("ada"), { continuity: visitor.continuity });
  await assert.rejects(desk.takeOffer(await somebody.offer("four", ofVisitor)), fails("continuity"));
});

test("a desk that was reloaded asks for a new handshake, and is heard every two seconds", async () => {
  let time = now();
  const ada = await deviceOf("ada");
  const visitor = await VisitorHandshake.create(CONTEXT, await bundle(ada), [await publicKey("site")], {
    now: () => time,
  });
  const restart = await new ExpertHandshake(CONTEXT, ada).seal({ type: "restart" });
  assert.deepEqual(await visitor.open(restart), { type: "restart" });
  assert.equal(await visitor.open(restart), undefined);
  time += 2000;
  assert.deepEqual(await visitor.open(restart), { type: "restart" });
});

test("nothing plain and no other version is accepted", async () => {
  const { visitor, ada, answer } = await answered();
  const payload = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const plain = payload(candidates);
  assert.equal(kindOf(plain), "plain");
  await assert.rejects(visitor.open(plain), fails("unsealed"));
  await assert.rejects(ada.open(plain), fails("unsealed"));
  await assert.rejects(
    visitor.takeAnswer(payload({ type: "answer", connection: "one", sdp: "" }), ADA),
    fails("unsealed"),
  );
  const stripped = { ...JSON.parse(Buffer.from(answer, "base64url").toString()) };
  for (const v of [0, 2, "1", null])
    await assert.rejects(visitor.takeAnswer(payload({ ...stripped, v }), ADA), fails("version"));
  await assert.rejects(visitor.takeAnswer(payload({ ...stripped, more: 1 }), ADA), fails("malformed"));
});

test("a colleague who joins is certified too", async () => {
  const [ada, ben] = [await deviceOf("ada"), await deviceOf("ben", { expert: BEN, name: "Ben" })];
  const trust = await bundle(ada);
  const joining = await VisitorHandshake.create(CONTEXT, trust, [await publicKey("site")], { now, device: ben });
  const inviting = new ExpertHandshake(CONTEXT, ada, { now });
  const offered = await inviting.takeOffer(await joining.offer("one", await description("ben")));
  assert.deepEqual(offered.colleague?.name, "Ben");
  const stranger = await deviceOf("eve");
  stranger.certificate = ben.certificate;
  const eve = await VisitorHandshake.create(CONTEXT, trust, [await publicKey("site")], { now, device: stranger });
  await assert.rejects(inviting.takeOffer(await eve.offer("two", await description("eve"))), fails("signature"));
});

test("with nobody certified there is nobody to ring", async () => {
  const siteKeys = [await publicKey("site")];
  await assert.rejects(VisitorHandshake.create(CONTEXT, undefined, siteKeys, { now }), fails("no-device"));
  await assert.rejects(VisitorHandshake.create(CONTEXT, await bundle(), siteKeys, { now }), fails("no-device"));
  const { visitor, ofVisitor } = await ends();
  await assert.rejects(visitor.offer("one", ofVisitor, CONTEXT.call), fails("no-device"));
});

test("who joins an authenticated call has a link that the expert made, or a certificate", async () => {
  const ada = await deviceOf("ada");
  const trust = await bundle(ada, await deviceOf("ben", { expert: BEN, name: "Ben" }));
  const siteKeys = [await publicKey("site")];
  const linkKey = new Uint8Array(32).fill(7);
  const joins = async (options: object) => {
    const visitor = await VisitorHandshake.create(CONTEXT, trust, siteKeys, { now, ...options });
    const expert = new ExpertHandshake(CONTEXT, ada, { now, linkKeys: () => [new Uint8Array(32), linkKey] });
    return { expert, offer: await visitor.offer("one", await description("visitor"), undefined, "Gustav") };
  };
  const guest = await joins({ linkKey });
  const { name, colleague } = await guest.expert.takeOffer(guest.offer);
  assert.deepEqual([name, colleague], ["Gustav", undefined]);
  const device = await deviceOf("ben", { expert: BEN, name: "Ben" });
  const certified = await joins({ device });
  assert.equal((await certified.expert.takeOffer(certified.offer)).colleague?.expert, BEN);
  // An edge knows all but the key in the link: it makes the invitation.
  for (const options of [{}, { linkKey: new Uint8Array(32).fill(8) }]) {
    const stranger = await joins(options);
    await assert.rejects(stranger.expert.takeOffer(stranger.offer), fails("signature"));
  }
});

test("the proof of a guest is of one call and one connection", async () => {
  const ada = await deviceOf("ada");
  const trust = await bundle(ada);
  const siteKeys = [await publicKey("site")];
  const linkKey = new Uint8Array(32).fill(7);
  const other = { ...CONTEXT, call: "0190c2a4-0000-7000-8000-00000000cccc" };
  const visitor = await VisitorHandshake.create(other, trust, siteKeys, { now, linkKey });
  const facts = { connection: "one", fingerprint: "ab".repeat(32), key: new Uint8Array(32), nonce: new Uint8Array(32) };
  const proofs = await Promise.all(
    [
      guestProof(linkKey, CONTEXT, { ...facts, continuity: "" }),
      guestProof(linkKey, other, { ...facts, continuity: "" }),
      guestProof(linkKey, CONTEXT, { ...facts, connection: "two", continuity: "" }),
      guestProof(linkKey, CONTEXT, { ...facts, fingerprint: "cd".repeat(32), continuity: "" }),
      guestProof(linkKey, CONTEXT, { ...facts, nonce: new Uint8Array(32).fill(1), continuity: "" }),
    ].map(async (proof) => Buffer.from(await proof).toString("hex")),
  );
  assert.equal(new Set(proofs).size, proofs.length);
  const expert = new ExpertHandshake(CONTEXT, ada, { linkKeys: () => [linkKey] });
  await assert.rejects(expert.takeOffer(await visitor.offer("one", await description("visitor"))), CheckFailed);
});

test("a visitor's name is opened without what is not seen, and nobody is refused for it", async () => {
  const { visitor, ada, ofVisitor } = await ends();
  const offer = await visitor.offer("one", ofVisitor, undefined, "\u202eAda\u200b Löwe\u0000");
  assert.equal((await ada.takeOffer(offer)).name, "Ada Löwe");
});
