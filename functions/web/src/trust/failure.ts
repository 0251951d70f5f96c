// Why a check of the handshake failed.

export type CheckReason =
  /** A plain payload where a key is pinned. */
  | "unsealed"
  /** Another version of the handshake. */
  | "version"
  /** Not of the documented form, or not to be opened. */
  | "malformed"
  /** There is no good device to ring. */
  | "no-device"
  /** A statement of another organisation. */
  | "organisation"
  /** The chain does not lead to a pinned key, or a link of it lasts too long. */
  | "chain"
  | "expired"
  | "not-yet-valid"
  | "revoked"
  | "revocations-missing"
  /** The list has ended, or a newer one was seen. */
  | "revocations-old"
  /** Not the expert who the service says has answered, or not the one that was asked for. */
  | "wrong-expert"
  | "signature"
  /** A description without its one SHA-256 fingerprint, or with another one than agreed. */
  | "fingerprint"
  /** The DTLS transport uses another certificate than agreed. */
  | "certificate-changed"
  /** An answer to no open offer. */
  | "second-answer"
  /** Another offer in an answered call, from somebody else. */
  | "continuity"
  | "short-code";

/** A check failed: the call ends, and there is no going on anyway. */
export class CheckFailed extends Error {
  readonly reason: CheckReason;
  /** Which member of the call is to blame, where that is known. */
  readonly by: string | undefined;

  constructor(reason: CheckReason, by?: string) {
    super(reason);
    this.by = by;
    this.name = "CheckFailed";
    this.reason = reason;
  }
}

/** This browser lacks Ed25519, X25519 or WebCrypto as a whole. */
export class Unsupported extends Error {
  constructor() {
    super("this browser is too old for verified calls");
    this.name = "Unsupported";
  }
}
