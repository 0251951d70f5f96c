// Which of an expert's desks goes on with a call: each says so by the mailbox that all of them share.

import { newId } from "../call/bytes.ts";
import type { Id } from "../call/types.ts";

export class Wishes {
  /** All of this desk. */
  #own = new Set<Id>();
  /** The last one, until it comes back by the mailbox: other desks wished theirs before, and this one has the call now. */
  #pending: Id | undefined;

  /** Another desk went on with the call after this one. */
  overtaken = false;

  /** This desk goes on with a call, by this wish. */
  make(): Id {
    this.overtaken = false;
    this.#pending = newId();
    this.#own.add(this.#pending);
    return this.#pending;
  }

  /** The service has not answered it, and may not have passed it on. */
  fail(wish: Id): void {
    if (wish === this.#pending) this.#pending = undefined;
  }

  /**
   * A wish came by the mailbox; `old` is one from before this page went on with the call. Whether it is another desk's,
   * and this one is to let go.
   */
  hear(wish: Id, old: boolean): boolean {
    const others = !old && this.#pending === undefined && !this.#own.has(wish);
    this.fail(wish);
    this.overtaken ||= others;
    return others;
  }

  /** What the mailbox held was dropped, perhaps with this desk's wish. */
  gap(): void {
    this.#pending = undefined;
  }
}
