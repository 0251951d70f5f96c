// An administrator's open console as an approver: looks what there is, signs what is due, and does what is asked of it.

import { Problem } from "../../call/api.ts";
import { Store } from "../../call/store.ts";
import type { Id } from "../../call/types.ts";
import type { LoadedState } from "../../staff/loaded.ts";
import { type ApproverState, DAY, firstCertificate, plan, remember } from "../../trust/approver.ts";
import { certifyApprover, signSiteKey, signSuccession } from "../../trust/ceremony.ts";
import { newSigningKey, publicPart } from "../../trust/ed25519.ts";
import type { SiteKey } from "../../trust/key-file.ts";
import { type Former, keyStore, keysSupported, type StoredApprover } from "../../trust/key-store.ts";
import { type Key, make, read, type Statements } from "../../trust/statements.ts";
import type { ConsoleClient, Retirement } from "../client.ts";
import { approverState, type DeviceEntry, type Ledger, readLedger } from "./ledger.ts";

/** How often an open console looks, in milliseconds. */
const EVERY = 900_000;
/** As many certificates as one request may carry. */
const AT_ONCE = 64;
/** Whoever was certified under the site key before has ended by then, in seconds. */
const FORMER_COUNTS = 100 * DAY;

export interface UpkeepState {
  ledger: LoadedState<Ledger>;
  /** This browser's certificate, also one that has ended or is revoked. */
  approver: Statements["approver"] | undefined;
  /** The site keys that this browser approves for, whoever has signed in, and whatever the service says; once read. */
  known: ReadonlySet<Key> | undefined;
  /** It approves for other organisations only. */
  elsewhere: boolean;
  supported: boolean;
  /** Why what was due was not done. */
  failure: unknown;
}

/** The opened key file is not one of this organisation's site keys. */
export class ForeignKey extends Error {
  override readonly name = "ForeignKey";
}

export interface UpkeepOptions {
  client: ConsoleClient;
  organisation: Id;
  person: Id;
}

export class Upkeep extends Store<UpkeepState> {
  readonly #options: UpkeepOptions;
  readonly #closing = new AbortController();
  #queue: Promise<unknown> = Promise.resolve();

  /** Begins at once and goes on until {@link close}. */
  constructor(options: UpkeepOptions) {
    super({
      ledger: { name: "loading" },
      approver: undefined,
      known: undefined,
      elsewhere: false,
      supported: true,
      failure: undefined,
    });
    this.#options = options;
    // Not behind the lock, which another tab may hold for as long as the service likes.
    void this.#know();
    const { signal } = this.#closing;
    const timer = setInterval(() => void this.refresh(), EVERY);
    signal.addEventListener("abort", () => clearInterval(timer));
    // Computers sleep over the weekend, and timers with them.
    const seen = (): void => void (document.visibilityState === "visible" && this.refresh());
    document.addEventListener("visibilitychange", seen, { signal });
    void this.refresh();
  }

  close(): void {
    this.#closing.abort();
  }

  /** Looks again, and signs what is due. Never throws: the state tells. */
  async refresh(): Promise<void> {
    await this.#alone(() => this.#look()).catch(() => {});
  }

  /** The first site key, and this browser as its approver. */
  establish(site: SiteKey): Promise<void> {
    return this.#alone(async () => {
      await this.#options.client.addSiteKey(await signSiteKey(site, this.#options.organisation, now()));
      await this.#adopt(site);
      await this.#look();
    });
  }

  /** A new site key that the old one vouches for, and this browser as its approver. */
  succeed(old: SiteKey, site: SiteKey): Promise<void> {
    return this.#alone(async () => {
      const { client, organisation } = this.#options;
      this.check(old);
      const succession = await signSuccession(old, site.publicKey, organisation, now());
      await client.addSiteKey(await signSiteKey(site, organisation, now()), succession);
      await this.#adopt(site, old.publicKey);
      await this.#look();
    });
  }

  /** This browser as an approver, or as one for longer. Throws a {@link ForeignKey}. */
  adopt(site: SiteKey): Promise<void> {
    return this.#alone(async () => {
      await this.#look();
      this.check(site);
      await this.#adopt(site);
      await this.#look();
    });
  }

  /** Gives up the site keys that are known here, and this browser's part in them. */
  retire(because: Retirement["because"]): Promise<void> {
    return this.#alone(async () => {
      const { client, organisation, person } = this.#options;
      const { ledger } = this.state;
      if (ledger.name !== "ready") throw new TypeError("what there is to give up is not known");
      await client.retire(
        ledger.value.siteKeys.map(({ key }) => key),
        because,
      );
      await keyStore.remove("approvers", organisation, person);
      await this.#look();
    });
  }

  /** Certifies a device with these names; whoever calls this has had the code compared. */
  approve(device: DeviceEntry, names: { name: string; title: string; organisationName: string }): Promise<void> {
    return this.#alone(async () => {
      const own = await this.#own();
      if (!own) throw new TypeError("this browser is no approver");
      const certificate = firstCertificate(now(), read("approver", own.certificate), device.request, names);
      await this.#options.client.addCertificates([await make("device", certificate, own.key.privateKey)]);
      await this.#look();
    });
  }

  async refuse(device: DeviceEntry): Promise<void> {
    await this.#alone(async () => {
      await this.#options.client.refuseDevice(device.id);
      await this.#look();
    });
  }

  /** Revokes a device's signing key or an approver's key; remembered here before the service hears of it. */
  revoke(key: string): Promise<void> {
    return this.#alone(async () => {
      const own = await this.#own();
      if (!own) throw new TypeError("this browser is no approver");
      const revoked = { ...own.memory.revoked, [key]: own.memory.revoked[key] ?? now() };
      await this.#keep({ ...own, memory: { ...own.memory, revoked } });
      await this.#look();
      if (this.state.failure !== undefined) throw this.state.failure;
      const { ledger } = this.state;
      if (ledger.name !== "ready" || !ledger.value.list?.revoked.includes(key))
        throw new Problem("unavailable", "the service does not tell of the list with this key on it");
    });
  }

  /** Throws a {@link ForeignKey} where the opened key is none of this organisation's site keys. */
  check(site: SiteKey): void {
    const { ledger } = this.state;
    const known = ledger.name === "ready" && ledger.value.siteKeys.some(({ key }) => key === site.publicKey);
    if (!known) throw new ForeignKey();
  }

  /** `before`: the site key that is known to precede this one. */
  async #adopt(site: SiteKey, before?: Key): Promise<void> {
    const { client, organisation, person } = this.#options;
    const own = await this.#own();
    const former = this.#former(own, site, before);
    const memory = own?.memory ?? { number: 0, revoked: {} };
    const kept = own && !Object.hasOwn(memory.revoked, await publicPart(own.key)) ? own.key : undefined;
    const key = kept ?? (await newSigningKey());
    const approver = { organisation, person, approverKey: await publicPart(key) };
    const certificate = await certifyApprover(site, approver, now());
    await this.#keep({ key, certificate, memory, former });
    await client.addApprover(certificate);
    void navigator.storage?.persist?.().catch(() => {});
  }

  /** The site key before the one that this browser approves for now: its own, where that says which one follows it. */
  #former(own: StoredApprover | undefined, site: SiteKey, before: Key | undefined): readonly Former[] {
    const mine = own && read("approver", own.certificate).siteKey;
    const { ledger } = this.state;
    const follows = ledger.name === "ready" && ledger.value.trusted.has(site.publicKey);
    const siteKey = before ?? (follows && mine !== site.publicKey ? mine : undefined);
    const still = (own?.former ?? []).filter((one) => now() < one.until && one.siteKey !== siteKey);
    return siteKey === undefined ? still : [...still, { siteKey, until: now() + FORMER_COUNTS }];
  }

  async #look(attempts = 3): Promise<void> {
    const { client, organisation } = this.#options;
    try {
      // Before the service is asked: what is known here must not depend on its answer.
      const own = await this.#own();
      const approver = own && read("approver", own.certificate);
      this.change({ approver });
      await this.#know();
      const ledger = await readLedger(await client.trust(), organisation, own, now());
      if (own) await this.#keep({ ...own, memory: ledger.memory });
      this.change({ ledger: { name: "ready", value: ledger }, failure: undefined });
      if (!own || !approver || ledger.foreign === "another" || ledger.foreign === "none") return;
      try {
        await this.#sign({ ...own, memory: ledger.memory }, approverState(ledger, organisation, approver));
      } catch (error) {
        // Another administrator was first: theirs is taken over, and what is still due comes after it.
        const again = error instanceof Problem && error.slug === "outdated" && attempts > 1;
        if (!again) throw error;
        await this.#look(attempts - 1);
      }
    } catch (error) {
      if (this.state.ledger.name !== "ready") this.change({ ledger: { name: "failed", error } });
      this.change({ failure: error });
    }
  }

  async #sign(own: StoredApprover, state: ApproverState): Promise<void> {
    const { client, organisation } = this.#options;
    const { certificates, revocations } = plan(now(), state);
    if (revocations) {
      // The number is used up even where the service does not answer.
      await this.#keep({ ...own, memory: remember(now(), state.memory, revocations) });
      await client.putRevocations(await make("revocations", revocations, own.key.privateKey));
    }
    const signed = await Promise.all(certificates.map((one) => make("device", one, own.key.privateKey)));
    for (let at = 0; at < signed.length; at += AT_ONCE) await client.addCertificates(signed.slice(at, at + AT_ONCE));
    if (!revocations && signed.length === 0) return;
    const [answer, kept] = await Promise.all([client.trust(), this.#own()]);
    this.change({ ledger: { name: "ready", value: await readLedger(answer, organisation, kept, now()) } });
  }

  async #own(): Promise<StoredApprover | undefined> {
    if (!(await keysSupported())) {
      this.change({ supported: false });
      return undefined;
    }
    return keyStore.read("approvers", this.#options.organisation, this.#options.person);
  }

  /** Reads for which site keys people approve in this browser. */
  async #know(): Promise<void> {
    const { organisation } = this.#options;
    const [approvers, names] = await Promise.all([
      keyStore.all("approvers", organisation).catch(() => []),
      keyStore.names("approvers").catch(() => []),
    ]);
    const known = new Set(approvers.map(({ certificate }) => read("approver", certificate).siteKey));
    this.change({ known, elsewhere: known.size === 0 && names.length > 0 });
  }

  async #keep(approver: StoredApprover): Promise<void> {
    await keyStore.write("approvers", this.#options.organisation, this.#options.person, approver);
  }

  /** One thing after the other, also in other tabs of this browser. */
  #alone<Value>(work: () => Promise<Value>): Promise<Value> {
    const done = this.#queue.then(() => navigator.locks.request("visavis.trust", work)) as Promise<Value>;
    this.#queue = done.catch(() => {});
    return done;
  }
}

const now = (): number => Math.floor(Date.now() / 1000);
