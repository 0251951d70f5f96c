// Vectors of a call, a message left and short codes, with what is drawn by chance fixed.

import { hex, toBase64url } from "../call/bytes.ts";
import type { Message } from "../call/types.ts";
import { transcript } from "./answer.ts";
import { ShortCode } from "./code.ts";
import { type Bytes, binary, sha256, text } from "./encoding.ts";
import { fingerprintOf } from "./fingerprint.ts";
import * as fixtures from "./fixtures.ts";
import { ADA, BEN, CALL, CONTEXT, NOW, ORGANISATION, publicKey } from "./fixtures.ts";
import { ExpertHandshake, VisitorHandshake } from "./handshake.ts";
import { sealMessage } from "./message.ts";
import { openOffer } from "./offer.ts";
import { deviceId } from "./statements.ts";

export async function handshake(): Promise<object> {
  const device = await fixtures.deviceOf("ada");
  const trust = await fixtures.bundle(device);
  const [ofVisitor, ofExpert] = [await fixtures.description("visitor"), await fixtures.description("ada")];
  const early: Message = { type: "candidates", connection: "one", candidates: [{ candidate: "candidate:1 1 udp 1" }] };
  const restart: Message = { type: "restart", connection: "one" };
  const made = await withoutChance(async (drawn) => {
    const visitor = await VisitorHandshake.create(CONTEXT, trust, [await publicKey("site")], { now: fixtures.now });
    const expert = new ExpertHandshake(CONTEXT, device);
    const offer = await visitor.offer("one", ofVisitor);
    await expert.takeOffer(offer);
    const sealedEarly = await visitor.seal(early);
    const answer = await expert.answer("one", ofExpert);
    await visitor.takeAnswer(answer, ADA);
    return {
      drawn: drawn(),
      offer,
      early: sealedEarly,
      answer,
      fromVisitor: await visitor.seal(early),
      fromExpert: await expert.seal(restart),
    };
  });
  const own = await deviceId(await publicKey("ada signing"));
  const { facts } = await openOffer(CONTEXT, own, device.sealing, made.offer);
  const outer = JSON.parse(text(binary(made.answer))) as { enc: string };
  const { callKey, expertNonce } = made.drawn;
  const signedTranscript = await transcript(
    CONTEXT,
    facts,
    binary(outer.enc),
    ofExpert,
    expertNonce,
    device.certificate,
  );
  return {
    organisation: ORGANISATION,
    call: CALL,
    now: NOW,
    site_keys: [await publicKey("site")],
    trust,
    device: own,
    sealing_key: toBase64url(await fixtures.seed("ada sealing")),
    connection: "one",
    visitor: {
      sdp: ofVisitor,
      fingerprint: fingerprintOf(ofVisitor),
      call_key: toBase64url(callKey),
      nonce: toBase64url(facts.nonce),
      continuity: facts.continuity,
    },
    expert: { sdp: ofExpert, fingerprint: fingerprintOf(ofExpert), nonce: toBase64url(expertNonce) },
    offer: made.offer,
    offer_hash: toBase64url(facts.hash),
    early: { payload: made.early, message: early },
    answer: made.answer,
    transcript: toBase64url(signedTranscript),
    transcript_hash: hex(await sha256(signedTranscript)),
    signals: [
      { from: "visitor", payload: made.fromVisitor, message: early },
      { from: "expert", payload: made.fromExpert, message: restart },
    ],
  };
}

export async function message(): Promise<object> {
  const device = await fixtures.deviceOf("ada");
  const trust = await fixtures.bundle(device);
  const content = {
    name: "Vera",
    contact: "vera@example.org",
    text: "Bitte rufen Sie mich an.",
    page: { url: "https://example.org/kontakt", title: "Kontakt" },
    language: "de",
  };
  const context = { organisation: ORGANISATION, message: BEN };
  const payload = await withoutChance(async () =>
    sealMessage(context, trust, [await publicKey("site")], content, ADA, fixtures.now),
  );
  return { ...context, sealing_key: toBase64url(await fixtures.seed("ada sealing")), content, payload };
}

/** What was drawn in a handshake that cannot be seen from outside. */
interface Drawn {
  /** The visitor's private call key. */
  callKey: Bytes;
  expertNonce: Bytes;
}

/** Runs with keys and random values that are the same each time. */
async function withoutChance<T>(run: (drawn: () => Drawn) => Promise<T>): Promise<T> {
  const generated: Bytes[] = [];
  const values: Bytes[] = [];
  const { getRandomValues } = crypto;
  const { generateKey } = crypto.subtle;
  let next = await fixtures.seed("chance");
  const draw = async (): Promise<Bytes> => (next = await sha256(next));
  const pool: Bytes[] = [];
  for (let at = 0; at < 16; at++) pool.push(await draw());
  const own = { configurable: true, writable: true };
  Object.defineProperty(crypto, "getRandomValues", {
    ...own,
    value: (into: Uint8Array) => {
      const value = pool.shift();
      if (!value || into.length !== 32) throw new Error("only 32 bytes, and not for long");
      values.push(value);
      into.set(value);
      return into;
    },
  });
  Object.defineProperty(crypto.subtle, "generateKey", {
    ...own,
    value: async () => {
      const value = await draw();
      generated.push(value);
      return fixtures.keyPair("X25519", value);
    },
  });
  try {
    // The visitor's call key is the first; the expert's nonce the last.
    return await run(() => ({ callKey: generated[0] as Bytes, expertNonce: values.at(-1) as Bytes }));
  } finally {
    Object.defineProperty(crypto, "getRandomValues", { ...own, value: getRandomValues });
    Object.defineProperty(crypto.subtle, "generateKey", { ...own, value: generateKey });
  }
}

export async function code(): Promise<object[]> {
  const ids = [ADA, BEN, CALL, ORGANISATION];
  return Promise.all(
    [2, 3, 4].map(async (size) => {
      const members = await Promise.all(
        ids.slice(0, size).map(async (member, at) => ({
          id: member,
          fingerprint: hex(await fixtures.seed(`certificate of member ${at}`)),
          secret: await fixtures.seed(`secret of member ${at}`),
        })),
      );
      const set = members.map(({ id, fingerprint }) => ({ id, fingerprint }));
      const runs = members.map(({ id, secret }) => ({ id, run: new ShortCode(CALL, id, () => secret) }));
      let spoken = await Promise.all(
        runs.map(async ({ id, run }) => ({ from: id, messages: (await run.members(set)).messages })),
      );
      const commitments = spoken.flatMap(({ messages }) => messages);
      let agreed: string | undefined;
      while (spoken.some(({ messages }) => messages.length > 0)) {
        const heard = spoken;
        spoken = await Promise.all(
          runs.map(async ({ id, run }) => {
            const messages = [];
            for (const { from, messages: said } of heard)
              for (const one of from === id ? [] : said) {
                const step = await run.take(from, one);
                messages.push(...step.messages);
                agreed = step.code ?? agreed;
              }
            return { from: id, messages };
          }),
        );
      }
      return {
        call: CALL,
        members: members.map(({ id, fingerprint, secret }, at) => {
          const said = commitments[at];
          const commitment = said?.type === "code-commit" ? said.commitment : "";
          return { id, fingerprint, secret: toBase64url(secret), commitment };
        }),
        members_hash: commitments[0]?.members,
        code: agreed,
      };
    }),
  );
}
