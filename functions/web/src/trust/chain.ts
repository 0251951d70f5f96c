// Whether a device's certificate leads to a key that is pinned in the page.

import type { Id } from "../call/types.ts";
import { CheckFailed } from "./failure.ts";
import type { TrustBundle } from "./handshake.ts";
import { type Key, read, type Statements, type Validity, verify } from "./statements.ts";

/** What certificates may be good for. */
export interface Pinned {
  organisation: Id;
  siteKeys: readonly Key[];
  /** Seconds since 1970. */
  now: number;
}

const DAY = 86_400;
/** Clocks may differ by so much. Seconds. */
const TOLERANCE = 600;

/** The highest number of a revocation list that this page has seen, by organisation. */
const newest = new Map<Id, number>();

/** Checks certificates against what the service has sent along; each of those statements is verified once. */
export class Chains {
  #evidence: Omit<TrustBundle, "devices">;
  #pinned: Pinned;
  #newest: Map<Id, number>;
  #approvers = new Map<Key, Promise<void>>();
  #revocations: Promise<Statements["revocations"]> | undefined;

  constructor(evidence: Omit<TrustBundle, "devices">, pinned: Pinned, seen = newest) {
    this.#evidence = evidence;
    this.#pinned = pinned;
    this.#newest = seen;
  }

  /** What a good certificate says. Throws `CheckFailed` with the first thing wrong, in the order of docs/handshake.md. */
  async device(certificate: string): Promise<Statements["device"]> {
    const device = await this.#good("device", certificate, 8);
    await this.#approver(device.approverKey);
    const { revoked } = await (this.#revocations ??= this.#list());
    if (revoked.includes(device.approverKey) || revoked.includes(device.signingKey)) throw new CheckFailed("revoked");
    return device;
  }

  #approver(key: Key): Promise<void> {
    let good = this.#approvers.get(key);
    if (!good) this.#approvers.set(key, (good = this.#findApprover(key)));
    return good;
  }

  #findApprover(key: Key): Promise<void> {
    return any(this.#evidence.approvers, async (statement) => {
      if (read("approver", statement).approverKey !== key) throw new CheckFailed("chain");
      await this.#siteKey((await this.#good("approver", statement, 100)).siteKey);
    });
  }

  async #siteKey(key: Key): Promise<void> {
    const { siteKeys } = this.#pinned;
    if (siteKeys.includes(key)) return;
    await any(this.#evidence.successions, async (statement) => {
      const { oldKey, newKey } = read("succession", statement);
      if (newKey !== key || !siteKeys.includes(oldKey)) throw new CheckFailed("chain");
      await this.#good("succession", statement);
    });
  }

  async #list(): Promise<Statements["revocations"]> {
    const { revocations } = this.#evidence;
    if (revocations === undefined) throw new CheckFailed("revocations-missing");
    const list = await this.#good("revocations", revocations, 7, "revocations-old");
    const { organisation, issuer, number, revoked } = list;
    await this.#siteKey(issuer).catch(async () => {
      await this.#approver(issuer);
      if (revoked.includes(issuer)) throw new CheckFailed("revoked");
    });
    if (number < (this.#newest.get(organisation) ?? 0)) throw new CheckFailed("revocations-old");
    this.#newest.set(organisation, number);
    return list;
  }

  /** A statement by itself: its form, signature, organisation and time; `days` is the longest that it may last. */
  async #good<L extends "succession" | "approver" | "device" | "revocations">(
    label: L,
    statement: string,
    days = Number.POSITIVE_INFINITY,
    ended: "expired" | "revocations-old" = "expired",
  ): Promise<Statements[L]> {
    const values = await verify(label, statement);
    const { organisation, notBefore, notAfter } = values as Validity & { organisation: Id };
    const { now } = this.#pinned;
    if (organisation !== this.#pinned.organisation) throw new CheckFailed("organisation");
    if (notAfter < notBefore || notAfter - notBefore > days * DAY) throw new CheckFailed("chain");
    if (now < notBefore - TOLERANCE) throw new CheckFailed("not-yet-valid");
    if (now > notAfter + TOLERANCE) throw new CheckFailed(ended);
    return values;
  }
}

/** One good one is enough; otherwise the last that could have been one tells what is wrong. */
async function any(statements: readonly string[], check: (statement: string) => Promise<void>): Promise<void> {
  let reason = new CheckFailed("chain");
  for (const statement of statements) {
    try {
      return await check(statement);
    } catch (error) {
      if (!(error instanceof CheckFailed)) throw error;
      if (error.reason !== "chain") reason = error;
    }
  }
  throw reason;
}
