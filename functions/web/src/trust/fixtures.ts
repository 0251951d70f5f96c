// For tests and vectors: keys from seeds, and an organisation with everything that makes a chain good.

import { hex, toBase64url } from "../call/bytes.ts";
import type { Id } from "../call/types.ts";
import { publicPart } from "./ed25519.ts";
import { type Bytes, binary, concat, fromHex, sha256, utf8 } from "./encoding.ts";
import type { CallContext, Device, TrustBundle } from "./handshake.ts";
import { type Key, type Label, make, type Statements } from "./statements.ts";

export const DAY = 86_400;
/** 2026-12-01T12:00:00Z, in seconds. */
export const NOW = 1_796_126_400;

export const ORGANISATION: Id = "0193a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b";
export const OTHER_ORGANISATION: Id = "0193a1b2-c3d4-7e5f-8a6b-ffffffffffff";
export const CALL: Id = "0193b000-1111-7222-8333-444455556666";
export const ADA: Id = "0193a1b2-0000-7000-8000-000000000ada";
export const BEN: Id = "0193a1b2-0000-7000-8000-000000000be0";
export const CONTEXT: CallContext = { organisation: ORGANISATION, call: CALL };

/** 32 bytes that belong to a name. */
export const seed = (name: string): Promise<Bytes> => sha256(utf8(`visavis test seed: ${name}`));

const PKCS8 = { Ed25519: "302e020100300506032b657004220420", X25519: "302e020100300506032b656e04220420" };

/** A key pair from its private part of 32 bytes (RFC 8410). */
export async function keyPair(algorithm: "Ed25519" | "X25519", secret: Bytes): Promise<CryptoKeyPair> {
  const uses: [KeyUsage[], KeyUsage[]] = algorithm === "Ed25519" ? [["sign"], ["verify"]] : [["deriveBits"], []];
  const pkcs8 = concat(fromHex(PKCS8[algorithm]), secret);
  const privateKey = await crypto.subtle.importKey("pkcs8", pkcs8, algorithm, true, uses[0]);
  const { kty, crv, x } = await crypto.subtle.exportKey("jwk", privateKey);
  const publicKey = await crypto.subtle.importKey("jwk", { kty, crv, x } as JsonWebKey, algorithm, true, uses[1]);
  return { privateKey, publicKey };
}

export const signer = async (name: string): Promise<CryptoKeyPair> => keyPair("Ed25519", await seed(name));
export const sealer = async (name: string): Promise<CryptoKeyPair> => keyPair("X25519", await seed(name));
export const publicKey = async (name: string): Promise<Key> => publicPart(await signer(name));
export const sealingKey = async (name: string): Promise<Key> => publicPart(await sealer(name));

/** A statement signed by the key of that name. */
export async function signed<L extends Label>(label: L, values: Statements[L], by: string): Promise<string> {
  return make(label, values, (await signer(by)).privateKey);
}

/** A description such as browsers make, with the fingerprint that belongs to a name. */
export async function description(name: string): Promise<string> {
  const digits = [...(await seed(`certificate of ${name}`))].map((byte) => byte.toString(16).padStart(2, "0"));
  return `v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\na=fingerprint:sha-256 ${digits
    .join(":")
    .toUpperCase()}\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\n`;
}

type Over<L extends Label> = Partial<Statements[L]> & { by?: string };

export async function approverStatement({ by = "site", ...over }: Over<"approver"> = {}): Promise<string> {
  const values = {
    organisation: ORGANISATION,
    siteKey: await publicKey(by),
    approverKey: await publicKey("approver"),
    person: ADA,
    notBefore: NOW - DAY,
    notAfter: NOW + 89 * DAY,
    ...over,
  };
  return signed("approver", values, by);
}

/** The certificate of a device whose keys are of its name. */
export async function deviceStatement(
  name: string,
  { by = "approver", ...over }: Over<"device"> = {},
): Promise<string> {
  const values = {
    organisation: ORGANISATION,
    approverKey: await publicKey(by),
    expert: ADA,
    name: "Ada Löwe",
    title: "Beratung",
    organisationName: "Seeblick AG",
    signingKey: await publicKey(`${name} signing`),
    sealingKey: await sealingKey(`${name} sealing`),
    notBefore: NOW - DAY,
    notAfter: NOW + 6 * DAY,
    ...over,
  };
  return signed("device", values, by);
}

/** A device asks for its certificate. */
export async function requestOf(name: string): Promise<string> {
  const values = {
    organisation: ORGANISATION,
    expert: ADA,
    signingKey: await publicKey(`${name} signing`),
    sealingKey: await sealingKey(`${name} sealing`),
  };
  return signed("device-request", values, `${name} signing`);
}

export async function revocationsStatement({ by = "approver", ...over }: Over<"revocations"> = {}): Promise<string> {
  const values = {
    organisation: ORGANISATION,
    issuer: await publicKey(by),
    number: 7,
    notBefore: NOW - DAY / 2,
    notAfter: NOW + 5 * DAY,
    revoked: [],
    ...over,
  };
  return signed("revocations", values, by);
}

export async function successionStatement({ by = "site", ...over }: Over<"succession"> = {}): Promise<string> {
  const values = {
    organisation: ORGANISATION,
    oldKey: await publicKey(by),
    newKey: await publicKey("next site"),
    notBefore: NOW - DAY,
    notAfter: NOW + 30 * DAY,
    ...over,
  };
  return signed("succession", values, by);
}

/** Keys in the order that a revocation list has. */
export function ascending(keys: Key[]): Key[] {
  const digits = (key: Key): string => hex(binary(key));
  return [...keys].sort((one, other) => (digits(one) < digits(other) ? -1 : 1));
}

export async function deviceOf(name: string, over: Over<"device"> = {}): Promise<Device> {
  return {
    signing: await signer(`${name} signing`),
    sealing: await sealer(`${name} sealing`),
    certificate: await deviceStatement(name, over),
    approver: await approverStatement(),
  };
}

/** What the service tells when these devices may be rung. */
export async function bundle(...devices: Device[]): Promise<TrustBundle> {
  return {
    successions: [],
    approvers: [await approverStatement()],
    devices: devices.map((device) => device.certificate),
    revocations: await revocationsStatement(),
  };
}

export const now = (): number => NOW * 1000;
export const randomKey = (): Key => toBase64url(crypto.getRandomValues(new Uint8Array(32)));

/** Chance that is the same for the same seed (mulberry32). */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  bytes(length: number): Bytes {
    return Uint8Array.from({ length }, () => this.below(256));
  }
}
