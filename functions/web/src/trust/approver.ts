// What an administrator's open console signs by itself: device certificates and the revocation list, before they lapse.
//
// Knows neither keys nor the service: (now, state) in, statements out. Times are seconds since 1970.

import { fromBase64url } from "../call/bytes.ts";
import type { Id } from "../call/types.ts";
import type { Key, Statements } from "./statements.ts";

export const DAY = 86_400;
/** So long before it is signed a statement is valid already: clocks differ. */
export const EARLIER = 600;
const DEVICE_LASTS = 7 * DAY;
const DEVICE_RENEWED_AFTER = DAY;
const LIST_LASTS = 6 * DAY;
const LIST_RENEWED_AFTER = DAY / 2;
/** A certificate that lapsed longer ago is not brought back by itself: nobody may remember the device. */
const LAPSED_AT_MOST = 30 * DAY;
/** A revoked key need not be listed for longer: whatever was signed for it or by it has ended. */
const LISTED_FOR = 120 * DAY;
/** As many as a list may hold. */
export const MOST_REVOKED = 1024;
/** How long before an approver's end its administrator is reminded. */
const REMIND_APPROVER = 14 * DAY;
/** Below this a device's certificate was not renewed when it should have been. */
export const REMIND_DEVICE = 2 * DAY;

/** What the administrator's browser remembers by itself, so that nobody can make it forget a revocation. */
export interface Memory {
  /** The highest number of a list that it has seen. */
  number: number;
  /** Since when each key is known to be revoked. */
  revoked: Readonly<Record<Key, number>>;
}

/** What the console knows, of statements that it has verified. */
export interface ApproverState {
  organisation: Id;
  /** This browser's certificate. */
  approver: Statements["approver"];
  /** The latest certificate of each device, signed by an approver that is not revoked, and whether its expert is active. */
  devices: readonly { certificate: Statements["device"]; active: boolean }[];
  /** The latest list of a good issuer. */
  list: Statements["revocations"] | undefined;
  /** There is a list that holds, of somebody whom this browser does not know: what is on it must not be lost. */
  strangeList: boolean;
  memory: Memory;
}

export interface Plan {
  certificates: Statements["device"][];
  revocations?: Statements["revocations"];
}

/** Whether a statement is valid now. */
export function valid(now: number, { notBefore, notAfter }: { notBefore: number; notAfter: number }): boolean {
  return notBefore <= now + EARLIER && now < notAfter;
}

/**
 * What is known once a list was seen. What others have listed takes nothing away from what is known already, and is no
 * younger for being listed still.
 */
export function remember(now: number, memory: Memory, list: Statements["revocations"] | undefined): Memory {
  const listed = list?.revoked ?? [];
  const known = Object.entries(memory.revoked).filter(([key, since]) => isListed(now, since) || listed.includes(key));
  const news = listed.filter((key) => !Object.hasOwn(memory.revoked, key));
  const room = Math.max(0, MOST_REVOKED - known.length);
  const revoked = Object.fromEntries([...known, ...news.slice(0, room).map((key) => [key, now] as const)]);
  return { number: Math.max(memory.number, list?.number ?? 0), revoked };
}

const isListed = (now: number, since: number): boolean => now - since < LISTED_FOR;

/** What is to be signed now; nothing where nothing is due. */
export function plan(now: number, state: ApproverState): Plan {
  const { organisation, approver, devices, list, strangeList, memory } = state;
  const revoked = new Set(Object.keys(memory.revoked));
  if (!valid(now, approver) || revoked.has(approver.approverKey)) return { certificates: [] };
  const until = (lasts: number) => ({ notBefore: now - EARLIER, notAfter: Math.min(now + lasts, approver.notAfter) });

  const certificates = devices
    .filter(({ certificate, active }) => {
      const { notBefore, notAfter, signingKey } = certificate;
      if (!active || revoked.has(signingKey) || now - notAfter > LAPSED_AT_MOST) return false;
      // One that is signed by another's key is no worse; one that would not last longer is not worth it.
      return now - notBefore > DEVICE_RENEWED_AFTER && until(DEVICE_LASTS).notAfter > notAfter;
    })
    .map(({ certificate }) => ({ ...certificate, approverKey: approver.approverKey, ...until(DEVICE_LASTS) }));

  const listed = newest(now, memory);
  const same =
    list !== undefined && list.revoked.length === listed.length && listed.every((key, at) => key === list.revoked[at]);
  const fresh =
    list !== undefined &&
    list.number >= memory.number &&
    valid(now, list) &&
    (now - list.notBefore <= LIST_RENEWED_AFTER || until(LIST_LASTS).notAfter <= list.notAfter);
  if (strangeList || (same && fresh)) return { certificates };
  return {
    certificates,
    revocations: {
      organisation,
      issuer: approver.approverKey,
      number: Math.max(memory.number, list?.number ?? 0) + 1,
      ...until(LIST_LASTS),
      revoked: listed,
    },
  };
}

/** The first certificate of a device, for what its request says. */
export function firstCertificate(
  now: number,
  approver: Statements["approver"],
  request: Statements["device-request"],
  names: { name: string; title: string; organisationName: string },
): Statements["device"] {
  const { organisation, expert, signingKey, sealingKey } = request;
  return {
    organisation,
    approverKey: approver.approverKey,
    expert,
    ...names,
    signingKey,
    sealingKey,
    notBefore: now - EARLIER,
    notAfter: Math.min(now + DEVICE_LASTS, approver.notAfter),
  };
}

/** Whole days until an approver's end, as soon as its administrator should know; 0 when it is over. */
export function daysLeft(now: number, approver: Statements["approver"]): number | undefined {
  const left = approver.notAfter - now;
  return left > REMIND_APPROVER ? undefined : Math.max(0, Math.ceil(left / DAY));
}

/** The revoked keys in the order of their bytes, which is not the order of their letters. */
function newest(now: number, { revoked }: Memory): Key[] {
  return Object.entries(revoked)
    .filter(([, since]) => isListed(now, since))
    .sort(([, one], [, other]) => other - one)
    .slice(0, MOST_REVOKED)
    .map(([key]) => ({ key, bytes: fromBase64url(key) }))
    .sort((one, other) => compare(one.bytes, other.bytes))
    .map(({ key }) => key);
}

function compare(one: Uint8Array, other: Uint8Array): number {
  for (const [at, byte] of one.entries()) if (byte !== other[at]) return byte - (other[at] ?? -1);
  return 0;
}
