// The short code that all members of a call read to each other: commit, then reveal.

import type { Id } from "../call/types.ts";

/** `fingerprint` in lower-case hexadecimal. */
export interface Member {
  id: Id;
  fingerprint: string;
}

export type CodeMessage =
  | { type: "code-commit"; members: string; commitment: string }
  | { type: "code-reveal"; members: string; secret: string };

/** Send `messages` to all other members; `code` is there once all have revealed, written `123 456`. */
export interface CodeStep {
  messages: CodeMessage[];
  code?: string;
}

/** Runs for one call and one own id. Calls must not overlap: await each. */
export class ShortCode {
  // biome-ignore lint/complexity/noUselessConstructor: the signature others build against
  constructor(_call: Id, _own: Id) {}

  /** The set of members changed; two to four, with this one. What was said for another set is forgotten. */
  async members(_members: Member[]): Promise<CodeStep> {
    throw new Error("not built yet");
  }

  /** Throws `CheckFailed("short-code")`: the call ends. */
  async take(_from: Id, _message: CodeMessage): Promise<CodeStep> {
    throw new Error("not built yet");
  }
}
