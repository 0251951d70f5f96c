// An expert's browser as a device: making its keys, asking for a certificate, and hearing of it.
//
// Knows no page, so that it is tested without one.

import { type Api, Problem } from "../call/api.ts";
import { Store } from "../call/store.ts";
import type { Id } from "../call/types.ts";
import { REMIND_DEVICE, valid } from "./approver.ts";
import { newSigningKey, publicPart } from "./ed25519.ts";
import { type KeyStore, keyStore, keysSupported, type StoredDevice } from "./key-store.ts";
import { deviceId, enrolmentCode, make, read, verify } from "./statements.ts";

/** As `docs/signalling.md` has it; the statements are base64url. */
export interface DeviceAnswer {
  id: string;
  state: "pending" | "certified" | "revoked";
  certificate?: string;
  approver?: string;
  succession?: string;
}

/**
 * Where this browser stands: `unsupported` it cannot make or keep such keys, `none` it has none yet, `pending` an
 * administrator has to compare the code, `refused` one has said no, `revoked` one has taken the certificate back,
 * `lapsed` nobody has renewed it, `another` the service tells of a certificate under another site key than before.
 */
export type Standing =
  | "loading"
  | "unsupported"
  | "none"
  | "pending"
  | "certified"
  | "lapsed"
  | "refused"
  | "revoked"
  | "another";

export interface EnrolmentState {
  standing: Standing;
  /** While pending: what the administrator types in. */
  code?: string;
  /** When the certificate, or what certifies it, ends; milliseconds since 1970. */
  until?: number;
  /** It should have been renewed by now. */
  soon: boolean;
  busy: boolean;
  /** Why the service could not be asked, or the keys not be kept. */
  error?: unknown;
}

export interface EnrolmentOptions {
  api: Pick<Api, "request">;
  organisation: Id;
  expert: Id;
  /** For tests. */
  keys?: Pick<KeyStore, "read" | "write" | "add" | "remove">;
  now?: () => number;
  supported?: () => Promise<boolean>;
  after?: (milliseconds: number, run: () => void) => () => void;
}

const ASK_PENDING = 4_000;
const ASK_CERTIFIED = 3_600_000;
const ASK_AGAIN = 30_000;

export class Enrolment extends Store<EnrolmentState> {
  readonly #options: Required<EnrolmentOptions>;
  #cancel: () => void = () => {};
  #closed = false;

  /** Looks what there is and goes on with it, until {@link close}. */
  constructor(options: EnrolmentOptions) {
    super({ standing: "loading", soon: false, busy: false });
    this.#options = {
      keys: keyStore,
      now: () => Date.now(),
      supported: keysSupported,
      after(milliseconds, run) {
        const timer = setTimeout(run, milliseconds);
        return () => clearTimeout(timer);
      },
      ...options,
    };
    void this.#begin();
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  /** Makes keys where there are none, and asks for a certificate; after a refusal or a revocation with fresh keys. */
  async enrol(): Promise<void> {
    if (this.state.busy) return;
    this.#set({ busy: true, error: undefined });
    const { keys, organisation, expert } = this.#options;
    try {
      const before = await keys.read("devices", organisation, expert);
      if (["refused", "revoked"].includes(this.state.standing)) await keys.remove("devices", organisation, expert);
      // Not waited for: some browsers ask the person.
      void globalThis.navigator?.storage?.persist?.().catch(() => {});
      const made = { ...(await this.#make()), ...(before ? pinned(before) : {}) };
      await this.#request(await keys.add("devices", organisation, expert, made));
    } catch (error) {
      this.#set({ error });
    } finally {
      this.#set({ busy: false });
    }
  }

  /** The expert was told by an administrator that the organisation has begun with another site key. */
  async goOn(): Promise<void> {
    const { keys, organisation, expert } = this.#options;
    const stored = await keys.read("devices", organisation, expert);
    if (stored) await keys.write("devices", organisation, expert, bare(stored));
    await this.#ask();
  }

  async #begin(): Promise<void> {
    const { keys, organisation, expert } = this.#options;
    try {
      if (!(await this.#options.supported())) return this.#set({ standing: "unsupported" });
      const stored = await keys.read("devices", organisation, expert);
      if (!stored) return this.#set({ standing: "none" });
      // What is known already counts until the service is heard.
      if (stored.certificate !== undefined) this.#stands(stored);
      await this.#ask();
    } catch (error) {
      this.#set({ standing: "unsupported", error });
    }
  }

  async #make(): Promise<StoredDevice> {
    const { organisation, expert } = this.#options;
    const signing = await newSigningKey();
    const sealing = (await crypto.subtle.generateKey("X25519", false, ["deriveBits"])) as CryptoKeyPair;
    const values = {
      organisation,
      expert,
      signingKey: await publicPart(signing),
      sealingKey: await publicPart(sealing),
    };
    return { signing, sealing, request: await make("device-request", values, signing.privateKey) };
  }

  async #request(stored: StoredDevice): Promise<void> {
    const body = { request: stored.request };
    const answer = await this.#options.api.request<{ device: DeviceAnswer }>("POST", "/devices", { body });
    const asked = { ...stored, asked: true };
    await this.#options.keys.write("devices", this.#options.organisation, this.#options.expert, asked);
    await this.#hear(asked, answer.device);
  }

  /** Asks how the device stands, now and again. */
  async #ask(): Promise<void> {
    this.#cancel();
    const { api, keys, organisation, expert } = this.#options;
    const stored = await keys.read("devices", organisation, expert);
    if (!stored || this.#closed) return;
    try {
      const id = await deviceId(read("device-request", stored.request).signingKey);
      const { device } = await api.request<{ device: DeviceAnswer }>("GET", `/devices/${id}`);
      await this.#hear(stored, device);
    } catch (error) {
      const gone = error instanceof Problem && error.slug === "not-found";
      // A request that never reached the service was not refused.
      if (gone) return this.#set({ standing: stored.asked ? "refused" : "none", code: undefined });
      this.#set({ error });
      this.#later(ASK_AGAIN);
    }
  }

  async #hear(stored: StoredDevice, answer: DeviceAnswer): Promise<void> {
    if (this.#closed) return;
    const { keys, organisation, expert } = this.#options;
    const uncertified = { ...bare(stored), ...pinned(stored) };
    this.#set({ error: undefined });
    if (answer.state === "revoked") {
      await keys.write("devices", organisation, expert, uncertified);
      return this.#set({ standing: "revoked", code: undefined });
    }
    const { certificate, approver, succession } = answer;
    if (certificate !== undefined && approver !== undefined) {
      const pin = await this.#pin(stored, certificate, approver, succession);
      if (pin === undefined) {
        this.#set({ standing: "another", code: undefined });
        return this.#later(ASK_AGAIN);
      }
      const chain = { certificate, approver, ...(succession === undefined ? {} : { succession }) };
      const certified = { ...uncertified, ...pin, ...chain };
      await keys.write("devices", organisation, expert, certified);
      this.#stands(certified);
      return this.#later(ASK_CERTIFIED);
    }
    // One that was certified waits anew where the organisation has begun with another site key.
    if (stored.certificate !== undefined) await keys.write("devices", organisation, expert, uncertified);
    this.#set({ standing: "pending", code: await enrolmentCode(stored.request) });
    this.#later(ASK_PENDING);
  }

  /**
   * What is pinned from now on: the same as before, or the site key that it says follows it; nothing where these statements
   * lead to another. What this desk believes of colleagues and writes into links is believed by it. For as long as a
   * succession holds, some approvers are still under the key before. Throws where the statements do not hold.
   */
  async #pin(
    stored: StoredDevice,
    certificate: string,
    approver: string,
    succession: string | undefined,
  ): Promise<Pinned | undefined> {
    const { organisation, expert, now } = this.#options;
    const asked = read("device-request", stored.request);
    const [given, by] = await Promise.all([verify("device", certificate), verify("approver", approver)]);
    const own = asked.signingKey === given.signingKey && asked.sealingKey === given.sealingKey;
    if (!own || given.expert !== expert) throw new TypeError("the certificate is another device's");
    const ours = given.organisation === organisation && by.organisation === organisation;
    if (!ours || given.approverKey !== by.approverKey) throw new TypeError("the certificate leads nowhere");
    const seconds = Math.floor(now() / 1000);
    const { siteKey: before, former } = pinned(stored);
    if (before === undefined) return { siteKey: by.siteKey };
    if (before === by.siteKey || (former?.siteKey === by.siteKey && seconds < former.until)) return pinned(stored);
    if (succession === undefined) return undefined;
    const follows = await verify("succession", succession);
    const leads = follows.oldKey === before && follows.newKey === by.siteKey && follows.organisation === organisation;
    if (!leads || !valid(seconds, follows)) return undefined;
    return { siteKey: by.siteKey, former: { siteKey: before, until: follows.notAfter } };
  }

  #stands({ certificate = "", approver = "" }: StoredDevice): void {
    const until = Math.min(read("device", certificate).notAfter, read("approver", approver).notAfter) * 1000;
    const left = until - this.#options.now();
    this.#set({
      standing: left > 0 ? "certified" : "lapsed",
      soon: left < REMIND_DEVICE * 1000,
      until,
      code: undefined,
    });
  }

  #later(milliseconds: number): void {
    this.#cancel();
    if (!this.#closed) this.#cancel = this.#options.after(milliseconds, () => void this.#ask());
  }

  #set(part: { [Name in keyof EnrolmentState]?: EnrolmentState[Name] | undefined }): void {
    this.change(part as Partial<EnrolmentState>);
  }
}

/** Without what certifies it, and without what it was certified under. */
function bare({ signing, sealing, request, asked }: StoredDevice): StoredDevice {
  return { signing, sealing, request, ...(asked === undefined ? {} : { asked }) };
}

type Pinned = Pick<StoredDevice, "siteKey" | "former">;

/** Of a device from before there was anything pinned, what certifies it. */
function pinned({ siteKey, former, approver }: StoredDevice): Pinned {
  if (siteKey !== undefined) return { siteKey, ...(former ? { former } : {}) };
  return approver === undefined ? {} : { siteKey: read("approver", approver).siteKey };
}
