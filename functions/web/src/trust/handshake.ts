// The two ends of the handshake: what a call says through the service, sealed and checked.

import { toBase64url } from "../call/bytes.ts";
import type { Id, Message } from "../call/types.ts";
import { type Agreed, offerAnswered, openAnswer, type Role, sealAnswer } from "./answer.ts";
import { Chains } from "./chain.ts";
import { checkSignature, sign } from "./ed25519.ts";
import { type Bytes, binary, equal, random } from "./encoding.ts";
import { fromPayload, kindOf, toPayload } from "./envelope.ts";
import { CheckFailed } from "./failure.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { newSealingKey } from "./hpke.ts";
import {
  colleagueStatement,
  guestProof,
  type JoinerProof,
  type OfferContent,
  type OfferFacts,
  openOffer,
  sealOffer,
} from "./offer.ts";
import { deviceId, type Key, read, type Statements } from "./statements.ts";

export { kindOf } from "./envelope.ts";

/** Who the certificate says the other side is. */
export interface Peer {
  expert: Id;
  name: string;
  /** May be empty. */
  title: string;
  /** The organisation's name. */
  organisation: string;
}

export interface CallContext {
  organisation: Id;
  call: Id;
}

/** `trust` of the service's answers; statements in base64url. */
export interface TrustBundle {
  successions: string[];
  approvers: string[];
  devices: string[];
  revocations?: string;
}

/** An expert's device: its keys and what certifies them, in base64url. */
export interface Device {
  signing: CryptoKeyPair;
  sealing: CryptoKeyPair;
  certificate: string;
  approver: string;
  succession?: string;
}

/** The site key that a device is certified under. */
export function siteKeyOf({ approver }: Device): Key {
  return read("approver", approver).siteKey;
}

export interface VisitorOptions {
  /** From before a reload of the page. */
  continuity?: string;
  /** Milliseconds since 1970, as `Date.now()`. */
  now?: () => number;
  /** Of a colleague who joins a call: proves who rings. */
  device?: Device;
  /** Of a guest who joins a call: the key in their link. */
  linkKey?: Bytes;
}

/** What an answer says once everything about it is checked. */
export interface Answered {
  connection: string;
  sdp: string;
  peer: Peer;
  /** Of the expert's DTLS certificate: SHA-256 in lower-case hexadecimal. */
  fingerprint: string;
}

/** What an offer says; the visitor behind it is not authenticated, unless a `colleague`. */
export interface Offered {
  connection: string;
  sdp: string;
  /** Of the visitor's DTLS certificate: SHA-256 in lower-case hexadecimal. */
  fingerprint: string;
  /** To be remembered over a reload of the desk. */
  continuity: string;
  /** Of the visitor, as they say. */
  name?: string;
  colleague?: Peer;
}

/** A restart that nobody vouches for is listened to so often at most. Milliseconds. */
const RESTART_EVERY = 2_000;

export class VisitorHandshake {
  /** The owner remembers it over a reload of the page. */
  readonly continuity: string;
  #context: CallContext;
  #trust: TrustBundle;
  #siteKeys: Key[];
  #devices: Statements["device"][];
  #options: VisitorOptions;
  /** The offer that waits for its answer. */
  #open: { facts: OfferFacts; pair: CryptoKeyPair } | undefined;
  /** The last offer, also once it is answered. */
  #offer: OfferFacts | undefined;
  /** By hash. */
  #earlier = new Set<string>();
  #taken: { what: string; answered: Promise<Answered> } | undefined;
  #agreed: Agreed | undefined;
  #restartAt = Number.NEGATIVE_INFINITY;

  /** Checks the chains. Throws `CheckFailed` when there is nobody to ring, `Unsupported` in an old browser. */
  static async create(
    context: CallContext,
    trust: TrustBundle | undefined,
    siteKeys: string[],
    options: VisitorOptions = {},
  ): Promise<VisitorHandshake> {
    if (!trust) throw new CheckFailed("no-device");
    const devices = await goodDevices(context.organisation, trust, siteKeys, options.now);
    return new VisitorHandshake(context, trust, siteKeys, devices, options);
  }

  private constructor(
    context: CallContext,
    trust: TrustBundle,
    siteKeys: Key[],
    devices: Statements["device"][],
    options: VisitorOptions,
  ) {
    this.#context = context;
    this.#trust = trust;
    this.#siteKeys = siteKeys;
    this.#devices = devices;
    this.#options = options;
    this.continuity = options.continuity ?? toBase64url(random(32));
  }

  /** A new handshake for a new connection; with `expert`, for their devices only. `name` of the visitor: ≤ 80 characters. */
  async offer(connection: string, sdp: string, expert?: Id, name?: string): Promise<string> {
    const devices = this.#devices.filter((device) => !expert || device.expert === expert);
    if (devices.length === 0) throw new CheckFailed("no-device");
    const pair = await newSealingKey();
    const content: OfferContent = { connection, sdp, continuity: this.continuity, ...(name ? { name } : {}) };
    const { payload, ...facts } = await sealOffer(this.#context, devices, content, pair, random(32), (unproven) =>
      this.#prove(unproven),
    );
    if (this.#offer) this.#earlier.add(toBase64url(this.#offer.hash));
    this.#offer = facts;
    this.#open = { facts, pair };
    this.#agreed = undefined;
    return payload;
  }

  /**
   * `undefined`: an answer to an earlier offer of this side, or from before a reload; it has no effect. The same answer
   * again gives the same. Throws `CheckFailed`, and then the call is over.
   */
  async takeAnswer(payload: string, answeredBy: Id, wanted?: Id): Promise<Answered | undefined> {
    const what = [payload, answeredBy, wanted].join();
    if (this.#taken?.what === what) return this.#taken.answered;
    const hash = offerAnswered(payload);
    const open = this.#open;
    if (!open || hash !== toBase64url(open.facts.hash)) {
      const beforeReload =
        this.#options.continuity !== undefined && hash !== (this.#offer && toBase64url(this.#offer.hash));
      if (beforeReload || this.#earlier.has(hash)) return undefined;
      throw new CheckFailed("second-answer");
    }
    // No offer is answered twice, whatever becomes of this one.
    this.#open = undefined;
    const answered = this.#check(open.facts, open.pair, payload, wanted ? [answeredBy, wanted] : [answeredBy]);
    this.#taken = { what, answered };
    return answered;
  }

  /** Candidates before the answer, any signal after it. */
  async seal(message: Message): Promise<string> {
    const direction = this.#agreed?.signals.visitor ?? (message.type === "candidates" && this.#offer?.early);
    if (!direction) throw new TypeError("not before the answer");
    return direction.seal(message);
  }

  /** `undefined`: it has no effect. Throws `CheckFailed`, and then the call is over. */
  async open(payload: string): Promise<Message | undefined> {
    if (kindOf(payload) !== "restart") return openSignal(this.#agreed, "expert", payload);
    fromPayload("restart", payload, {});
    const now = (this.#options.now ?? Date.now)();
    if (Math.abs(now - this.#restartAt) < RESTART_EVERY) return undefined;
    this.#restartAt = now;
    return { type: "restart" };
  }

  async #check(offer: OfferFacts, pair: CryptoKeyPair, payload: string, experts: Id[]): Promise<Answered> {
    const { organisation } = this.#context;
    const { successions, approvers, revocations } = this.#trust;
    const { sdp, device, agreed } = await openAnswer(
      this.#context,
      offer,
      pair,
      payload,
      (approver, succession) =>
        new Chains(
          {
            approvers: [...approvers, approver],
            successions: succession === undefined ? successions : [...successions, succession],
            ...(revocations === undefined ? {} : { revocations }),
          },
          { organisation, siteKeys: this.#siteKeys, now: seconds(this.#options.now) },
        ),
      experts,
    );
    // Unless a newer offer was made meanwhile.
    if (this.#offer === offer) this.#agreed = agreed;
    return { connection: offer.connection, sdp, peer: peerOf(device), fingerprint: agreed.fingerprints.expert };
  }

  /** Of who joins a call: who rings, or that they have the link. */
  async #prove(offer: Omit<OfferFacts, "hash" | "early">): Promise<JoinerProof> {
    const { device, linkKey } = this.#options;
    if (linkKey) return { guest: toBase64url(await guestProof(linkKey, this.#context, offer)) };
    if (!device) return {};
    const { approvers, successions, revocations = "" } = this.#trust;
    const colleague = {
      device: device.certificate,
      approvers: [...approvers, device.approver],
      successions: device.succession === undefined ? successions : [...successions, device.succession],
      revocations,
      signature: toBase64url(await sign(device.signing.privateKey, colleagueStatement(this.#context, offer))),
    };
    return { colleague };
  }
}

export interface ExpertOptions {
  /** Of the answered call, from before a reload of the desk. */
  continuity?: string;
  /** Against which a colleague's certificate is checked; by default the key that this device's own leads to. */
  siteKeys?: string[];
  /**
   * Of a call that joins another, which is authenticated: the keys of the links that this side has made for it. Whoever
   * rings has one of them, or a certificate.
   */
  linkKeys?: () => readonly Bytes[] | undefined;
  /** Milliseconds since 1970, as `Date.now()`. */
  now?: () => number;
}

export class ExpertHandshake {
  #context: CallContext;
  #device: Device;
  #options: ExpertOptions;
  /** Of the answered call. */
  #continuity: string | undefined;
  #offer: OfferFacts | undefined;
  /** Hashes of the offers taken, in base64url. */
  #seen = new Set<string>();
  #agreed: Agreed | undefined;

  constructor(context: CallContext, device: Device, options: ExpertOptions = {}) {
    this.#context = context;
    this.#device = device;
    this.#options = options;
    this.#continuity = options.continuity;
  }

  /**
   * Throws `CheckFailed` and changes nothing: `continuity` for an offer of somebody else in an answered call, `no-device`
   * for one that is not sealed to this device, `signature` for who joins and proves nothing. Throws a `TypeError` for one that was taken before, which has no effect.
   */
  async takeOffer(payload: string): Promise<Offered> {
    const own = read("device", this.#device.certificate);
    const { sealing } = this.#device;
    const { content, facts } = await openOffer(this.#context, await deviceId(own.signingKey), sealing, payload);
    const { connection, sdp, continuity, name, colleague: proof, guest } = content;
    const colleague = proof && peerOf(await this.#checkColleague(proof, facts));
    if (!colleague) await this.#checkGuest(guest, facts);
    if (this.#continuity !== undefined && !equal(binary(this.#continuity), binary(continuity)))
      throw new CheckFailed("continuity");
    const hash = toBase64url(facts.hash);
    const waiting = this.#agreed === undefined && this.#offer && toBase64url(this.#offer.hash) === hash;
    if (this.#seen.has(hash) && !waiting) throw new TypeError("this offer was taken before");
    this.#seen.add(hash);
    this.#offer = facts;
    this.#agreed = undefined;
    const { fingerprint } = facts;
    return { connection, sdp, fingerprint, continuity, ...(name ? { name } : {}), ...(colleague ? { colleague } : {}) };
  }

  /** Answers the last offer. */
  async answer(connection: string, sdp: string): Promise<string> {
    const offer = this.#offer;
    if (offer?.connection !== connection) throw new TypeError("there is no such offer to answer");
    const { payload, agreed } = await sealAnswer(this.#context, offer, sdp, this.#device);
    this.#continuity = offer.continuity;
    // Unless a newer offer was taken meanwhile.
    if (this.#offer === offer) this.#agreed = agreed;
    return payload;
  }

  /** A signal after the answer; before it only `restart`, which goes unsealed. */
  async seal(message: Message): Promise<string> {
    if (this.#agreed) return this.#agreed.signals.expert.seal(message);
    if (message.type !== "restart") throw new TypeError("nothing but a restart goes before the answer");
    return toPayload("restart", {});
  }

  /** `undefined`: it has no effect. Throws `CheckFailed`. */
  async open(payload: string): Promise<Message | undefined> {
    if (kindOf(payload) !== "early") return openSignal(this.#agreed, "visitor", payload);
    const message = await this.#offer?.early.open(payload);
    return message?.type === "candidates" && message.connection === this.#offer?.connection ? message : undefined;
  }

  async #checkGuest(proof: string | undefined, offer: OfferFacts): Promise<void> {
    const keys = this.#options.linkKeys?.();
    if (!keys) return;
    const given = proof === undefined ? undefined : binary(proof, 32);
    const wanted = await Promise.all(keys.map((key) => guestProof(key, this.#context, offer)));
    if (!given || !wanted.some((one) => equal(one, given))) throw new CheckFailed("signature");
  }

  async #checkColleague(
    { device, signature, ...evidence }: NonNullable<OfferContent["colleague"]>,
    offer: OfferFacts,
  ): Promise<Statements["device"]> {
    const { organisation } = this.#context;
    const { siteKeys = [siteKeyOf(this.#device)], now } = this.#options;
    const certified = await new Chains(evidence, { organisation, siteKeys, now: seconds(now) }).device(device);
    await checkSignature(certified.signingKey, binary(signature, 64), colleagueStatement(this.#context, offer));
    return certified;
  }
}

/** The good ones of the devices that the service names. Throws `CheckFailed` with what is wrong when there is none. */
export async function goodDevices(
  organisation: Id,
  trust: TrustBundle,
  siteKeys: Key[],
  now?: () => number,
): Promise<Statements["device"][]> {
  const chains = new Chains(trust, { organisation, siteKeys, now: seconds(now) });
  const checked = await Promise.allSettled(trust.devices.slice(0, 64).map((one) => chains.device(one)));
  const good = checked.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const bad = checked.find((one) => one.status === "rejected");
  if (good.length === 0) throw bad?.reason ?? new CheckFailed("no-device");
  return good;
}

const seconds = (now = Date.now): number => Math.floor(now() / 1000);

function peerOf({ expert, name, title, organisationName }: Statements["device"]): Peer {
  return { expert, name, title, organisation: organisationName };
}

/** A signal of the other side, which may not lead to another connection or certificate. */
async function openSignal(agreed: Agreed | undefined, from: Role, payload: string): Promise<Message | undefined> {
  const kind = kindOf(payload);
  if (kind === "plain") throw new CheckFailed("unsealed");
  if (kind !== "signal") return undefined;
  const message = await agreed?.signals[from].open(payload);
  if (!agreed || !message || (message.connection ?? agreed.connection) !== agreed.connection) return undefined;
  if ("sdp" in message && fingerprintOf(message.sdp) !== agreed.fingerprints[from])
    throw new CheckFailed("fingerprint");
  return message;
}
