// The short code of a call: run over the channel `control` as soon as it is there, shown to who asks.

import { type CodeMessage, type CodeStep, type Member, ShortCode } from "../trust/code.ts";
import { CheckFailed } from "../trust/failure.ts";
import type { Id } from "./types.ts";

export interface CodeEvents {
  /** To all others. */
  tell: (message: CodeMessage) => void;
  /** `undefined` until all have revealed. */
  code: (code: string | undefined) => void;
  failed: (error: CheckFailed) => void;
}

/** Many times more than a call with all its reloads needs. */
const MOST_HEARD = 1_000;

export class CodeExchange {
  #events: CodeEvents;
  #short: ShortCode;
  #members = "";
  /** What was said for these members, for a connection that takes the place of one that lost it. */
  #said: CodeMessage[] = [];
  /** What was taken: a repetition has no effect. */
  #heard = new Set<string>();
  #steps: Promise<void> = Promise.resolve();

  constructor(call: Id, own: Id, events: CodeEvents) {
    this.#short = new ShortCode(call, own);
    this.#events = events;
  }

  /** Those who are in the call, this side too; again when a connection is a new one. */
  meet(members: Member[]): void {
    this.#next(async () => {
      const now = JSON.stringify(members);
      if (now === this.#members) {
        for (const message of this.#said) this.#events.tell(message);
        return;
      }
      this.#members = now;
      this.#said = [];
      this.#events.code(undefined);
      this.#step(await this.#short.members(members));
    });
  }

  take(from: Id, message: CodeMessage): void {
    this.#next(async () => {
      const said = JSON.stringify([from, message]);
      if (this.#heard.has(said) || this.#heard.size >= MOST_HEARD) return;
      this.#heard.add(said);
      this.#step(await this.#short.take(from, message));
    });
  }

  #step({ messages, code }: CodeStep): void {
    this.#said.push(...messages);
    for (const message of messages) this.#events.tell(message);
    if (code !== undefined) this.#events.code(code);
  }

  /** One after the other. */
  #next(step: () => Promise<void>): void {
    this.#steps = this.#steps.then(step).catch((error: unknown) => {
      if (error instanceof CheckFailed) this.#events.failed(error);
      else console.warn("visavis:", error);
    });
  }
}
