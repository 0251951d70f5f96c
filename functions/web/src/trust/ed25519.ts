// Ed25519 keys and signatures by WebCrypto (RFC 8032), with the checks that not every platform makes.

import { toBase64url } from "../call/bytes.ts";
import { type Bytes, binary } from "./encoding.ts";
import { CheckFailed, Unsupported } from "./failure.ts";
import type { Key } from "./statements.ts";

/** The order of the base point, 2²⁵² + 27742317777372353535851937790883648493. */
const ORDER = 0x1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3edn;
/** The field's prime. */
const PRIME = 2n ** 255n - 19n;
/** The y of the points of order 8, beside its negative. */
const ORDER_8 = 0x5fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;

const littleEndian = (bytes: Uint8Array): bigint =>
  bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);

/** Not extractable, unless it is to be wrapped into a file. */
export async function newSigningKey(extractable = false): Promise<CryptoKeyPair> {
  return generate("Ed25519", ["sign", "verify"], extractable);
}

/** Throws `Unsupported` where there is no such algorithm. */
export async function generate(
  algorithm: "Ed25519" | "X25519",
  usages: KeyUsage[],
  extractable = false,
): Promise<CryptoKeyPair> {
  return known(async () => (await crypto.subtle.generateKey(algorithm, extractable, usages)) as CryptoKeyPair);
}

/** The public part in base64url. */
export async function publicPart(pair: CryptoKeyPair): Promise<Key> {
  return toBase64url(await rawPublic(pair.publicKey));
}

export async function rawPublic(key: CryptoKey): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.exportKey("raw", key));
}

export async function sign(key: CryptoKey, bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign("Ed25519", key, bytes));
}

/**
 * Throws `CheckFailed("signature")`, also for keys that are not of a point's one encoding or of small order, and for
 * signatures whose S is not below the order (RFC 8032 section 5.1.7).
 */
export async function checkSignature(key: Key, signature: Bytes, bytes: Bytes): Promise<void> {
  const raw = binary(key, 32);
  const y = littleEndian(raw) & (2n ** 255n - 1n);
  const small = y < 2n || y >= PRIME - 1n || y === ORDER_8 || y === PRIME - ORDER_8;
  if (small || signature.length !== 64 || littleEndian(signature.subarray(32)) >= ORDER)
    throw new CheckFailed("signature");
  const good = await known(async () => {
    const imported = await crypto.subtle.importKey("raw", raw, "Ed25519", false, ["verify"]);
    return crypto.subtle.verify("Ed25519", imported, signature, bytes);
  });
  if (!good) throw new CheckFailed("signature");
}

async function known<T>(use: () => Promise<T>): Promise<T | never> {
  try {
    return await use();
  } catch (error) {
    const { name } = error as Error;
    // Without `crypto.subtle`, outside a secure context, it is a TypeError; a key that is no point is a DataError.
    throw name === "NotSupportedError" || name === "TypeError" ? new Unsupported() : new CheckFailed("signature");
  }
}
