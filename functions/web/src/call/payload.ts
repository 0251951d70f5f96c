// The one place where what two clients say to each other through the service is closed and opened.
//
// Today a payload is plain JSON in base64url. The authenticated handshake takes this interface over: it seals offers to
// the expert's certified key, checks transcripts, and refuses what does not match.

import { fromBase64url, toBase64url } from "./bytes.ts";
import type { Message } from "./types.ts";

/** Closes what goes to the other side and opens what comes from it. */
export interface PayloadCodec {
  seal(message: Message): Promise<string>;
  /** Throws on what is not a message; such a payload is dropped. */
  open(payload: string): Promise<Message>;
}

/** The service refuses longer ones. */
export const LONGEST_PAYLOAD = 64 * 1024;

/** Readable by the service. */
export const plainPayloads: PayloadCodec = {
  async seal(message) {
    const payload = toBase64url(new TextEncoder().encode(JSON.stringify(message)));
    if (payload.length > LONGEST_PAYLOAD) throw new RangeError(`a payload of ${payload.length} characters is too long`);
    return payload;
  },
  async open(payload) {
    return asMessage(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(fromBase64url(payload))));
  },
};

function asMessage(value: unknown): Message {
  if (typeof value !== "object" || value === null) throw new TypeError("a payload is an object");
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
