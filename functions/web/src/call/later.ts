// What of a call its first picture does not wait for: a widget loads it with its second script, which hands it over here.

import type { FileTransfers } from "./files.ts";
import type { Group } from "./group.ts";
import type { watchQuality } from "./quality.ts";

export interface Later {
  FileTransfers: typeof FileTransfers;
  Group: typeof Group;
  watchQuality: typeof watchQuality;
}

let provided: (later: Later) => void;

/** Settled once it is there. */
export const later: Promise<Later> = new Promise((resolve) => {
  provided = resolve;
});

export function provide(what: Later): void {
  provided(what);
}
