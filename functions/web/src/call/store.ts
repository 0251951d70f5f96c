// A value that changes, and whoever wants to know.

/** Holds an immutable state; several changes in a row are told once, in a microtask. */
export class Store<State extends object> {
  #state: State;
  #listeners = new Set<(state: State) => void>();
  #told = true;

  constructor(state: State) {
    this.#state = state;
  }

  /** The state now. Never changed in place: compare parts by identity. */
  get state(): Readonly<State> {
    return this.#state;
  }

  /** Calls `listener` after each change, until the returned function is called or `signal` aborts. */
  subscribe(listener: (state: State) => void, signal?: AbortSignal): () => void {
    const stop = (): void => void this.#listeners.delete(listener);
    if (!signal?.aborted) {
      this.#listeners.add(listener);
      signal?.addEventListener("abort", stop, { once: true });
    }
    return stop;
  }

  protected change(part: Partial<State>): void {
    this.#state = { ...this.#state, ...part };
    if (!this.#told) return;
    this.#told = false;
    queueMicrotask(() => {
      this.#told = true;
      for (const listener of [...this.#listeners]) listener(this.#state);
    });
  }
}
