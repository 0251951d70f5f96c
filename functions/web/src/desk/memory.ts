// What a reload of the desk needs to go on with a call: kept in the tab's session storage as long as the call lasts.

import type { Id } from "../call/types.ts";

/** The call this tab is in. */
const MINE = "visavis.desk.call";
/** The same, as long as another desk or tab goes on with it. */
const ELSEWHERE = "visavis.desk.elsewhere";
/** By what the visitors of that call, and of those that join it, are known again: by call. */
const CONTINUITY = "visavis.desk.continuity";
/** The keys of the links that were made for that call, in base64url. */
const LINK_KEYS = "visavis.desk.link-keys";
/** The calls of those who were let in. */
const ADMITTED = "visavis.desk.admitted";

/** What another tab needs that goes on with a call. */
export type Kept = Record<typeof CONTINUITY | typeof LINK_KEYS | typeof ADMITTED, string | null>;

export function remember(call: Id): void {
  try {
    if (call !== read(MINE)) forget();
    sessionStorage.removeItem(ELSEWHERE);
    sessionStorage.setItem(MINE, call);
  } catch {
    // Then a reload offers the call as one of another desk.
  }
}

export function remembered(): Id | null {
  const call = read(MINE);
  return call === read(ELSEWHERE) ? null : call;
}

/**
 * Another desk or tab goes on with the call. By what its visitor is known stays: the call may come back, and whoever says
 * that it is elsewhere must not be able to put somebody else in the visitor's place.
 */
export function letGo(call: Id): void {
  try {
    if (call === read(MINE)) sessionStorage.setItem(ELSEWHERE, call);
  } catch {
    // Nothing was kept.
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

export const rememberLinkKey = (key: string): void => add(LINK_KEYS, key);
export const linkKeys = (): string[] => list(LINK_KEYS);
export const rememberAdmitted = (call: Id): void => add(ADMITTED, call);
export const admitted = (): Id[] => list(ADMITTED);

export function kept(): Kept {
  return { [CONTINUITY]: read(CONTINUITY), [LINK_KEYS]: read(LINK_KEYS), [ADMITTED]: read(ADMITTED) };
}

/** Takes what another tab of this browser has kept of a call. */
export function adopt(from: Kept): void {
  try {
    for (const key of [CONTINUITY, LINK_KEYS, ADMITTED] as const) {
      const value = from[key];
      if (typeof value === "string") sessionStorage.setItem(key, value);
    }
  } catch {
    // Then those who joined are sent away.
  }
}

export function forget(): void {
  try {
    for (const key of [CONTINUITY, LINK_KEYS, ADMITTED, MINE, ELSEWHERE]) sessionStorage.removeItem(key);
  } catch {
    // Nothing was kept.
  }
}

function known(): Record<Id, unknown> {
  try {
    return (JSON.parse(read(CONTINUITY) ?? "{}") ?? {}) as Record<Id, unknown>;
  } catch {
    return {};
  }
}

function read(key: string): string | null {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}

const list = (key: string): string[] => (read(key) ?? "").split(" ").filter(Boolean);

function add(key: string, value: string): void {
  try {
    sessionStorage.setItem(key, [...list(key), value].join(" "));
  } catch {
    // Then a reload sends away whom it is about.
  }
}
