// Ed25519 keys and signatures by WebCrypto (RFC 8032), with the checks that not every platform makes.

import type { Key } from "./statements.ts";

/** Not extractable, unless it is to be wrapped into a file. */
export async function newSigningKey(_extractable = false): Promise<CryptoKeyPair> {
  throw new Error("not built yet");
}

/** The public part in base64url. */
export async function publicPart(_pair: CryptoKeyPair): Promise<Key> {
  throw new Error("not built yet");
}
