// When to try to bring a connection back: soon at first, then less and less often, until it is there or over.

/** A connection that came loose often comes back by itself in this time. Milliseconds. */
export const LOOSE = 1_500;
/** Longer than it takes to connect through a relay and a slow network. Milliseconds. */
export const CONNECTED_WITHIN = 8_000;
/** An attempt that did not help is followed by the next after this time, at first and at most. Milliseconds. */
const AGAIN = 4_000;
const AGAIN_AT_MOST = 15_000;
/** What both sides notice in the same moment makes one attempt. Milliseconds. */
const SAME_MOMENT = 1_000;

export class Recovery {
  #attempt: (number: number) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #due = Number.POSITIVE_INFINITY;
  #count = 0;
  #last = 0;

  /** `attempt` is told how many there were since the connection was last there, beginning with 1. */
  constructor(attempt: (number: number) => void) {
    this.#attempt = attempt;
  }

  /** Whether an attempt has been made and the connection is not back. */
  get trying(): boolean {
    return this.#count > 0;
  }

  /** An attempt after so many milliseconds, unless one is due before. */
  later(wait: number): void {
    const due = Math.max(Date.now() + wait, this.#last + SAME_MOMENT);
    if (due >= this.#due) return;
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => this.#try(), due - Date.now());
  }

  /** An attempt at once, and the next one when it does not help. */
  now(): void {
    if (Date.now() - this.#last >= SAME_MOMENT) this.#try();
  }

  /** The connection is there. */
  done(): void {
    this.stop();
    this.#count = 0;
  }

  /** Nothing is due any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#due = Number.POSITIVE_INFINITY;
  }

  #try(): void {
    clearTimeout(this.#timer);
    this.#last = Date.now();
    // What an attempt finds in passing, that the connection is still lost, does not hurry the next one.
    this.#due = 0;
    this.#attempt(++this.#count);
    // Stopped by it.
    if (this.#due) return;
    this.stop();
    this.later(Math.min(AGAIN * 1.5 ** (this.#count - 1), AGAIN_AT_MOST));
  }
}
