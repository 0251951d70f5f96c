// What a reload needs to go on with a call: kept in the tab's session storage from the ring to the end of the call, and
// by whoever comes with a link that works once, from its use on.

import type { Id } from "./types.ts";

export const MEMORY_KEY = "visavis.call";

export interface Memory {
  organisation: Id;
  call: Id;
  token: string;
  /** The last sequence of the mailbox that was handled. */
  cursor: number;
  /** By which the expert knows this visitor again, and who they have proven to be; on a page with a site key. */
  continuity?: string;
  expert?: Id;
  /** Tells by which link it was begun, and is not its secret; nothing where there was none. */
  link?: string;
}

export function remember(memory: Memory): void {
  try {
    sessionStorage.setItem(MEMORY_KEY, JSON.stringify(memory));
  } catch {
    // A browser that keeps nothing: a reload ends the call.
  }
}

export function forget(): void {
  try {
    sessionStorage.removeItem(MEMORY_KEY);
  } catch {
    // Nothing was kept.
  }
}

/** What was begun by this link, or by none: whoever opens another one in the same tab does not mean that call. */
export function recall(organisation: Id, link?: string): Memory | undefined {
  try {
    const memory = JSON.parse(sessionStorage.getItem(MEMORY_KEY) ?? "null") as Partial<Memory> | null;
    if (memory?.organisation !== organisation || memory.link !== link) return undefined;
    const { call, token, cursor, continuity, expert } = memory;
    if (typeof call !== "string" || typeof token !== "string" || !Number.isSafeInteger(cursor)) return undefined;
    return {
      ...{ organisation, call, token, cursor: cursor as number },
      ...(typeof continuity === "string" ? { continuity } : {}),
      ...(typeof expert === "string" ? { expert } : {}),
      ...(link === undefined ? {} : { link }),
    };
  } catch {
    return undefined;
  }
}
