// Those who join the call that goes on at this desk: who knocks, who was let in.

import { ExpertPayloads } from "../call/authentication.ts";
import { toBase64url } from "../call/bytes.ts";
import type { MailboxStatus } from "../call/mailbox.ts";
import { CallSession } from "../call/session.ts";
import { Store } from "../call/store.ts";
import type { Call, Envelope, Id } from "../call/types.ts";
import { binary, random } from "../trust/encoding.ts";
import type { Device } from "../trust/handshake.ts";
import type { ClockedApi } from "./clock.ts";
import * as memory from "./memory.ts";

export interface JoinersState {
  /** They came with an invitation and wait to be let in. */
  knocking: readonly CallSession[];
  /** They are in the call, or on their way into it. */
  joined: readonly CallSession[];
  /** The last one that is gone again, and how. */
  gone: { call: Call | undefined; outcome: CallSession["state"]["outcome"] } | undefined;
}

export interface JoinersOptions {
  api: ClockedApi;
  organisation: Id;
  /** The call they join. */
  host: CallSession;
  device: () => Promise<Device | undefined>;
}

export class Joiners extends Store<JoinersState> {
  #options: JoinersOptions;
  #sessions = new Map<Id, CallSession>();
  /** Of each, what is said comes one after the other: first the offer is taken. */
  #steps = new Map<Id, Promise<void>>();
  /** Of the links that were made for this call. */
  #linkKeys = new Set(memory.linkKeys());
  #admitting = new Set<Id>();
  /** What is over here, also while the service still tells of it. */
  #done = new Set<Id>();

  constructor(options: JoinersOptions) {
    super({ knocking: [], joined: [], gone: undefined });
    this.#options = options;
  }

  /** A guest is invited: the key goes into the link. In base64url. */
  newLinkKey(): string {
    const key = toBase64url(random(32));
    this.#linkKeys.add(key);
    memory.rememberLinkKey(key);
    return key;
  }

  /** Whether a call joins this one. */
  concerns(call: Call): boolean {
    return call.invitation?.call === this.#options.host.id;
  }

  /** What the service tells with the lease. */
  told(call: Call): void {
    const session = this.#sessions.get(call.id);
    if (session) session.update(call);
    else if (this.#done.has(call.id)) {
      // Hung up here, and the service was not reached with it.
      if (call.state === "answered") this.#options.api.hangUp(call.id).catch(() => {});
    } else if (call.state === "ringing" && call.payload !== undefined)
      this.#meet(call, call.payload, call.ice_servers ?? []);
    else if (call.state === "answered") void this.#resume(call);
  }

  /** Whether the envelope was for one of these. */
  hear(envelope: Envelope): boolean {
    if (envelope.type === "call.ringing" && this.concerns(envelope.body.call)) {
      const { call, payload, ice_servers } = envelope.body;
      if (!this.#sessions.has(call.id) && !this.#done.has(call.id)) this.#meet(call, payload, ice_servers);
      return true;
    }
    const session = this.#sessions.get(envelope.call);
    // All desks of an expert share a mailbox: this is the answer of this one, coming back.
    if (envelope.type === "call.taken" && this.#admitting.has(envelope.call)) return true;
    if (session) this.#after(session, () => session.handle(envelope));
    return session !== undefined || this.#done.has(envelope.call);
  }

  signalling(status: MailboxStatus): void {
    for (const session of this.#sessions.values()) session.signalling(status);
  }

  /** Lets somebody in. Throws a `Problem`. */
  async admit(session: CallSession): Promise<void> {
    await this.#steps.get(session.id);
    if (session.state.phase !== "ringing" || session.state.failure || this.#admitting.has(session.id)) return;
    this.#admitting.add(session.id);
    await session.answer().finally(() => this.#admitting.delete(session.id));
  }

  async refuse(session: CallSession): Promise<void> {
    await session.decline().catch(() => {});
  }

  async remove(session: CallSession): Promise<void> {
    await session.hangUp().catch(() => {});
  }

  dismissGone(): void {
    this.change({ gone: undefined });
  }

  /** The call is over, and with it theirs; or it goes on elsewhere. */
  close(over: boolean): void {
    for (const session of [...this.#sessions.values()]) {
      if (over) void session.hangUp().catch(() => {});
      else session.close();
    }
    this.#sessions.clear();
    this.change({ knocking: [], joined: [] });
  }

  #meet(call: Call, payload: string, iceServers: RTCIceServer[]): void {
    const session = this.#open(call.id, iceServers);
    session.update(call);
    this.#after(session, () => session.prepare(payload));
  }

  /** After a reload of the desk. */
  async #resume(call: Call): Promise<void> {
    if (this.#steps.has(call.id)) return;
    this.#steps.set(call.id, Promise.resolve());
    const relay = await this.#options.api.relay(call.id).catch(() => undefined);
    const session = this.#open(call.id, relay?.ice_servers ?? []);
    await session.resume(call);
  }

  #open(id: Id, iceServers: RTCIceServer[]): CallSession {
    const { api, organisation, host, device } = this.#options;
    const linkKeys = () => (this.#sealed ? [...this.#linkKeys].map((key) => binary(key, 32)) : undefined);
    const payloads = new ExpertPayloads({ organisation, call: id }, device, memory.continuity(id), linkKeys);
    const options = { role: "expert", api, media: host.media, call: id, iceServers, payloads, host } as const;
    const session = new CallSession(options);
    this.#sessions.set(id, session);
    session.subscribe(({ phase, outcome, call }) => {
      if (phase !== "ringing" && payloads.continuity) memory.rememberVisitor(id, payloads.continuity);
      if (phase === "over" && this.#sessions.delete(id)) {
        this.#done.add(id);
        this.#steps.delete(id);
        this.change({ gone: { call, outcome } });
      }
      this.#show();
    });
    return session;
  }

  /** The call that they join is authenticated: nobody comes into it unproven. */
  get #sealed(): boolean {
    const { host } = this.#options;
    const { peer } = host.state;
    return peer === undefined ? memory.continuity(host.id) !== undefined : peer !== "unverified";
  }

  #after(session: CallSession, step: () => Promise<void>): void {
    const before = this.#steps.get(session.id) ?? Promise.resolve();
    this.#steps.set(
      session.id,
      before.then(step).catch((error: unknown) => console.warn("visavis:", error)),
    );
  }

  #show(): void {
    const sessions = [...this.#sessions.values()];
    this.change({
      knocking: sessions.filter(({ state }) => state.phase === "ringing"),
      joined: sessions.filter(({ state }) => state.phase !== "ringing"),
    });
  }
}
