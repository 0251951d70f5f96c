// Reads what the other side says on the channel `control`: nothing but the documented form, within bounds and at a pace
// that a page can follow.

import { isId } from "./bytes.ts";
import { asMessage } from "./payload.ts";
import type { ControlMessage, Member } from "./types.ts";
import { visible } from "./visible.ts";

/** A whole conversation may be told at once: after a reload of this page. */
export const BURST = 600;
export const PER_SECOND = 20;
/** The longest chat message, each character escaped, and what is around it. */
const LONGEST_MESSAGE = 32 * 1024;
const LONGEST_MEDIA_TYPE = 100;
export const LONGEST_NAME = 80;
/** In one call, with its two ends. */
export const MOST_MEMBERS = 4;

/** So many at once, and then so many in a second. */
export class Pace {
  #burst: number;
  #perSecond: number;
  #now: () => number;
  #allowed: number;
  #at: number;

  /** `now` in milliseconds, never going back. */
  constructor(burst: number, perSecond: number, now = () => performance.now()) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#now = now;
    this.#allowed = burst;
    this.#at = now();
  }

  /** Whether one more keeps to it. */
  take(): boolean {
    const now = this.#now();
    this.#allowed = Math.min(this.#burst, this.#allowed + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
    if (this.#allowed < 1) return false;
    this.#allowed -= 1;
    return true;
  }
}

export class ControlReader {
  #pace: Pace;

  /** `now` in milliseconds, never going back. */
  constructor(now?: () => number) {
    this.#pace = new Pace(BURST, PER_SECOND, now);
  }

  /** The message; nothing where it has another form, is too long or comes too fast. */
  read(text: string): ControlMessage | undefined {
    if (!this.#pace.take() || text.length > LONGEST_MESSAGE) return undefined;
    try {
      return asControlMessage(JSON.parse(text));
    } catch {
      return undefined;
    }
  }
}

/** Whether it is 32 bytes in base64url. */
const isHash = (value: unknown): value is string => typeof value === "string" && /^[\w-]{43}$/.test(value);

function asControlMessage(value: unknown): ControlMessage | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { type, id, text, at, name, size, media_type, sha256, ...rest } = value as Record<string, unknown>;
  if (type === "bye") return { type };
  if (type === "showing") {
    const { microphone, camera, screen } = rest;
    return { type, microphone: microphone === true, camera: camera === true, screen: screen === true };
  }
  if (type === "code-commit" || type === "code-reveal") {
    const { members, commitment, secret } = rest;
    if (!isHash(members)) return undefined;
    if (type === "code-commit") return isHash(commitment) ? { type, members, commitment } : undefined;
    return isHash(secret) ? { type, members, secret } : undefined;
  }
  if (type === "members") {
    const { call, members } = rest;
    if (typeof call !== "string" || !isId(call) || !Array.isArray(members)) return undefined;
    if (members.length < 2 || members.length > MOST_MEMBERS) return undefined;
    return { type, call, members: members.map(asMember) };
  }
  if (type === "pass") {
    const { to, from, message } = rest;
    if (typeof to !== "string" || !isId(to) || typeof from !== "string" || !isId(from)) return undefined;
    return { type, to, from, message: asMessage(message) };
  }
  if (typeof id !== "string" || !isId(id)) return undefined;
  switch (type) {
    case "chat":
      return typeof text === "string" && typeof at === "string" ? { type, id, text, at } : undefined;
    case "file":
      return typeof name === "string" && typeof size === "number" && typeof media_type === "string"
        ? { type, id, name, size, media_type: media_type.slice(0, LONGEST_MEDIA_TYPE) }
        : undefined;
    case "file-accept":
    case "file-refuse":
    case "file-cancel":
      return { type, id };
    case "file-done":
      return typeof sha256 === "string" ? { type, id, sha256 } : undefined;
  }
  return undefined;
}

const KINDS = ["visitor", "expert", "colleague", "guest"] as const;

/** Throws on what has not the documented form. */
function asMember(value: unknown): Member {
  const { id, kind: told, name, fingerprint } = (value ?? {}) as Record<string, unknown>;
  const kind = KINDS.find((one) => one === told);
  const known = typeof id === "string" && isId(id) && kind && typeof name === "string";
  if (!known || typeof fingerprint !== "string" || !/^[0-9a-f]{64}$/.test(fingerprint))
    throw new TypeError("not a member of the documented form");
  return { id, kind, name: visible(name).slice(0, LONGEST_NAME), fingerprint };
}
