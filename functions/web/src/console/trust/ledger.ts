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
  /** This browser approves for a site key that the service does not tell of: `another` it tells of others, `none`. */
  foreign: "another" | "none" | undefined;
  /** The latest first. */
  retirements: Retirement[];
  approvers: ApproverEntry[];
  devices: DeviceEntry[];
  list: Statements["revocations"] | undefined;
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
  const anchors = reachable(mine?.siteKey, siteKeys, await all("succession", answer.successions), now);
  const strange = mine !== undefined && !siteKeys.some(({ key }) => key === mine.siteKey);
  const foreign = strange ? (siteKeys.length > 0 ? "another" : "none") : undefined;

  const certified = await Promise.all(
    answer.approvers.map(async ({ certificate, person }) => ({
      certificate: await good("approver", certificate),
      person,
    })),
  );
  const known = new Map<Key, Statements["approver"]>();
  for (const { certificate } of certified) {
    if (certificate && anchors.has(certificate.siteKey)) known.set(certificate.approverKey, certificate);
  }
  if (mine) known.set(mine.approverKey, mine);

  const told = answer.revocations === undefined ? undefined : await good("revocations", answer.revocations);
  const issued = told && (anchors.has(told.issuer) || known.has(told.issuer)) && !told.revoked.includes(told.issuer);
  const list = issued ? told : undefined;
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
      const fits =
        claimed?.expert === expert.id &&
        claimed.signingKey === request.signingKey &&
        claimed.sealingKey === request.sealingKey &&
        known.has(claimed.approverKey) &&
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
  return { organisation, approver, devices, list: ledger.list, memory: ledger.memory };
}

/** The site keys that this browser has reason to trust: its own, and those one succession away. Without one, all. */
function reachable(
  own: Key | undefined,
  siteKeys: Statements["site-key"][],
  successions: Statements["succession"][],
  now: number,
): ReadonlySet<Key> {
  if (own === undefined) return new Set(siteKeys.map(({ key }) => key));
  const anchors = new Set([own]);
  for (const succession of successions) {
    if (!valid(now, succession)) continue;
    if (succession.oldKey === own) anchors.add(succession.newKey);
    if (succession.newKey === own) anchors.add(succession.oldKey);
  }
  return anchors;
}
