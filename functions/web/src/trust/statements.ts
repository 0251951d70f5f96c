// The signed statements of the handshake: made, read and verified.

import type { Id } from "../call/types.ts";

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

/** Signs with `key`, which must belong to the first key in `values`. Throws `CheckFailed("malformed")`. */
export async function make<L extends Label>(_label: L, _values: Statements[L], _key: CryptoKey): Promise<string> {
  throw new Error("not built yet");
}

/** Reads without checking the signature. Throws `CheckFailed("malformed")`. */
export function read<L extends Label>(_label: L, _statement: string): Statements[L] {
  throw new Error("not built yet");
}

/** Reads, and checks the signature. Throws `CheckFailed`: `malformed`, `signature`. */
export async function verify<L extends Label>(_label: L, _statement: string): Promise<Statements[L]> {
  throw new Error("not built yet");
}

/** The first 16 bytes of SHA-256 of its signing key, in base64url. */
export async function deviceId(_signingKey: Key): Promise<string> {
  throw new Error("not built yet");
}

/** `XXXX-XXXX-XXXX`, to be compared by voice. `request` is a signed device request. */
export async function enrolmentCode(_request: string): Promise<string> {
  throw new Error("not built yet");
}
