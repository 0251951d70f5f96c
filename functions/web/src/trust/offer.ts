// What the visitor's offer says inside, and what follows from its content key.

import { toBase64url } from "../call/bytes.ts";
import { visible } from "../call/visible.ts";
import { rawPublic } from "./ed25519.ts";
import { type Bytes, binary, fields, fromHex, id, object } from "./encoding.ts";
import { CheckFailed } from "./failure.ts";
import { fingerprintOf } from "./fingerprint.ts";
import type { CallContext } from "./handshake.ts";
import { expand, extract } from "./hpke.ts";
import { openAtDevice, sealToDevices } from "./recipients.ts";
import { Direction } from "./signals.ts";
import type { Statements } from "./statements.ts";

/** What both ends know of an offer. */
export interface OfferFacts {
  connection: string;
  /** The visitor's, in lower-case hexadecimal. */
  fingerprint: string;
  /** The visitor's call key. */
  key: Bytes;
  nonce: Bytes;
  continuity: string;
  /** SHA-256 of the box. */
  hash: Bytes;
  /** From visitor to experts until the answer. */
  early: Direction;
}

/** A colleague's proof of who rings; the lists are statements in base64url. */
export interface ColleagueProof {
  device: string;
  approvers: string[];
  successions: string[];
  revocations: string;
  signature: string;
}

/** What is in the box besides the call key and the nonce, which are bytes in {@link OfferFacts}. */
export interface OfferContent {
  connection: string;
  sdp: string;
  continuity: string;
  /** Of the visitor, where they have told one: at most 80 characters. */
  name?: string;
  colleague?: ColleagueProof;
  /** A guest's proof of having the link: 32 bytes. */
  guest?: string;
}

/** Who joins a call proves one or the other. */
export type JoinerProof = Pick<OfferContent, "colleague" | "guest">;

/** Characters. */
const LONGEST_NAME = 80;

export async function sealOffer(
  context: CallContext,
  devices: Statements["device"][],
  content: OfferContent,
  pair: CryptoKeyPair,
  nonce: Bytes,
  prove: (offer: Omit<OfferFacts, "hash" | "early">) => Promise<JoinerProof>,
): Promise<OfferFacts & { payload: string }> {
  const { connection, sdp, continuity } = content;
  const key = await rawPublic(pair.publicKey);
  const unsealed = { connection, fingerprint: fingerprintOf(sdp), key, nonce, continuity };
  const {
    payload,
    key: contentKey,
    hash,
  } = await sealToDevices(about(context), devices, {
    ...content,
    key: toBase64url(key),
    nonce: toBase64url(nonce),
    ...(await prove(unsealed)),
  });
  return { ...unsealed, hash, early: await earlySignals(context, contentKey, hash), payload };
}

/** Throws `CheckFailed`; `no-device` when it is not sealed to this device. */
export async function openOffer(
  context: CallContext,
  device: string,
  sealing: CryptoKeyPair,
  payload: string,
): Promise<{ content: OfferContent; facts: OfferFacts }> {
  const { content: json, key: contentKey, hash } = await openAtDevice(about(context), device, sealing, payload);
  const read = object(json, {
    connection: "string",
    sdp: "string",
    key: "string",
    nonce: "string",
    continuity: "string",
    name: "string?",
    colleague: "object?",
    guest: "string?",
  });
  const { name, ...told } = read as unknown as OfferContent;
  const { connection, sdp, continuity, colleague, guest } = told;
  binary(continuity, 32);
  if (guest !== undefined) binary(guest, 32);
  if (name !== undefined && [...name].length > LONGEST_NAME) throw new CheckFailed("malformed");
  if (colleague) {
    object(colleague, {
      device: "string",
      approvers: "array",
      successions: "array",
      revocations: "string",
      signature: "string",
    });
    if (![...colleague.approvers, ...colleague.successions].every((one) => typeof one === "string"))
      throw new CheckFailed("malformed");
  }
  const key = binary(read["key"], 32);
  const nonce = binary(read["nonce"], 32);
  const early = await earlySignals(context, contentKey, hash);
  // Cleaned and not refused: what is in it need not be meant badly.
  const content = name === undefined ? told : { ...told, name: visible(name) };
  return { content, facts: { connection, fingerprint: fingerprintOf(sdp), key, nonce, continuity, hash, early } };
}

/** What a colleague signs to prove who rings. */
export function colleagueStatement(context: CallContext, offer: Omit<OfferFacts, "hash" | "early">): Bytes {
  return joinerStatement("visavis/v1/colleague", context, offer);
}

/** The proof of a guest that they have the link: HMAC-SHA-256 under the link's key. */
export function guestProof(
  linkKey: Bytes,
  context: CallContext,
  offer: Omit<OfferFacts, "hash" | "early">,
): Promise<Bytes> {
  // HKDF's first step is just that.
  return extract(linkKey, joinerStatement("visavis/v1/guest", context, offer));
}

function joinerStatement(
  label: string,
  { organisation, call }: CallContext,
  { connection, fingerprint, key, nonce }: Omit<OfferFacts, "hash" | "early">,
): Bytes {
  return fields(label, id(organisation), id(call), connection, fromHex(fingerprint), key, nonce);
}

async function earlySignals({ organisation, call }: CallContext, contentKey: Bytes, hash: Bytes): Promise<Direction> {
  const scope = [id(organisation), id(call)];
  const prk = await extract(new Uint8Array(0), contentKey);
  return new Direction("early", await expand(prk, fields("visavis/v1/early", ...scope, hash)), scope);
}

const about = ({ organisation, call }: CallContext) => ({ type: "offer", organisation, about: call }) as const;
