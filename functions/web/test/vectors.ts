// The handshake's test vectors in a browser: its WebCrypto decides what is left for the client to check.

import { Chains } from "../src/trust/chain.ts";
import { checkSignature } from "../src/trust/ed25519.ts";
import { binary, fromHex } from "../src/trust/encoding.ts";
import { CheckFailed } from "../src/trust/failure.ts";
import { deviceOf } from "../src/trust/fixtures.ts";
import { ExpertHandshake, VisitorHandshake } from "../src/trust/handshake.ts";
import { toReceiver } from "../src/trust/hpke.ts";
import { enrolmentCode, type Label, verify } from "../src/trust/statements.ts";
import type { ChainVector } from "../src/trust/vectors-chains.ts";

interface Vectors {
  statements: { name: string; label: Label; statement: string }[];
  bad_statements: { name: string; label: Label; statement: string; reason: string }[];
  signatures: { name: string; key: string; message: string; signature: string; good: boolean }[];
  chains: ChainVector[];
  enrolment: { request: string; code: string }[];
  handshake: {
    organisation: string;
    call: string;
    now: number;
    site_keys: string[];
    trust: Parameters<typeof VisitorHandshake.create>[1];
    connection: string;
    offer: string;
    visitor: { sdp: string };
    expert: { sdp: string };
  };
}

const outcome = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "good",
    (error) => (error instanceof CheckFailed ? error.reason : String(error)),
  );

/** What differs from the vectors. */
async function check(vectors: Vectors): Promise<string[]> {
  const wrong: string[] = [];
  const expect = async (name: string, expected: string, promise: Promise<unknown>): Promise<void> => {
    const seen = await outcome(promise);
    if (seen !== expected) wrong.push(`${name}: ${seen} instead of ${expected}`);
  };
  for (const { name, label, statement } of vectors.statements) await expect(name, "good", verify(label, statement));
  for (const { name, label, statement, reason } of vectors.bad_statements)
    await expect(name, reason, verify(label, statement));
  for (const { name, key, message, signature, good } of vectors.signatures)
    await expect(name, good ? "good" : "signature", checkSignature(key, binary(signature), binary(message)));
  for (const { name, organisation, now, site_keys: siteKeys, device, result, seen, ...evidence } of vectors.chains) {
    const memory = new Map(seen === undefined ? [] : [[organisation, seen]]);
    await expect(name, result, new Chains(evidence, { organisation, siteKeys, now }, memory).device(device));
  }
  for (const { request, code } of vectors.enrolment)
    if ((await enrolmentCode(request)) !== code) wrong.push(`enrolment ${code}`);
  for (const key of ["00".repeat(32), `01${"00".repeat(31)}`, `ec${"ff".repeat(30)}7f`])
    await expect(`a sealing key of small order ${key}`, "malformed", toReceiver(fromHex(key), new Uint8Array(0)));
  wrong.push(...(await call(vectors.handshake)));
  return wrong;
}

/** The recorded offer opens here, and a call of this browser's own comes about. */
async function call({
  organisation,
  call,
  now,
  site_keys,
  trust,
  offer,
  ...ends
}: Vectors["handshake"]): Promise<string[]> {
  const context = { organisation, call };
  const ada = await deviceOf("ada");
  const recorded = await new ExpertHandshake(context, ada).takeOffer(offer);
  const options = { now: () => now * 1000 };
  const visitor = await VisitorHandshake.create(context, trust, site_keys, options);
  const expert = new ExpertHandshake(context, ada);
  const { fingerprint } = await expert.takeOffer(await visitor.offer("one", ends.visitor.sdp));
  const answered = await visitor.takeAnswer(
    await expert.answer("one", ends.expert.sdp),
    "0193a1b2-0000-7000-8000-000000000ada",
  );
  const same = recorded.sdp === ends.visitor.sdp && recorded.fingerprint === fingerprint;
  return same && answered?.sdp === ends.expert.sdp ? [] : ["the call"];
}

/** Which of the signatures that must be refused this browser takes by itself. */
async function taken(vectors: Vectors): Promise<string[]> {
  const names: string[] = [];
  for (const { name, key, message, signature, good } of vectors.signatures) {
    const verified = async (): Promise<boolean> => {
      const imported = await crypto.subtle.importKey("raw", binary(key), "Ed25519", false, ["verify"]);
      return crypto.subtle.verify("Ed25519", imported, binary(signature), binary(message));
    };
    if (!good && (await verified().catch(() => false))) names.push(name);
  }
  return names;
}

Object.assign(globalThis, { check, taken });
