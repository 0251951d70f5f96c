// What a reload of the desk needs to go on with a call: kept in the tab's session storage as long as the call lasts.

import type { Id } from "../call/types.ts";

/** The call this tab is in. */
const MINE = "visavis.desk.call";
/** By what the visitors of that call, and of those that join it, are known again: by call. */
const CONTINUITY = "visavis.desk.continuity";
/** The keys of the links that were made for that call, in base64url. */
const LINK_KEYS = "visavis.desk.link-keys";

export function remember(call: Id): void {
  try {
    if (call !== remembered()) forget();
    sessionStorage.setItem(MINE, call);
  } catch {
    // Then a reload offers the call as one of another desk.
  }
}

export function remembered(): Id | null {
  try {
    return sessionStorage.getItem(MINE);
  } catch {
    return null;
  }
}

export function rememberVisitor(call: Id, continuity: string): void {
  try {
    sessionStorage.setItem(CONTINUITY, JSON.stringify({ ...known(), [call]: continuity }));
  } catch {
    // Then a reload believes the next one who offers.
  }
}

export function continuity(call: Id): string | undefined {
  const kept = known()[call];
  return typeof kept === "string" ? kept : undefined;
}

export function rememberLinkKey(key: string): void {
  try {
    sessionStorage.setItem(LINK_KEYS, [...linkKeys(), key].join(" "));
  } catch {
    // Then a reload refuses the guests of this link.
  }
}

export function linkKeys(): string[] {
  try {
    return (sessionStorage.getItem(LINK_KEYS) ?? "").split(" ").filter(Boolean);
  } catch {
    return [];
  }
}

export function forget(): void {
  try {
    for (const key of [CONTINUITY, LINK_KEYS, MINE]) sessionStorage.removeItem(key);
  } catch {
    // Nothing was kept.
  }
}

function known(): Record<Id, unknown> {
  try {
    return (JSON.parse(sessionStorage.getItem(CONTINUITY) ?? "{}") ?? {}) as Record<Id, unknown>;
  } catch {
    return {};
  }
}
