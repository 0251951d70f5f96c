// What the service tells of an organisation's keys, checked against what this browser knows itself.

import type { Id, Time } from "../../call/types.ts";
import { type ApproverState, type Memory, remember, valid } from "../../trust/approver.ts";
import type { StoredApprover } from "../../trust/key-store.ts";
import { enrolmentCode, type Key, type Label, read, type Statements, verify } from "../../trust/statements.ts";
import type { Retirement, Trust } from "../client.ts";

/**
 * How a device stands: `pending` nobody has approved it, `unknown` whoever approved it is not known or is revoked, so it
 * needs approving anew, `inactive` its expert does not work here any more.
 */
export type Standing = "pending" | "unknown" | "certified" | "lapsed" | "revoked" | "inactive";

export interface DeviceEntry {
  id: string;
  expert: Trust["devices"][number]["expert"];
  request: Statements["device-request"];
  /** What the expert reads out, computed from the request. */
  code: string;
  certificate: Statements["device"] | undefined;
  standing: Standing;
  requestedAt: Time;
}

export interface ApproverEntry {
  certificate: Statements["approver"];
  person: { id: Id; name: string; active: boolean };
  standing: "good" | "ended" | "revoked" | "unknown";
  mine: boolean;
}

export interface Ledger {
  /** The newest first. */
  siteKeys: Statements["site-key"][];
  /**
   * This browser approves for a site key that the service does not tell of: `another` it tells of others, `none`. Or it
   * tells of one `besides` that this browser knows nothing of.
   */
  foreign: "another" | "none" | "besides" | undefined;
  /** The site keys that this browser has reason to trust: its own, the one that follows it, the one before. */
  trusted: ReadonlySet<Key>;
  /** The latest first. */
  retirements: Retirement[];
  approvers: ApproverEntry[];
  devices: DeviceEntry[];
  list: Statements["revocations"] | undefined;
  /** There is a list that holds, of somebody whom this browser does not know. */
  strangeList: boolean;
  memory: Memory;
}

/** Reads what is of the right form and signed by whom it says; the rest is as if it were not there. */
export async function readLedger(
  answer: Trust,
  organisation: Id,
  own: StoredApprover | undefined,
  now: number,
): Promise<Ledger> {
  const good = async <L extends Label>(label: L, statement: string): Promise<Statements[L] | undefined> => {
    const values = await verify(label, statement).catch(() => undefined);
    return values?.organisation === organisation ? values : undefined;
  };
  const all = async <L extends Label>(label: L, statements: string[]): Promise<Statements[L][]> =>
    (await Promise.all(statements.map((statement) => good(label, statement)))).filter((values) => values !== undefined);

  const siteKeys = (await all("site-key", answer.site_keys)).sort((one, other) => other.created - one.created);
  const mine = own && read("approver", own.certificate);
  const anchors = trusted(own, siteKeys, await all("succession", answer.successions), now);

  const certified = await Promise.all(
    answer.approvers.map(async ({ certificate, person }) => ({
      certificate: await good("approver", certificate),
      person,
    })),
  );
  const known = new Map<Key, Statements["approver"]>();
  for (const certificate of [...certified.map((one) => one.certificate), mine]) {
    if (!certificate || !anchors.has(certificate.siteKey)) continue;
    const other = known.get(certificate.approverKey);
    if (!other || other.notAfter < certificate.notAfter) known.set(certificate.approverKey, certificate);
  }

  const used = new Set(
    certified.flatMap((one) => (one.certificate && valid(now, one.certificate) ? [one.certificate.siteKey] : [])),
  );
  const foreign = mine && strangeness(mine.siteKey, siteKeys, anchors, used);
  const told = answer.revocations === undefined ? undefined : await good("revocations", answer.revocations);
  const list = told && isIssued(told, anchors, known, own?.memory) ? told : undefined;
  const strangeList = told !== undefined && !anchors.has(told.issuer) && !known.has(told.issuer) && valid(now, told);
  const memory = remember(now, own?.memory ?? { number: 0, revoked: {} }, list);
  const revoked = (key: Key): boolean => Object.hasOwn(memory.revoked, key);

  const approvers = certified.flatMap(({ certificate, person }): ApproverEntry[] => {
    if (!certificate) return [];
    const { approverKey } = certificate;
    const standing = revoked(approverKey)
      ? "revoked"
      : !known.has(approverKey)
        ? "unknown"
        : valid(now, certificate)
          ? "good"
          : "ended";
    return [{ certificate, person, standing, mine: approverKey === mine?.approverKey }];
  });

  const devices = await Promise.all(
    answer.devices.map(async ({ id, expert, request: asked, certificate: given, requested_at }) => {
      const request = await good("device-request", asked);
      if (!request || request.expert !== expert.id) return undefined;
      const claimed = given === undefined ? undefined : await good("device", given);
      const by = claimed && known.get(claimed.approverKey);
      const fits =
        claimed?.expert === expert.id &&
        claimed.signingKey === request.signingKey &&
        claimed.sealingKey === request.sealingKey &&
        by !== undefined &&
        // No console signs for longer than it may itself: whose time is over cannot go on by an older date.
        claimed.notAfter <= by.notAfter &&
        !revoked(claimed.approverKey);
      const certificate = fits ? claimed : undefined;
      let standing: Standing = given === undefined ? "pending" : "unknown";
      if (certificate) standing = now < certificate.notAfter ? "certified" : "lapsed";
      if (given !== undefined && !expert.active) standing = "inactive";
      if (revoked(request.signingKey)) standing = "revoked";
      const entry: DeviceEntry = {
        id,
        expert,
        request,
        code: await enrolmentCode(asked),
        certificate,
        standing,
        requestedAt: requested_at,
      };
      return entry;
    }),
  );
  return {
    siteKeys,
    foreign,
    trusted: anchors,
    strangeList,
    retirements: answer.retirements,
    approvers,
    devices: devices.filter((entry) => entry !== undefined),
    list,
    memory,
  };
}

/** What the planner needs to know. */
export function approverState(ledger: Ledger, organisation: Id, approver: Statements["approver"]): ApproverState {
  const devices = ledger.devices.flatMap(({ certificate, expert }) =>
    certificate ? [{ certificate, active: expert.active }] : [],
  );
  const { list, strangeList, memory } = ledger;
  return { organisation, approver, devices, list, strangeList, memory };
}

/**
 * The site keys that this browser has reason to trust: its own, one that its own says follows it, and the one before where
 * this browser was there when it changed: that a key precedes another anybody could say. Without one of its own, all.
 */
function trusted(
  own: StoredApprover | undefined,
  siteKeys: Statements["site-key"][],
  successions: Statements["succession"][],
  now: number,
): ReadonlySet<Key> {
  if (!own) return new Set(siteKeys.map(({ key }) => key));
  const { siteKey } = read("approver", own.certificate);
  const following = successions.filter((one) => one.oldKey === siteKey && valid(now, one)).map(({ newKey }) => newKey);
  const former = (own.former ?? []).filter(({ until }) => now < until).map((one) => one.siteKey);
  return new Set([siteKey, ...following, ...former]);
}

/** Keys that have had their time stay told of: only one that an approver still needs, or that is newer, matters. */
function strangeness(
  own: Key,
  siteKeys: Statements["site-key"][],
  anchors: ReadonlySet<Key>,
  used: ReadonlySet<Key>,
): Ledger["foreign"] {
  if (siteKeys.length === 0) return "none";
  const mine = siteKeys.find(({ key }) => key === own);
  if (!mine) return "another";
  const strange = siteKeys.filter(
    ({ key, created }) => !anchors.has(key) && (used.has(key) || created >= mine.created),
  );
  return strange.length > 0 ? "besides" : undefined;
}

/** Whether a list is one of a good issuer, made while it was one; what it says cannot be taken back here. */
function isIssued(
  list: Statements["revocations"],
  anchors: ReadonlySet<Key>,
  approvers: ReadonlyMap<Key, Statements["approver"]>,
  memory: Memory | undefined,
): boolean {
  // Numbers rise by one: so high they come to be by no honest hand, and nothing could follow on the highest.
  if (list.number > list.notBefore) return false;
  if (anchors.has(list.issuer)) return true;
  const issuer = approvers.get(list.issuer);
  const fallen = list.revoked.includes(list.issuer) || (memory && Object.hasOwn(memory.revoked, list.issuer));
  return issuer !== undefined && list.notAfter <= issuer.notAfter && !fallen;
}
