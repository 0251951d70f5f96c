// What two clients say to each other through the service: how it is closed and opened.
//
// Here in the plain, for pages without a key; authentication.ts has the sealed ones.

import type { Peer } from "../trust/handshake.ts";
import { fromBase64url, toBase64url } from "./bytes.ts";
import type { Id, Message } from "./types.ts";

/** Who is at the other side, as far as it is proven. */
export type Proven =
  | { verified: Peer }
  /** Has no certificate and asks for this side's: a visitor of a page with a key. */
  | "anonymous"
  /** Nothing is checked: the page has no key. */
  | "unverified";

/** What a payload says. */
export interface Heard {
  message: Message;
  /** With a description that belongs to a handshake; an offer of these is answered by one. */
  proven?: Proven;
  /** The visitor's, where the service is not told. */
  name?: string;
}

/** Whose answer it should be. */
export interface Expected {
  /** Who the service says has answered. */
  answeredBy?: Id | undefined;
  /** Who was asked for. */
  wanted?: Id | undefined;
  /** It stands where the answer of the call belongs: anything else in its place is an attack. */
  answers?: boolean;
}

/** Closes what goes to the other side and opens what comes from it. */
export interface Payloads {
  /** What stays the same for the call over reloads of this page, so that its owner may remember it. */
  readonly continuity?: string | undefined;
  /** Whether the service reads nothing of it. */
  readonly sealed?: boolean;
  /** An offer that begins; for all who may answer or for one expert. `name` goes with it where it is sealed. */
  offer(connection: string, sdp: string, expert?: Id, name?: string): Promise<string>;
  /** The answer to such an offer. */
  answer(connection: string, sdp: string): Promise<string>;
  /** Anything else. */
  seal(message: Message): Promise<string>;
  /**
   * `undefined` when it has no effect. Throws `CheckFailed`, and then the call is over; what else it throws says that the
   * payload is of no use.
   */
  open(payload: string, expected: Expected): Promise<Heard | undefined>;
}

/** The service refuses longer ones. */
export const LONGEST_PAYLOAD = 64 * 1024;

/** Readable by the service. */
export const plainPayloads: Payloads = {
  offer: async (connection, sdp) => encode({ type: "offer", connection, sdp }),
  answer: async (connection, sdp) => encode({ type: "answer", connection, sdp }),
  seal: async (message) => encode(message),
  async open(payload) {
    const message = asMessage(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(fromBase64url(payload))));
    return "sdp" in message ? { message, proven: "unverified" } : { message };
  },
};

/** Of an expert's page that knows nothing of the call yet; heard by visitors of pages with and without a key. */
export const restartPayload = (): string => encode({ v: 1, type: "restart" });

function encode(message: object): string {
  const payload = toBase64url(new TextEncoder().encode(JSON.stringify(message)));
  if (payload.length > LONGEST_PAYLOAD) throw new RangeError("too long");
  return payload;
}

/** Throws on what has not the documented form. */
export function asMessage(value: unknown): Message {
  if (typeof value !== "object" || value === null) throw new TypeError("not a payload of the documented form");
  const { type, connection, sdp, candidates } = value as Record<string, unknown>;
  switch (type) {
    case "offer":
    case "answer":
      if (typeof connection === "string" && typeof sdp === "string") return { type, connection, sdp };
      break;
    case "candidates":
      if (typeof connection === "string" && Array.isArray(candidates)) {
        const list = candidates.filter((one): one is RTCIceCandidateInit => typeof one === "object" && one !== null);
        return { type, connection, candidates: list };
      }
      break;
    case "restart":
      return typeof connection === "string" ? { type, connection } : { type };
  }
  throw new TypeError("not a payload of the documented form");
}
