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
  gone: { name: string; outcome: CallSession["state"]["outcome"] } | undefined;
}

export interface JoinersOptions {
  api: ClockedApi;
  organisation: Id;
  /** The call they join. */
  host: CallSession;
  device: () => Promise<Device | undefined>;
}

/** The service lets two join at a time; of more that it tells the rest does not knock. */
const MOST_KNOCKING = 4;
/** So much waits until it is known whether the call is authenticated. */
const MOST_EARLY = 64;

export class Joiners extends Store<JoinersState> {
  #options: JoinersOptions;
  #sessions = new Map<Id, CallSession>();
  /** Of each, what is said comes one after the other: first the offer is taken. */
  #steps = new Map<Id, Promise<void>>();
  /** Of the links that were made for this call. */
  #linkKeys = new Set(memory.linkKeys());
  /** Whom the expert has let in, also before a reload: nobody else is in the call, whatever the service tells. */
  #admitted = new Set(memory.admitted());
  #admitting = new Set<Id>();
  /** When, in the service's time, a call was gone on with. */
  #resumedAt = new Map<Id, number>();
  /** What waits until it is known whether the call that they join is authenticated, and of whom. */
  #early: (() => void)[] = [];
  #expected = new Set<Id>();
  #closed = new AbortController();
  /** What is over here, also while the service still tells of it. */
  #done = new Set<Id>();

  constructor(options: JoinersOptions) {
    super({ knocking: [], joined: [], gone: undefined });
    this.#options = options;
    options.host.subscribe(({ peer }) => {
      if (peer !== undefined) for (const act of this.#early.splice(0)) act();
    }, this.#closed.signal);
  }

  /** The call that they join is authenticated: nobody comes into it unproven. */
  get sealed(): boolean {
    return this.#options.host.state.peer !== "unverified";
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
    this.#expected.add(call.id);
    this.#whenKnown(() => {
      const session = this.#sessions.get(call.id);
      if (session) this.#update(session, call);
      else if (call.state === "ringing") this.#meet(call, call.payload, call.ice_servers ?? []);
      else if (call.state !== "answered") return;
      else if (this.#admitted.has(call.id) && !this.#done.has(call.id)) void this.#resume(call);
      // Ended here without reaching the service, or let in at another desk that this one took over from.
      else this.#options.api.hangUp(call.id).catch(() => {});
    });
  }

  /** Whether the envelope was for one of these. */
  hear(envelope: Envelope): boolean {
    if (envelope.type === "call.ringing" && this.concerns(envelope.body.call)) {
      const { call, payload, ice_servers } = envelope.body;
      this.#expected.add(call.id);
      this.#whenKnown(() => {
        if (!this.#steps.has(call.id) && !this.#admitted.has(call.id)) this.#meet(call, payload, ice_servers);
      });
      return true;
    }
    if (!this.#expected.has(envelope.call)) return false;
    // For the page before.
    if (Date.parse(envelope.at) < (this.#resumedAt.get(envelope.call) ?? 0)) return true;
    // All desks of an expert share a mailbox: this is the answer of this one, coming back.
    if (envelope.type === "call.taken" && this.#admitting.has(envelope.call)) return true;
    this.#whenKnown(() => {
      const session = this.#sessions.get(envelope.call);
      if (session) this.#after(session, () => session.handle(envelope));
    });
    return true;
  }

  signalling(status: MailboxStatus): void {
    for (const session of this.#sessions.values()) session.signalling(status);
  }

  /** Lets somebody in: who is shown now, and nobody whose offer takes the place of theirs. Throws a `Problem`. */
  async admit(session: CallSession): Promise<void> {
    const shown = (): string => JSON.stringify([session.state.peer, session.other.name]);
    const asked = shown();
    await this.#steps.get(session.id);
    if (shown() !== asked) return;
    if (session.state.phase !== "ringing" || session.state.failure || this.#admitting.has(session.id)) return;
    this.#admitting.add(session.id);
    try {
      await session.answer();
      this.#admitted.add(session.id);
      memory.rememberAdmitted(session.id);
    } finally {
      this.#admitting.delete(session.id);
    }
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
    this.#closed.abort();
    for (const session of [...this.#sessions.values()]) {
      // Those who knock the service sends away.
      if (over && session.state.phase !== "ringing") void session.hangUp().catch(() => {});
      else session.close();
    }
    this.#sessions.clear();
    this.change({ knocking: [], joined: [] });
  }

  #whenKnown(act: () => void): void {
    if (this.#closed.signal.aborted) return;
    if (this.#options.host.state.peer !== undefined) act();
    else if (this.#early.length < MOST_EARLY) this.#early.push(act);
  }

  #update(session: CallSession, call: Call): void {
    const letIn = this.#admitted.has(call.id) || this.#admitting.has(call.id);
    // At another desk of the same expert.
    if (call.state === "answered" && !letIn)
      void session.handle({ id: "", at: "", type: "call.taken", call: call.id, body: { call } });
    else session.update(call);
  }

  #meet(call: Call, payload: string | undefined, iceServers: RTCIceServer[]): void {
    const knocking = [...this.#sessions.values()].filter(({ state }) => state.phase === "ringing").length;
    if (payload === undefined || this.#done.has(call.id) || knocking >= MOST_KNOCKING) return;
    const session = this.#open(call.id, iceServers);
    session.update(call);
    this.#after(session, () => session.prepare(payload));
  }

  /** After a reload of the desk. */
  async #resume(call: Call): Promise<void> {
    if (this.#steps.has(call.id)) return;
    this.#steps.set(call.id, Promise.resolve());
    this.#resumedAt.set(call.id, this.#options.api.clock.now());
    const relay = await this.#options.api.relay(call.id).catch(() => undefined);
    if (this.#closed.signal.aborted) return;
    const session = this.#open(call.id, relay?.ice_servers ?? []);
    await session.resume(call);
  }

  #open(id: Id, iceServers: RTCIceServer[]): CallSession {
    const { api, organisation, host, device } = this.#options;
    const linkKeys = () => (this.sealed ? [...this.#linkKeys].map((key) => binary(key, 32)) : undefined);
    const payloads = new ExpertPayloads({ organisation, call: id }, device, memory.continuity(id), linkKeys);
    const options = { role: "expert", api, media: host.media, call: id, iceServers, payloads, host } as const;
    const session = new CallSession(options);
    this.#sessions.set(id, session);
    this.#expected.add(id);
    session.subscribe(({ phase, outcome }) => {
      if (phase !== "over" && this.#admitted.has(id) && payloads.continuity)
        memory.rememberVisitor(id, payloads.continuity);
      if (phase === "over" && this.#sessions.delete(id)) {
        this.#done.add(id);
        this.#steps.delete(id);
        this.change({ gone: { name: session.other.name, outcome } });
      }
      this.#show();
    });
    return session;
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
