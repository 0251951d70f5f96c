// What an edge can make with the keys that it really holds: its own, and those of whoever works with it.

import { transcript } from "../../../functions/web/src/trust/answer.ts";
import { firstCertificate } from "../../../functions/web/src/trust/approver.ts";
import { newSigningKey, publicPart, sign } from "../../../functions/web/src/trust/ed25519.ts";
import { fields, id, random, utf8 } from "../../../functions/web/src/trust/encoding.ts";
import { ExpertHandshake, VisitorHandshake } from "../../../functions/web/src/trust/handshake.ts";
import { newSealingKey, toReceiver } from "../../../functions/web/src/trust/hpke.ts";
import { openOffer } from "../../../functions/web/src/trust/offer.ts";
import { deviceId, make, read } from "../../../functions/web/src/trust/statements.ts";

export { ExpertHandshake, VisitorHandshake };

/** @typedef {import("../../../functions/web/src/trust/statements.ts").Statements} Statements */
/** @typedef {import("../../../functions/web/src/trust/handshake.ts").Device} Device */
/** @typedef {import("./stage.mjs").Stage} Stage */

export const DAY = 86_400;
export const now = () => Math.floor(Date.now() / 1000);

/** @param {string} payload */
export const unpack = (payload) => JSON.parse(Buffer.from(payload, "base64url").toString());
/** @param {unknown} message */
export const pack = (message) => Buffer.from(JSON.stringify(message)).toString("base64url");

/** Some bytes with one bit changed. @param {string} text base64url @param {number} [at] */
export function flip(text, at = 40) {
  const bytes = Buffer.from(text, "base64url");
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes.toString("base64url");
}

/**
 * A device with its keys here, certified by `approver` (by default the organisation's own, as if it had been fooled or
 * had made it for somebody who now works with the edge).
 *
 * @param {Stage} stage
 * @param {import("../../browser/harness/stack.mjs").Person} person
 * @param {{ altered?: Partial<Statements["device"]>, approver?: CryptoKeyPair, certificate?: string }} [options]
 * @returns {Promise<Device>}
 */
export async function device(stage, person, { altered = {}, approver = stage.trust.approver, certificate } = {}) {
  const [signing, sealing] = [await newSigningKey(), await newSealingKey()];
  const request = {
    organisation: stage.organisation.id,
    expert: person.id,
    signingKey: await publicPart(signing),
    sealingKey: await publicPart(sealing),
  };
  const names = { name: person.name, title: "Adviser", organisationName: "Garden Tools Ltd" };
  const values = firstCertificate(now(), read("approver", certificate ?? stage.trust.certificate), request, names);
  return {
    signing,
    sealing,
    certificate: await make("device", { ...values, ...altered }, approver.privateKey),
    approver: certificate ?? stage.trust.certificate,
  };
}

/**
 * An answer by a device that could open the offer, but with something else in the transcript than in the answer.
 *
 * @param {Stage} stage
 * @param {string} call
 * @param {Device} device
 * @param {string} offer the payload
 * @param {(facts: any) => string} sdp
 * @param {(signed: Uint8Array<ArrayBuffer>, facts: any) => Promise<Uint8Array<ArrayBuffer>> | Uint8Array<ArrayBuffer>} [alter] what is signed in the place of the transcript
 * @param {(sdp: string) => string} [show] the description in the place of the one in the transcript
 */
export async function answer(stage, call, device, offer, sdp, alter = (signed) => signed, show = (shown) => shown) {
  const context = { organisation: stage.organisation.id, call };
  const { signingKey } = read("device", device.certificate);
  const { content, facts } = await openOffer(context, await deviceId(signingKey), device.sealing, offer);
  const nonce = random(32);
  const description = sdp({ ...facts, sdp: content.sdp });
  const hpke = await toReceiver(facts.key, fields("visavis/v1/answer", id(context.organisation), id(call), facts.hash));
  const signed = await transcript(context, facts, hpke.enc, description, nonce, device.certificate);
  const signature = await sign(device.signing.privateKey, await alter(signed, facts));
  const inside = {
    connection: facts.connection,
    sdp: show(description),
    nonce: Buffer.from(nonce).toString("base64url"),
    device: device.certificate,
    approver: device.approver,
    signature: Buffer.from(signature).toString("base64url"),
  };
  return {
    v: 1,
    type: "answer",
    offer: Buffer.from(facts.hash).toString("base64url"),
    enc: Buffer.from(hpke.enc).toString("base64url"),
    box: Buffer.from(await hpke.seal(new Uint8Array(0), utf8(JSON.stringify(inside)))).toString("base64url"),
  };
}

/** The id of the call in a route. @param {string} route */
export const callOf = (route) => /\/calls\/([\w-]+)\//.exec(route)?.[1] ?? "";

/** An SDP answer that fits an offer in form, with a fingerprint of the edge's. @param {string} offer */
export function ownDescription(offer) {
  const digits = Array.from(random(32), (byte) => byte.toString(16).padStart(2, "0").toUpperCase()).join(":");
  return offer
    .replaceAll(/^a=fingerprint:.*$/gm, `a=fingerprint:sha-256 ${digits}`)
    .replaceAll("a=setup:actpass", "a=setup:active");
}

/** An answer's bytes with another representative of its signature's S: `S + L` (RFC 8032 section 5.1.7). @param {string} statement */
export function malleated(statement) {
  const L = 2n ** 252n + 27742317777372353535851937790883648493n;
  const bytes = Buffer.from(statement, "base64url");
  let s = 0n;
  for (let at = 31; at >= 0; at--) s = s * 256n + BigInt(bytes[bytes.length - 32 + at] ?? 0);
  s += L;
  for (let at = 0; at < 32; at++) {
    bytes[bytes.length - 32 + at] = Number(s % 256n);
    s /= 256n;
  }
  return bytes.toString("base64url");
}
