// HPKE (RFC 9180), base mode, one message: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.

import { generate, rawPublic } from "./ed25519.ts";
import { type Bytes, concat, integer, utf8 } from "./encoding.ts";
import { CheckFailed } from "./failure.ts";

const KEM = 0x0020;
const KDF = 0x0001;
/** AES-256-GCM. */
const AEAD = 0x0002;
const EMPTY = new Uint8Array(0);

/** What both sides share after one encapsulation. */
export interface Context {
  enc: Bytes;
  /** Once: the nonce is that of the first message. */
  seal(aad: Bytes, plaintext: Bytes): Promise<Bytes>;
  /** Throws `CheckFailed("malformed")`. */
  open(aad: Bytes, ciphertext: Bytes): Promise<Bytes>;
  /** Section 5.3, 32 bytes. */
  export(context: string): Promise<Bytes>;
}

/** An X25519 key pair; not extractable. */
export const newSealingKey = (): Promise<CryptoKeyPair> => generate("X25519", ["deriveBits"]);

/** Section 5.1.1, SetupBaseS. */
export async function toReceiver(receiver: Bytes, info: Bytes): Promise<Context> {
  const { privateKey, publicKey } = await newSealingKey();
  const enc = await rawPublic(publicKey);
  return schedule(await sharedSecret(privateKey, receiver, enc, receiver), enc, info);
}

/** Section 5.1.1, SetupBaseR. */
export async function fromSender({ privateKey, publicKey }: CryptoKeyPair, enc: Bytes, info: Bytes): Promise<Context> {
  return schedule(await sharedSecret(privateKey, enc, enc, await rawPublic(publicKey)), enc, info);
}

/** Section 4.1, from the Diffie-Hellman of either side to the KEM's shared secret. */
async function sharedSecret(own: CryptoKey, other: Bytes, enc: Bytes, receiver: Bytes): Promise<Bytes> {
  let dh: Bytes;
  try {
    const imported = await crypto.subtle.importKey("raw", other, "X25519", false, []);
    dh = new Uint8Array(await crypto.subtle.deriveBits({ name: "X25519", public: imported }, own, 256));
  } catch {
    throw new CheckFailed("malformed");
  }
  // Section 7.1.4; a platform may leave it to us.
  if (dh.every((byte) => byte === 0)) throw new CheckFailed("malformed");
  const suite = concat(utf8("KEM"), integer(KEM, 2));
  const secret = await labeledExtract(suite, EMPTY, "eae_prk", dh);
  return labeledExpand(suite, secret, "shared_secret", concat(enc, receiver), 32);
}

/** Section 5.1, KeySchedule in base mode. */
async function schedule(shared: Bytes, enc: Bytes, info: Bytes): Promise<Context> {
  const suite = concat(utf8("HPKE"), integer(KEM, 2), integer(KDF, 2), integer(AEAD, 2));
  const [pskIdHash, infoHash, secret] = await Promise.all([
    labeledExtract(suite, EMPTY, "psk_id_hash", EMPTY),
    labeledExtract(suite, EMPTY, "info_hash", info),
    labeledExtract(suite, shared, "secret", EMPTY),
  ]);
  const context = concat(integer(0, 1), pskIdHash, infoHash);
  const [key, nonce, exporter] = await Promise.all([
    labeledExpand(suite, secret, "key", context, 32),
    labeledExpand(suite, secret, "base_nonce", context, 12),
    labeledExpand(suite, secret, "exp", context, 32),
  ]);
  return {
    enc,
    seal: (aad, plaintext) => sealAead(key, nonce, aad, plaintext),
    open: (aad, ciphertext) => openAead(key, nonce, aad, ciphertext),
    export: (exported) => labeledExpand(suite, exporter, "sec", utf8(exported), 32),
  };
}

function labeledExtract(suite: Bytes, salt: Bytes, label: string, ikm: Bytes): Promise<Bytes> {
  return extract(salt, concat(utf8("HPKE-v1"), suite, utf8(label), ikm));
}

function labeledExpand(suite: Bytes, prk: Bytes, label: string, info: Bytes, length: number): Promise<Bytes> {
  return expand(prk, concat(integer(length, 2), utf8("HPKE-v1"), suite, utf8(label), info), length);
}

/** HKDF-Extract (RFC 5869 section 2.2). */
export function extract(salt: Bytes, ikm: Bytes): Promise<Bytes> {
  return hmac(salt.length > 0 ? salt : new Uint8Array(32), ikm);
}

/** HKDF-Expand (RFC 5869 section 2.3), of at most 32 bytes. */
export async function expand(prk: Bytes, info: Bytes, length = 32): Promise<Bytes> {
  return (await hmac(prk, concat(info, integer(1, 1)))).slice(0, length);
}

async function hmac(key: Bytes, data: Bytes): Promise<Bytes> {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, data));
}

export async function sealAead(key: Bytes, iv: Bytes, additionalData: Bytes, plaintext: Bytes): Promise<Bytes> {
  const imported = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt"]);
  return new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, imported, plaintext));
}

/** Throws `CheckFailed("malformed")`. */
export async function openAead(key: Bytes, iv: Bytes, additionalData: Bytes, ciphertext: Bytes): Promise<Bytes> {
  const imported = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["decrypt"]);
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, imported, ciphertext));
  } catch {
    throw new CheckFailed("malformed");
  }
}
