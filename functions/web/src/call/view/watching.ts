// Renders a component again when a store that it shows changes.

import type { ReactiveController, ReactiveControllerHost } from "lit";

/** The part of a store that is needed here. */
interface Watchable {
  subscribe(listener: () => void): () => void;
}

export class Watching implements ReactiveController {
  #host: ReactiveControllerHost;
  #store: () => Watchable | undefined;
  #changed: (() => void) | undefined;
  #watched: Watchable | undefined;
  #stop: () => void = () => {};

  /** `store` may return another one at each update; `changed` is called after each change, before the rendering. */
  constructor(host: ReactiveControllerHost, store: () => Watchable | undefined, changed?: () => void) {
    this.#host = host;
    this.#store = store;
    this.#changed = changed;
    host.addController(this);
  }

  hostConnected(): void {
    this.#watch();
  }

  hostUpdate(): void {
    this.#watch();
  }

  hostDisconnected(): void {
    this.#stop();
    this.#watched = undefined;
  }

  #watch(): void {
    const store = this.#store();
    if (store === this.#watched) return;
    this.#stop();
    this.#watched = store;
    const stop = store?.subscribe(() => {
      this.#changed?.();
      this.#host.requestUpdate();
    });
    this.#stop = stop ?? (() => {});
  }
}

/** Defines elements, each once. */
export function define(elements: Record<string, CustomElementConstructor>): void {
  for (const [name, element] of Object.entries(elements)) {
    if (!customElements.get(name)) customElements.define(name, element);
  }
}
