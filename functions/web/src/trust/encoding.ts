// Fields of statements, and binary values in JSON: one encoding of each thing, written and strictly read.

import { fromBase64url, toBase64url, uuidToBytes } from "../call/bytes.ts";
import { CheckFailed } from "./failure.ts";

export type Bytes = Uint8Array<ArrayBuffer>;

export const utf8 = (text: string): Bytes => new TextEncoder().encode(text) as Bytes;

export function concat(...parts: Uint8Array[]): Bytes {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** `value` as an unsigned integer of `length` bytes, big-endian. At most 2⁵³ − 1. */
export function integer(value: number, length = 8): Bytes {
  const bytes = new Uint8Array(length);
  for (let at = length - 1; at >= 0; at--) {
    bytes[at] = value % 256;
    value = Math.floor(value / 256);
  }
  return bytes;
}

/** `uint16 length ‖ bytes` for each; text goes as UTF-8. */
export function fields(...values: (string | Uint8Array)[]): Bytes {
  return concat(
    ...values.flatMap((value) => {
      const bytes = typeof value === "string" ? utf8(value) : value;
      if (bytes.length > 0xffff) throw new CheckFailed("malformed");
      return [integer(bytes.length, 2), bytes];
    }),
  );
}

/** An id as a field. */
export function id(uuid: string): Bytes {
  try {
    return uuidToBytes(uuid);
  } catch {
    throw new CheckFailed("malformed");
  }
}

/** Exactly what {@link toBase64url} writes, of `length` bytes where one is given; otherwise malformed. */
export function binary(text: unknown, length?: number): Bytes {
  try {
    const bytes = fromBase64url(text as string);
    if (toBase64url(bytes) === text && (length ?? bytes.length) === bytes.length) return bytes;
  } catch {
    // Said below.
  }
  throw new CheckFailed("malformed");
}

/** Of lower-case hexadecimal without colons. */
export function fromHex(digits: string): Bytes {
  return Uint8Array.from(digits.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

/** UTF-8 as it is, without repairing it or taking a byte-order mark away. */
export function text(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CheckFailed("malformed");
  }
}

/**
 * An object of JSON with the members in `shape`, by `typeof` ("array" for lists; "?" after it for one that may be
 * missing), and no others.
 */
export function object(json: unknown, shape: Record<string, string>): Record<string, unknown> {
  if (typeof json === "object" && json && !Array.isArray(json)) {
    const read = json as Record<string, unknown>;
    const fits = (name: string, type: string): boolean => {
      const value = Object.hasOwn(read, name) ? read[name] : undefined;
      const is = Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
      return type === is || type === `${is}?` || (value === undefined && type.endsWith("?"));
    };
    if (
      Object.keys(read).every((name) => Object.hasOwn(shape, name)) &&
      Object.entries(shape).every(([name, type]) => fits(name, type))
    )
      return read;
  }
  throw new CheckFailed("malformed");
}

export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(text(bytes));
  } catch {
    throw new CheckFailed("malformed");
  }
}

/** Takes as long wherever they differ. */
export function equal(one: Uint8Array, other: Uint8Array): boolean {
  let difference = one.length ^ other.length;
  one.forEach((byte, at) => {
    difference |= byte ^ (other[at] ?? 0);
  });
  return difference === 0;
}

export async function sha256(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

export const random = (length: number): Bytes => crypto.getRandomValues(new Uint8Array(length));
