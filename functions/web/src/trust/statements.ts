// The signed statements of the handshake: made, read and verified.

import { toBase64url, uuidFromBytes } from "../call/bytes.ts";
import type { Id } from "../call/types.ts";
import { checkSignature, sign } from "./ed25519.ts";
import { type Bytes, binary, concat, fields, id, integer, sha256, text, utf8 } from "./encoding.ts";
import { CheckFailed } from "./failure.ts";

/** 32 bytes in base64url. */
export type Key = string;

/** What is said from `notBefore` to `notAfter`, in seconds since 1970. */
export interface Validity {
  notBefore: number;
  notAfter: number;
}

/** By label, without `visavis/v1/`. Each is signed by the first key in it. */
export interface Statements {
  "site-key": { organisation: Id; key: Key; created: number };
  succession: { organisation: Id; oldKey: Key; newKey: Key } & Validity;
  approver: { organisation: Id; siteKey: Key; approverKey: Key; person: Id } & Validity;
  "device-request": { organisation: Id; expert: Id; signingKey: Key; sealingKey: Key };
  device: {
    organisation: Id;
    approverKey: Key;
    expert: Id;
    name: string;
    title: string;
    organisationName: string;
    signingKey: Key;
    sealingKey: Key;
  } & Validity;
  revocations: { organisation: Id; issuer: Key; number: number } & Validity & { revoked: Key[] };
}

export type Label = keyof Statements;

/** The kinds of field. The bounds of text are in characters. */
type Field = "id" | "key" | "integer" | "keys" | [least: number, most: number];

const VALIDITY = { notBefore: "integer", notAfter: "integer" } as const;

/** The fields after the label, in their order. */
const FIELDS: { [L in Label]: Record<keyof Statements[L], Field> } = {
  "site-key": { organisation: "id", key: "key", created: "integer" },
  succession: { organisation: "id", oldKey: "key", newKey: "key", ...VALIDITY },
  approver: { organisation: "id", siteKey: "key", approverKey: "key", person: "id", ...VALIDITY },
  "device-request": { organisation: "id", expert: "id", signingKey: "key", sealingKey: "key" },
  device: {
    organisation: "id",
    approverKey: "key",
    expert: "id",
    name: [1, 80],
    title: [0, 80],
    organisationName: [1, 80],
    signingKey: "key",
    sealingKey: "key",
    ...VALIDITY,
  },
  revocations: { organisation: "id", issuer: "key", number: "integer", ...VALIDITY, revoked: "keys" },
};

const MOST_REVOKED = 1024;

/** Signs with `key`, which must belong to the first key in `values`. Throws `CheckFailed("malformed")`. */
export async function make<L extends Label>(label: L, values: Statements[L], key: CryptoKey): Promise<string> {
  const encoded = encode(label, values);
  const statement = toBase64url(concat(encoded, await sign(key, encoded)));
  // Refuses what is out of its bounds.
  read(label, statement);
  return statement;
}

/** Reads without checking the signature. Throws `CheckFailed("malformed")`. */
export function read<L extends Label>(label: L, statement: string): Statements[L] {
  const bytes = binary(statement);
  const end = bytes.length - 64;
  let at = 0;
  const next = (): Bytes => {
    const start = at + 2;
    at = start + (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
    if (at > end) throw new CheckFailed("malformed");
    return bytes.slice(start, at);
  };
  if (text(next()) !== `visavis/v1/${label}`) throw new CheckFailed("malformed");
  const values = Object.fromEntries(
    Object.entries<Field>(FIELDS[label]).map(([name, field]) => [name, decodeField(field, next())]),
  );
  if (at !== end) throw new CheckFailed("malformed");
  return values as unknown as Statements[L];
}

/** Reads, and checks the signature. Throws `CheckFailed`: `malformed`, `signature`. */
export async function verify<L extends Label>(label: L, statement: string): Promise<Statements[L]> {
  const values = read(label, statement);
  const bytes = binary(statement);
  const signer = Object.entries<Field>(FIELDS[label]).find(([, field]) => field === "key")?.[0] as keyof Statements[L];
  await checkSignature(values[signer] as Key, bytes.slice(-64), bytes.slice(0, -64));
  return values;
}

/** The first 16 bytes of SHA-256 of its signing key, in base64url. */
export async function deviceId(signingKey: Key): Promise<string> {
  return toBase64url((await sha256(binary(signingKey, 32))).subarray(0, 16));
}

/** The digits of Crockford's base 32. */
const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** `XXXX-XXXX-XXXX`, to be compared by voice. `request` is a signed device request. */
export async function enrolmentCode(request: string): Promise<string> {
  const password = await crypto.subtle.importKey("raw", binary(request).slice(0, -64), "PBKDF2", false, ["deriveBits"]);
  const kdf = { name: "PBKDF2", hash: "SHA-256", salt: utf8("visavis/v1/enrolment"), iterations: 200_000 };
  const bytes = new Uint8Array(await crypto.subtle.deriveBits(kdf, password, 64));
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return (bits.slice(0, 60).match(/.{5}/g) ?? [])
    .map((five) => DIGITS[Number.parseInt(five, 2)])
    .join("")
    .replace(/(.{4})(.{4})(.{4})/, "$1-$2-$3");
}

function encode<L extends Label>(label: L, values: Statements[L]): Bytes {
  const encoded = Object.entries<Field>(FIELDS[label]).map(([name, field]) => {
    const value = values[name as keyof Statements[L]] as string & number & string[];
    if (field === "id") return id(value);
    if (field === "key") return binary(value, 32);
    if (field === "integer") {
      if (!Number.isSafeInteger(value) || value < 0) throw new CheckFailed("malformed");
      return integer(value);
    }
    return field === "keys" ? concat(...(value as string[]).map((key) => binary(key, 32))) : utf8(value);
  });
  return fields(`visavis/v1/${label}`, ...encoded);
}

function decodeField(field: Field, bytes: Bytes): string | number | string[] {
  switch (field) {
    case "id":
      if (bytes.length === 16) return uuidFromBytes(bytes);
      break;
    case "key":
      if (bytes.length === 32) return toBase64url(bytes);
      break;
    case "integer": {
      const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
      if (bytes.length === 8 && Number.isSafeInteger(value)) return value;
      break;
    }
    case "keys": {
      const keys = Array.from({ length: bytes.length / 32 }, (_, at) => bytes.subarray(at * 32, at * 32 + 32));
      if (
        bytes.length % 32 === 0 &&
        keys.length <= MOST_REVOKED &&
        keys.every((key, at) => at === 0 || before(keys[at - 1], key))
      )
        return keys.map((key) => toBase64url(key));
      break;
    }
    default: {
      const value = text(bytes);
      const characters = [...value].length;
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
      if (characters >= field[0] && characters <= field[1] && !/[\0-\x1f\x7f-\x9f]/.test(value)) return value;
    }
  }
  throw new CheckFailed("malformed");
}

function before(one: Uint8Array | undefined, other: Uint8Array): boolean {
  const at = one?.findIndex((byte, index) => byte !== other[index]) ?? -1;
  return at >= 0 && (one?.[at] ?? 0) < (other[at] ?? 0);
}
