// Vectors of chains of certificates: each good, or bad for one reason.

import { toBase64url } from "../call/bytes.ts";
import type { Id } from "../call/types.ts";
import { binary } from "./encoding.ts";
import type { CheckReason } from "./failure.ts";
import * as fixtures from "./fixtures.ts";
import { DAY, NOW, ORGANISATION, OTHER_ORGANISATION, publicKey } from "./fixtures.ts";
import type { Key } from "./statements.ts";

/** A chain and what every client must say of it. The times are seconds since 1970. */
export interface ChainVector {
  name: string;
  organisation: Id;
  now: number;
  site_keys: Key[];
  successions: string[];
  approvers: string[];
  device: string;
  revocations?: string;
  /** The highest number of a list that was seen before. */
  seen?: number;
  result: "good" | CheckReason;
}

export async function chains(): Promise<ChainVector[]> {
  const site = await publicKey("site");
  const next = await publicKey("next site");
  const good: Omit<ChainVector, "name" | "result"> = {
    organisation: ORGANISATION,
    now: NOW,
    site_keys: [site],
    successions: [],
    approvers: [await fixtures.approverStatement()],
    device: await fixtures.deviceStatement("ada"),
    revocations: await fixtures.revocationsStatement(),
  };
  const approver = fixtures.approverStatement;
  const device = fixtures.deviceStatement;
  const list = fixtures.revocationsStatement;
  const succession = fixtures.successionStatement;
  const [approverKey, otherApprover, adaKey] = [
    await publicKey("approver"),
    await publicKey("other approver"),
    await publicKey("ada signing"),
  ];
  const other = await approver({ approverKey: otherApprover });
  const underNext = [await approver({ by: "next site" })];
  const lasting = (days: number) => ({ notBefore: NOW - 1, notAfter: NOW - 1 + days * DAY });
  const without = ({ revocations: _, ...rest }: typeof good): typeof good => rest;
  const vector = (
    name: string,
    result: ChainVector["result"],
    over: Partial<ChainVector> = {},
    base = good,
  ): ChainVector => ({ name, ...base, ...over, result });
  return [
    vector("good", "good"),
    vector("one of two pinned keys", "good", { site_keys: [next, site] }),
    vector("by a succession", "good", { approvers: underNext, successions: [await succession()] }),
    vector("among others", "good", {
      approvers: [other, await approver({ notBefore: 0, notAfter: 1 }), ...good.approvers],
      successions: [await succession({ notBefore: 0, notAfter: 1 })],
    }),
    vector("as long as may be", "good", {
      approvers: [await approver(lasting(100))],
      device: await device("ada", lasting(8)),
      revocations: await list(lasting(7)),
    }),
    vector("clocks ten minutes apart", "good", {
      approvers: [await approver({ notBefore: NOW + 600, notAfter: NOW + DAY })],
      device: await device("ada", { notBefore: NOW - DAY, notAfter: NOW - 600 }),
      revocations: await list({ notBefore: NOW - DAY, notAfter: NOW - 600 }),
    }),
    vector("a list by another approver", "good", {
      approvers: [...good.approvers, other],
      revocations: await list({ by: "other approver" }),
    }),
    vector("a list by the site key", "good", { revocations: await list({ by: "site" }) }),
    vector("a list by the site key that follows", "good", {
      revocations: await list({ by: "next site" }),
      successions: [await succession()],
    }),
    vector("the number that was seen", "good", { seen: 7 }),
    vector("others are revoked", "good", {
      revocations: await list({ revoked: fixtures.ascending([otherApprover, await publicKey("edge")]) }),
    }),

    vector("another key is pinned", "chain", { site_keys: [next] }),
    vector("no key is pinned", "chain", { site_keys: [] }),
    vector("no approver", "chain", { approvers: [] }),
    vector("another approver", "chain", { approvers: [other] }),
    vector("an approver by the edge", "chain", { approvers: [await approver({ by: "edge" })] }),
    vector("a device by the edge", "chain", { device: await device("ada", { by: "edge" }) }),
    vector("a device by the site key", "chain", { device: await device("ada", { by: "site" }) }),
    vector("a device by itself", "chain", { device: await device("ada", { by: "ada signing" }) }),
    vector("a device by another device", "chain", { device: await device("ada", { by: "ben signing" }) }),
    vector("no succession", "chain", { approvers: underNext }),
    vector("a succession by the edge", "chain", {
      approvers: underNext,
      successions: [await succession({ by: "edge" })],
    }),
    vector("two successions in a row", "chain", {
      approvers: [await approver({ by: "edge" })],
      successions: [await succession(), await succession({ by: "next site", newKey: await publicKey("edge") })],
    }),
    vector("a list by a stranger", "chain", { revocations: await list({ by: "edge" }) }),
    vector("a list by a device", "chain", { revocations: await list({ by: "ada signing" }) }),
    vector("an approver of 100 days and a second", "chain", {
      approvers: [await approver({ notBefore: NOW - 1, notAfter: NOW + 100 * DAY })],
    }),
    vector("a device of 8 days and a second", "chain", {
      device: await device("ada", { notBefore: NOW - 1, notAfter: NOW + 8 * DAY }),
    }),
    vector("a list of 7 days and a second", "chain", {
      revocations: await list({ notBefore: NOW - 1, notAfter: NOW + 7 * DAY }),
    }),
    vector("a device that ends before it begins", "chain", {
      device: await device("ada", { notBefore: NOW + 1, notAfter: NOW - 1 }),
    }),

    vector("of another organisation", "organisation", { organisation: OTHER_ORGANISATION }),
    vector("a device of another organisation", "organisation", {
      device: await device("ada", { organisation: OTHER_ORGANISATION }),
    }),
    vector("an approver of another organisation", "organisation", {
      approvers: [await approver({ organisation: OTHER_ORGANISATION })],
    }),
    vector("a succession of another organisation", "organisation", {
      approvers: underNext,
      successions: [await succession({ organisation: OTHER_ORGANISATION })],
    }),
    vector("a list of another organisation", "organisation", {
      revocations: await list({ organisation: OTHER_ORGANISATION }),
    }),

    vector("a device that has ended", "expired", { device: await device("ada", { notAfter: NOW - 601 }) }),
    vector("an approver that has ended", "expired", { approvers: [await approver({ notAfter: NOW - 601 })] }),
    vector("a succession that has ended", "expired", {
      approvers: underNext,
      successions: [await succession({ notAfter: NOW - 601 })],
    }),
    vector("a device that begins later", "not-yet-valid", {
      device: await device("ada", { notBefore: NOW + 601 }),
    }),
    vector("an approver that begins later", "not-yet-valid", {
      approvers: [await approver({ notBefore: NOW + 601 })],
    }),
    vector("a succession that begins later", "not-yet-valid", {
      approvers: underNext,
      successions: [await succession({ notBefore: NOW + 601 })],
    }),
    vector("a list that begins later", "not-yet-valid", { revocations: await list({ notBefore: NOW + 601 }) }),

    vector("a revoked device", "revoked", { revocations: await list({ revoked: [adaKey] }) }),
    vector("a revoked approver", "revoked", { revocations: await list({ by: "site", revoked: [approverKey] }) }),
    vector("a list by an approver that it revokes", "revoked", {
      revocations: await list({ revoked: [approverKey] }),
    }),
    vector("no list", "revocations-missing", {}, without(good)),
    vector("a list that has ended", "revocations-old", { revocations: await list({ notAfter: NOW - 601 }) }),
    vector("an older list than was seen", "revocations-old", { seen: 8 }),

    vector("a device whose name was altered", "signature", { device: altered(good.device) }),
    vector("a list that was altered", "signature", { revocations: altered(await list({ revoked: [otherApprover] })) }),
    vector("an approver that was altered", "signature", { approvers: [altered(good.approvers[0] ?? "")] }),
    vector("a request for a certificate", "malformed", { device: await fixtures.requestOf("ada") }),
    vector("a list for an approver", "malformed", { approvers: [await list()] }),
    vector("an approver for a list", "malformed", { revocations: good.approvers[0] ?? "" }),
  ];
}

/** With the last byte before the signature changed. */
function altered(statement: string): string {
  const bytes = binary(statement);
  const at = bytes.length - 65;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return toBase64url(bytes);
}
