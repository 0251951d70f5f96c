// The two ends of the handshake: what a call says through the service, sealed and checked.

import type { Id, Message } from "../call/types.ts";

/** Who the certificate says the other side is. */
export interface Peer {
  expert: Id;
  name: string;
  /** May be empty. */
  title: string;
  /** The organisation's name. */
  organisation: string;
}

export interface CallContext {
  organisation: Id;
  call: Id;
}

/** `trust` of the service's answers; statements in base64url. */
export interface TrustBundle {
  successions: string[];
  approvers: string[];
  devices: string[];
  revocations?: string;
}

/** An expert's device: its keys and what certifies them, in base64url. */
export interface Device {
  signing: CryptoKeyPair;
  sealing: CryptoKeyPair;
  certificate: string;
  approver: string;
  succession?: string;
}

export interface VisitorOptions {
  /** From before a reload of the page. */
  continuity?: string;
  /** Milliseconds since 1970, as `Date.now()`. */
  now?: () => number;
  /** Of a colleague who joins a call: proves who rings. */
  device?: Device;
}

/** What an answer says once everything about it is checked. */
export interface Answered {
  connection: string;
  sdp: string;
  peer: Peer;
  /** Of the expert's DTLS certificate: SHA-256 in lower-case hexadecimal. */
  fingerprint: string;
}

/** What an offer says; the visitor behind it is not authenticated, unless a `colleague`. */
export interface Offered {
  connection: string;
  sdp: string;
  /** Of the visitor's DTLS certificate: SHA-256 in lower-case hexadecimal. */
  fingerprint: string;
  /** To be remembered over a reload of the desk. */
  continuity: string;
  colleague?: Peer;
}

/** What a payload is, as far as can be told without opening it; `plain` is of a page that has no key pinned. */
export type PayloadKind = "plain" | "offer" | "answer" | "early" | "signal" | "restart";

/** Throws `CheckFailed`: `version`, `malformed`. */
export function kindOf(_payload: string): PayloadKind {
  throw new Error("not built yet");
}

export class VisitorHandshake {
  /** Checks the chains. Throws `CheckFailed` when there is nobody to ring, `Unsupported` in an old browser. */
  static async create(
    _context: CallContext,
    _trust: TrustBundle | undefined,
    _siteKeys: string[],
    _options?: VisitorOptions,
  ): Promise<VisitorHandshake> {
    throw new Error("not built yet");
  }

  /** The owner remembers it over a reload of the page. */
  readonly continuity: string = "";

  /** A new handshake for a new connection; with `expert`, for their devices only. */
  async offer(_connection: string, _sdp: string, _expert?: Id): Promise<string> {
    throw new Error("not built yet");
  }

  /**
   * `undefined`: an answer to an earlier offer of this side, or from before a reload; it has no effect. The same answer
   * again gives the same. Throws `CheckFailed`, and then the call is over.
   */
  async takeAnswer(_payload: string, _answeredBy: Id, _wanted?: Id): Promise<Answered | undefined> {
    throw new Error("not built yet");
  }

  /** Candidates before the answer, any signal after it. */
  async seal(_message: Message): Promise<string> {
    throw new Error("not built yet");
  }

  /** `undefined`: it has no effect. Throws `CheckFailed`, and then the call is over. */
  async open(_payload: string): Promise<Message | undefined> {
    throw new Error("not built yet");
  }
}

export interface ExpertOptions {
  /** Of the answered call, from before a reload of the desk. */
  continuity?: string;
  /** Against which a colleague's certificate is checked. */
  siteKeys?: string[];
  /** Milliseconds since 1970, as `Date.now()`. */
  now?: () => number;
}

export class ExpertHandshake {
  // biome-ignore lint/complexity/noUselessConstructor: the signature others build against
  constructor(_context: CallContext, _device: Device, _options?: ExpertOptions) {}

  /** Throws `CheckFailed` and changes nothing: `continuity` for an offer of somebody else in an answered call. */
  async takeOffer(_payload: string): Promise<Offered> {
    throw new Error("not built yet");
  }

  /** Answers the last offer. */
  async answer(_connection: string, _sdp: string): Promise<string> {
    throw new Error("not built yet");
  }

  /** A signal after the answer; before it only `restart`, which goes unsealed. */
  async seal(_message: Message): Promise<string> {
    throw new Error("not built yet");
  }

  /** `undefined`: it has no effect. Throws `CheckFailed`. */
  async open(_payload: string): Promise<Message | undefined> {
    throw new Error("not built yet");
  }
}
