// What a reload needs to go on with a call: kept in the tab's session storage from the ring to the end of the call.

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

export function recall(organisation: Id): Memory | undefined {
  try {
    const memory = JSON.parse(sessionStorage.getItem(MEMORY_KEY) ?? "null") as Partial<Memory> | null;
    if (memory?.organisation !== organisation) return undefined;
    const { call, token, cursor, continuity, expert } = memory;
    if (typeof call !== "string" || typeof token !== "string" || !Number.isSafeInteger(cursor)) return undefined;
    return {
      ...{ organisation, call, token, cursor: cursor as number },
      ...(typeof continuity === "string" ? { continuity } : {}),
      ...(typeof expert === "string" ? { expert } : {}),
    };
  } catch {
    return undefined;
  }
}
