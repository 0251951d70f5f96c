// What is sealed once under a content key, and that key wrapped for each of several devices.

import { toBase64url } from "../call/bytes.ts";
import type { Id } from "../call/types.ts";
import { type Bytes, binary, concat, fields, id, parseJson, random, sha256, utf8 } from "./encoding.ts";
import { fromPayload, toPayload } from "./envelope.ts";
import { CheckFailed } from "./failure.ts";
import { fromSender, openAead, sealAead, toReceiver } from "./hpke.ts";
import { deviceId, type Statements } from "./statements.ts";

/** What it belongs to: `about` is the call's id, or the message's. */
export interface About {
  type: "offer" | "message";
  organisation: Id;
  about: Id;
}

export interface Sealed {
  payload: string;
  /** The content key. */
  key: Bytes;
  /** SHA-256 of the box. */
  hash: Bytes;
}

const NONCE = new Uint8Array(12);
/** The length of HPKE's `enc`. */
const ENC = 32;

export async function sealToDevices(about: About, devices: Statements["device"][], content: object): Promise<Sealed> {
  const key = random(32);
  const box = await sealAead(key, NONCE, scope(about), utf8(JSON.stringify(content)));
  const hash = await sha256(box);
  const to = await Promise.all(
    devices.map(async ({ signingKey, sealingKey }) => {
      const device = await deviceId(signingKey);
      const context = await toReceiver(binary(sealingKey, 32), scope(about, binary(device)));
      return [device, toBase64url(concat(context.enc, await context.seal(hash, key)))];
    }),
  );
  return { payload: toPayload(about.type, { box: toBase64url(box), to }), key, hash };
}

export interface Opened extends Omit<Sealed, "payload"> {
  content: unknown;
}

/** `device` is this one's id. Throws `CheckFailed`; `no-device` when it is not sealed to this one. */
export async function openAtDevice(
  about: About,
  device: string,
  sealing: CryptoKeyPair,
  payload: string,
): Promise<Opened> {
  const { box, to } = fromPayload(about.type, payload, { box: "string", to: "array" });
  const boxed = binary(box);
  const hash = await sha256(boxed);
  const [, wrapped] = (to as unknown[]).filter(isPair).find(([recipient]) => recipient === device) ?? [];
  if (wrapped === undefined) throw new CheckFailed("no-device");
  const bytes = binary(wrapped);
  const context = await fromSender(sealing, bytes.slice(0, ENC), scope(about, binary(device)));
  const key = await context.open(hash, bytes.slice(ENC));
  if (key.length !== 32) throw new CheckFailed("malformed");
  return { key, hash, content: parseJson(await openAead(key, NONCE, scope(about), boxed)) };
}

const isPair = (value: unknown): value is [unknown, unknown] => Array.isArray(value) && value.length === 2;

function scope({ type, organisation, about }: About, ...device: Bytes[]): Bytes {
  return fields(`visavis/v1/${type}`, id(organisation), id(about), ...device);
}
