// What of a call its first picture does not wait for: a widget loads it with its second script, which hands it over here.

import type { CodeExchange } from "./code-exchange.ts";

export interface Later {
  CodeExchange: typeof CodeExchange;
}

let provided: (later: Later) => void;

/** Settled once it is there. */
export const later: Promise<Later> = new Promise((resolve) => {
  provided = resolve;
});

export function provide(what: Later): void {
  provided(what);
}
