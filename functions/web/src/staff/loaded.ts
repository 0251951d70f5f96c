// Something that is read from the service: loading, failed, or there.

import type { ReactiveController, ReactiveControllerHost } from "lit";

export type LoadedState<Value> =
  | { name: "loading" }
  | { name: "failed"; error: unknown }
  | { name: "ready"; value: Value };

/** Reads when its host is connected, and again on `load`; a reload that fails keeps nothing stale. */
export class Loaded<Value> implements ReactiveController {
  #host: ReactiveControllerHost;
  #read: () => Promise<Value>;
  #state: LoadedState<Value> = { name: "loading" };

  constructor(host: ReactiveControllerHost, read: () => Promise<Value>) {
    this.#host = host;
    this.#read = read;
    host.addController(this);
  }

  get state(): LoadedState<Value> {
    return this.#state;
  }

  /** What was read, once it is there. */
  get value(): Value | undefined {
    return this.#state.name === "ready" ? this.#state.value : undefined;
  }

  /** Takes over what a change answered. */
  set value(value: Value) {
    this.#set({ name: "ready", value });
  }

  hostConnected(): void {
    void this.load();
  }

  async load(): Promise<void> {
    this.#set({ name: "loading" });
    try {
      this.#set({ name: "ready", value: await this.#read() });
    } catch (error) {
      this.#set({ name: "failed", error });
    }
  }

  #set(state: LoadedState<Value>): void {
    this.#state = state;
    this.#host.requestUpdate();
  }
}
