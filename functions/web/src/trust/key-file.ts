// The site key's file: PKCS#8 under a passphrase (RFC 5208 section 6, PBES2 of RFC 8018) in PEM (RFC 7468), so that it
// opens without Visavis too: `openssl pkey -in FILE`.

import { toBase64url } from "../call/bytes.ts";
import { DerReader, derInteger, derNode, derOid, Tag } from "./key-file-der.ts";
import type { Key } from "./statements.ts";

/** Why a file does not open: it is no key file, its key lies open, it is sealed or made in a way not known here, or the passphrase is another. */
export type KeyFileProblem = "not-a-key-file" | "unencrypted" | "unsupported" | "passphrase";

export class KeyFileError extends Error {
  override readonly name = "KeyFileError";
  readonly problem: KeyFileProblem;

  constructor(problem: KeyFileProblem) {
    super(`the key file does not open: ${problem}`);
    this.problem = problem;
  }
}

/** A site key for as long as it is needed. */
export interface SiteKey {
  readonly publicKey: Key;
  /** Signs; not extractable. */
  readonly privateKey: CryptoKey;
}

/** PBKDF2's rounds in a file made here; OWASP's figure for HMAC-SHA-256. */
export const ITERATIONS = 600_000;
/** Of another program's file: more would keep the browser busy for minutes. */
const MOST_ITERATIONS = 20_000_000;

const PBES2 = "1.2.840.113549.1.5.13";
const PBKDF2 = "1.2.840.113549.1.5.12";
const HMAC_SHA256 = "1.2.840.113549.2.9";
const HASHES: Record<string, string> = {
  "1.2.840.113549.2.7": "SHA-1",
  [HMAC_SHA256]: "SHA-256",
  "1.2.840.113549.2.10": "SHA-384",
  "1.2.840.113549.2.11": "SHA-512",
};
const AES256_CBC = "2.16.840.1.101.3.4.1.42";
const CIPHERS: Record<string, number> = { "2.16.840.1.101.3.4.1.2": 128, [AES256_CBC]: 256 };

const BEGIN = "-----BEGIN ENCRYPTED PRIVATE KEY-----";
const END = "-----END ENCRYPTED PRIVATE KEY-----";

/** What {@link makeKeyFile} leaves. */
export interface MadeKey {
  /** The text of the file. */
  file: string;
  publicKey: Key;
}

/**
 * Makes a new Ed25519 key and answers its file; `title` stands above the key for whoever finds it. The key itself is
 * gone when this returns: only the file and the passphrase together bring it back. The format does not notice every
 * change of a file, so whoever opens it compares the public key.
 */
export async function makeKeyFile(passphrase: string, title: readonly string[]): Promise<MadeKey> {
  const { privateKey, publicKey } = (await crypto.subtle.generateKey("Ed25519", true, [
    "sign",
    "verify",
  ])) as CryptoKeyPair;
  const inside = new Uint8Array(await crypto.subtle.exportKey("pkcs8", privateKey));
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const iv = crypto.getRandomValues(new Uint8Array(16));
  const key = await derive(passphrase, { salt, iterations: ITERATIONS, hash: "SHA-256", bits: 256 }, "encrypt");
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-CBC", iv }, key, inside));
  inside.fill(0);
  const algorithm = derNode(
    Tag.sequence,
    derOid(PBES2),
    derNode(
      Tag.sequence,
      derNode(
        Tag.sequence,
        derOid(PBKDF2),
        derNode(
          Tag.sequence,
          derNode(Tag.octets, salt),
          derInteger(ITERATIONS),
          derNode(Tag.sequence, derOid(HMAC_SHA256), derNode(Tag.null)),
        ),
      ),
      derNode(Tag.sequence, derOid(AES256_CBC), derNode(Tag.octets, iv)),
    ),
  );
  return {
    file: pem(title, derNode(Tag.sequence, algorithm, derNode(Tag.octets, sealed))),
    publicKey: toBase64url(new Uint8Array(await crypto.subtle.exportKey("raw", publicKey))),
  };
}

/** Opens a file that was made here or by openssl; throws only a {@link KeyFileError}. */
export async function openKeyFile(text: string, passphrase: string): Promise<SiteKey> {
  const { algorithm, iv, sealed } = read(text);
  const key = await derive(passphrase, algorithm, "decrypt");
  let inside: Uint8Array<ArrayBuffer>;
  try {
    inside = new Uint8Array(await crypto.subtle.decrypt({ name: "AES-CBC", iv }, key, sealed));
  } catch {
    throw new KeyFileError("passphrase");
  }
  try {
    return await siteKey(inside);
  } finally {
    inside.fill(0);
  }
}

async function siteKey(inside: Uint8Array<ArrayBuffer>): Promise<SiteKey> {
  // One wrong passphrase in 256 leaves a padding that looks right, and rubbish behind it.
  if (inside[0] !== Tag.sequence) throw new KeyFileError("passphrase");
  try {
    // WebCrypto tells the public part of a private key in a JWK only, which is base64url too.
    const readable = await crypto.subtle.importKey("pkcs8", inside, "Ed25519", true, ["sign"]);
    const { x = "" } = await crypto.subtle.exportKey("jwk", readable);
    return { publicKey: x, privateKey: await crypto.subtle.importKey("pkcs8", inside, "Ed25519", false, ["sign"]) };
  } catch {
    throw new KeyFileError("unsupported");
  }
}

interface Derivation {
  salt: Uint8Array<ArrayBuffer>;
  iterations: number;
  hash: string;
  bits: number;
}

async function derive(
  passphrase: string,
  { salt, iterations, hash, bits }: Derivation,
  use: KeyUsage,
): Promise<CryptoKey> {
  const password = new TextEncoder().encode(passphrase.normalize("NFC"));
  const base = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveKey"]);
  password.fill(0);
  const algorithm = { name: "PBKDF2", salt, iterations, hash };
  return crypto.subtle.deriveKey(algorithm, base, { name: "AES-CBC", length: bits }, false, [use]);
}

function read(text: string): {
  algorithm: Derivation;
  iv: Uint8Array<ArrayBuffer>;
  sealed: Uint8Array<ArrayBuffer>;
} {
  if (/-----BEGIN (\w+ )?PRIVATE KEY-----/.test(text.replaceAll(BEGIN, ""))) throw new KeyFileError("unencrypted");
  const from = text.indexOf(BEGIN);
  const to = text.indexOf(END);
  if (from < 0 || to < from) throw new KeyFileError("not-a-key-file");
  let scheme: string | undefined;
  let derivation: string | undefined;
  let cipher: string | undefined;
  try {
    const base64 = text.slice(from + BEGIN.length, to).replaceAll(/\s+/g, "");
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const file = new DerReader(bytes).only(Tag.sequence);
    const algorithm = file.next(Tag.sequence);
    scheme = algorithm.oid();
    const parameters = algorithm.only(Tag.sequence);
    const kdf = parameters.next(Tag.sequence);
    derivation = kdf.oid();
    const encryption = parameters.only(Tag.sequence);
    cipher = encryption.oid();
    const iv = encryption.only(Tag.octets).bytes;
    const sealed = file.only(Tag.octets).bytes;
    if (scheme !== PBES2 || derivation !== PBKDF2) throw new KeyFileError("unsupported");
    const rounds = kdf.only(Tag.sequence);
    const salt = rounds.next(Tag.octets).bytes;
    const iterations = rounds.integer();
    if (rounds.is(Tag.integer)) rounds.integer();
    // RFC 8018 appendix A.2: HMAC-SHA-1 where none is named.
    const hash = rounds.is(Tag.sequence) ? HASHES[rounds.next(Tag.sequence).oid()] : "SHA-1";
    const bits = CIPHERS[cipher];
    if (
      hash === undefined ||
      bits === undefined ||
      iterations < 1 ||
      iterations > MOST_ITERATIONS ||
      iv.length !== 16
    ) {
      throw new KeyFileError("unsupported");
    }
    return { algorithm: { salt, iterations, hash, bits }, iv, sealed };
  } catch (error) {
    if (error instanceof KeyFileError) throw error;
    const known = scheme === undefined || (scheme === PBES2 && (derivation ?? PBKDF2) === PBKDF2);
    throw new KeyFileError(known ? "not-a-key-file" : "unsupported");
  }
}

function pem(title: readonly string[], bytes: Uint8Array): string {
  const lines = btoa(String.fromCharCode(...bytes)).match(/.{1,64}/g) ?? [];
  // What stands before the first line of dashes is for people: programs skip it.
  return [...title.map((line) => line.replaceAll("-----", "")), BEGIN, ...lines, END, ""].join("\n");
}
