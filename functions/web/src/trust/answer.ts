// The expert's answer: the transcript of the call, signed by the device, sealed to the visitor's call key.

import { toBase64url } from "../call/bytes.ts";
import type { Chains } from "./chain.ts";
import { checkSignature, sign } from "./ed25519.ts";
import { type Bytes, binary, fields, fromHex, id, object, parseJson, random, sha256, utf8 } from "./encoding.ts";
import { fromPayload, toPayload } from "./envelope.ts";
import { CheckFailed } from "./failure.ts";
import { fingerprintOf } from "./fingerprint.ts";
import type { CallContext, Device } from "./handshake.ts";
import { type Context, fromSender, toReceiver } from "./hpke.ts";
import type { OfferFacts } from "./offer.ts";
import { Direction } from "./signals.ts";
import type { Statements } from "./statements.ts";

/** What both ends share once a call is answered. */
export interface Agreed {
  connection: string;
  /** Of each side's DTLS certificate, in lower-case hexadecimal. */
  fingerprints: Record<Role, string>;
  /** By who sends. */
  signals: Record<Role, Direction>;
}

export type Role = "visitor" | "expert";

/** What is in the box. */
interface AnswerContent {
  connection: string;
  sdp: string;
  nonce: string;
  device: string;
  approver: string;
  succession?: string;
  signature: string;
}

const NOTHING = new Uint8Array(0);

export async function sealAnswer(
  context: CallContext,
  offer: OfferFacts,
  sdp: string,
  { signing, certificate, approver, succession }: Device,
): Promise<{ payload: string; agreed: Agreed }> {
  const nonce = random(32);
  const hpke = await toReceiver(offer.key, info(context, offer));
  const content: AnswerContent = {
    connection: offer.connection,
    sdp,
    nonce: toBase64url(nonce),
    device: certificate,
    approver,
    ...(succession === undefined ? {} : { succession }),
    signature: toBase64url(
      await sign(signing.privateKey, await transcript(context, offer, hpke.enc, sdp, nonce, certificate)),
    ),
  };
  const payload = toPayload("answer", {
    offer: toBase64url(offer.hash),
    enc: toBase64url(hpke.enc),
    box: toBase64url(await hpke.seal(NOTHING, utf8(JSON.stringify(content)))),
  });
  return { payload, agreed: await agree(context, offer, hpke, sdp) };
}

/** The hash of the offer that an answer says it belongs to, in base64url. Throws `CheckFailed`. */
export function offerAnswered(payload: string): string {
  return fromPayload("answer", payload, SHAPE)["offer"] as string;
}

const SHAPE = { offer: "string", enc: "string", box: "string" };

/**
 * Opens an answer and checks everything about it. `pair` is the visitor's call key; `chains` makes the checks with the
 * statements that the answer adds; `experts` are those who it may be. Throws `CheckFailed`.
 */
export async function openAnswer(
  context: CallContext,
  offer: OfferFacts,
  pair: CryptoKeyPair,
  payload: string,
  chains: (approver: string, succession?: string) => Chains,
  experts: string[],
): Promise<{ sdp: string; device: Statements["device"]; agreed: Agreed }> {
  const { enc, box } = fromPayload("answer", payload, SHAPE);
  const hpke = await fromSender(pair, binary(enc, 32), info(context, offer));
  const json = object(parseJson(await hpke.open(NOTHING, binary(box))), {
    connection: "string",
    sdp: "string",
    nonce: "string",
    device: "string",
    approver: "string",
    succession: "string?",
    signature: "string",
  });
  const { connection, sdp, nonce, device, approver, succession, signature } = json as unknown as AnswerContent;
  if (connection !== offer.connection) throw new CheckFailed("malformed");
  const certified = await chains(approver, succession).device(device);
  if (experts.some((expert) => expert !== certified.expert)) throw new CheckFailed("wrong-expert");
  const signed = await transcript(context, offer, hpke.enc, sdp, binary(nonce, 32), device);
  await checkSignature(certified.signingKey, binary(signature, 64), signed);
  return { sdp, device: certified, agreed: await agree(context, offer, hpke, sdp) };
}

/** What the expert's device signs. */
export async function transcript(
  { organisation, call }: CallContext,
  offer: OfferFacts,
  expertKey: Bytes,
  sdp: string,
  nonce: Bytes,
  certificate: string,
): Promise<Bytes> {
  return fields(
    "visavis/v1/call",
    id(organisation),
    id(call),
    offer.connection,
    "visitor",
    "expert",
    fromHex(offer.fingerprint),
    fromHex(fingerprintOf(sdp)),
    offer.key,
    expertKey,
    offer.nonce,
    nonce,
    offer.hash,
    await sha256(utf8(sdp)),
    await sha256(binary(certificate)),
  );
}

async function agree(context: CallContext, offer: OfferFacts, hpke: Context, sdp: string): Promise<Agreed> {
  const { organisation, call } = context;
  const { connection } = offer;
  const direction = async (role: Role): Promise<Direction> =>
    new Direction("signal", await hpke.export(`visavis/v1/signals/${role}`), [
      id(organisation),
      id(call),
      connection,
      role,
    ]);
  return {
    connection,
    fingerprints: { visitor: offer.fingerprint, expert: fingerprintOf(sdp) },
    signals: { visitor: await direction("visitor"), expert: await direction("expert") },
  };
}

function info({ organisation, call }: CallContext, { hash }: OfferFacts): Bytes {
  return fields("visavis/v1/answer", id(organisation), id(call), hash);
}
