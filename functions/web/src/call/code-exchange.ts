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

export class CodeExchange {
  #events: CodeEvents;
  #short: ShortCode;
  /** Those whose code is to be shown, and those whom the run is about by now. */
  #members = "";
  #run = "";
  #steps: Promise<void> = Promise.resolve();

  constructor(call: Id, own: Id, events: CodeEvents) {
    this.#short = new ShortCode(call, own);
    this.#events = events;
  }

  /**
   * Those who are in the call, this side too; again when a connection is a new one, which is told all. `undefined` as long
   * as not all of them are known: a code of those who were there before is not shown.
   */
  meet(members: Member[] | undefined): void {
    const now = JSON.stringify(members) ?? "";
    if (now !== this.#members) {
      this.#members = now;
      this.#events.code(undefined);
    }
    if (!members) return;
    this.#next(async () => {
      this.#run = now;
      this.#step(await this.#short.members(members));
    });
  }

  take(from: Id, message: CodeMessage): void {
    this.#next(async () => this.#step(await this.#short.take(from, message)));
  }

  #step({ messages, code }: CodeStep): void {
    for (const message of messages) this.#events.tell(message);
    if (code !== undefined && this.#run === this.#members) this.#events.code(code);
  }

  /** One after the other. */
  #next(step: () => Promise<void>): void {
    this.#steps = this.#steps.then(step).catch((error: unknown) => {
      if (error instanceof CheckFailed) this.#events.failed(error);
      else console.warn("visavis:", error);
    });
  }
}
