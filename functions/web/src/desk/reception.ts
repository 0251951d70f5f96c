// The desk without its page: who is there, who waits, which call goes on.
//
// The state is the service's: each renewal of the lease tells all calls that ring for this expert or that this expert
// has answered, and the mailbox tells the changes in between.

import { Problem } from "../call/api.ts";
import { ExpertPayloads } from "../call/authentication.ts";
import { Mailbox, type MailboxOptions, type MailboxStatus } from "../call/mailbox.ts";
import { LocalMedia } from "../call/media.ts";
import { PresenceLease } from "../call/presence.ts";
import { CallSession, type SessionState } from "../call/session.ts";
import { Store } from "../call/store.ts";
import type { Call, Envelope, Id, StaffAccess } from "../call/types.ts";
import type { Device } from "../trust/handshake.ts";
import type { ClockedApi } from "./clock.ts";
import { Joiners } from "./joiners.ts";
import { continuity, forget, letGo, remember, remembered, rememberVisitor } from "./memory.ts";
import { Tabs } from "./tabs.ts";
import { Wishes } from "./wishes.ts";

/** Something that the expert should know and that is over. */
export type News =
  | { name: "taken"; call: Call | undefined }
  | { name: "cancelled"; call: Call | undefined }
  | { name: "missed"; call: Call | undefined }
  | { name: "over"; call: Call | undefined; outcome: SessionState["outcome"] }
  | { name: "failed"; error: unknown };

export interface ReceptionState {
  available: boolean;
  /** `lost` as long as visitors may not reach this desk. */
  connection: "connecting" | "ready" | "lost";
  /** Those that ring, the one that waits longest first. */
  waiting: readonly CallSession[];
  current: CallSession | undefined;
  /** A call from before a reload, or from elsewhere, that is about to be the current one. */
  resuming: Id | undefined;
  /** Those who join it. */
  joiners: Joiners | undefined;
  /** A call that this expert has answered at another desk or in another tab. */
  elsewhere: Call | undefined;
  news: News | undefined;
}

export interface ReceptionOptions {
  api: ClockedApi;
  access: StaffAccess;
  available: boolean;
  /** Whether devices are opened as soon as it rings; asked each time. */
  prepare: () => boolean;
  /** The chosen devices; asked each time. */
  devices: () => { microphone?: string; camera?: string; speaker?: string };
  /** The keys of this desk, once they are certified; asked each time. */
  device: () => Promise<Device | undefined>;
  /** A colleague invites this expert into a call. */
  onInvited: (envelope: Envelope & { type: "call.invited" }) => void;
  /** The token was refused: get a new one. */
  onRefused: () => void;
  /** For tests. */
  listen?: (options: MailboxOptions) => Listener;
}

type Listener = Pick<Mailbox, "status" | "close">;

/** A short interruption is no news. Milliseconds. */
const GRACE = 2_500;
/** So much earlier a ring may have begun that the first renewal did not tell of. Milliseconds. */
const OVERLAP = 1_000;
/** After this time a visitor who has not offered is asked again. Milliseconds. */
const ASK_AGAIN = 2_500;
/** So many signals are kept for a call that is not made ready yet; of more, the oldest are of no use any longer. */
export const KEPT_SIGNALS = 64;

export class Reception extends Store<ReceptionState> {
  #options: ReceptionOptions;
  #api: ClockedApi;
  #sessions = new Map<Id, CallSession>();
  /** The one that is made ready. */
  #first: CallSession | undefined;
  /** What those that ring and are not made ready yet will need for it: a flood of calls must not fill this computer. */
  #unprepared = new Map<Id, { payload: string; signals: Envelope[] }>();
  /** Calls that are over for this desk and how, also while the service still tells of them. */
  #done = new Map<Id, SessionState["outcome"]>();
  #answering: Id | undefined;
  #visiting = false;
  #wishes = new Wishes();
  /** When, in the service's time, a call was gone on with: what was signalled before was for the page before. */
  #resumedAt = new Map<Id, number>();
  #media: LocalMedia;
  #mediaUsed = false;
  #mailbox: Listener;
  #presence: PresenceLease;
  /** When, in the service's time, the service told for the first time what goes on. */
  #openedAt: number | undefined;
  #oriented: () => void = () => {};
  #orientation = new Promise<void>((resolve) => {
    this.#oriented = resolve;
  });
  #lostTimer: ReturnType<typeof setTimeout> | undefined;
  #tabs = new Tabs({ takenOver: (id) => this.#takenOver(id), late: (id) => this.#learned(id) });
  #closing = new AbortController();

  /** Opens the desk, until {@link close}. */
  constructor(options: ReceptionOptions) {
    super({
      available: options.available,
      connection: "connecting",
      waiting: [],
      current: undefined,
      resuming: undefined,
      joiners: undefined,
      elsewhere: undefined,
      news: undefined,
    });
    this.#options = options;
    this.#api = options.api;
    this.#media = this.newMedia();
    const listen = options.listen ?? ((mailbox) => new Mailbox(mailbox));
    this.#mailbox = listen({
      base: "",
      access: options.access.mailbox,
      token: () => this.#api.token,
      onEnvelope: (envelope) => this.#hear(envelope),
      onGap: () => {
        this.#wishes.gap();
        return this.#presence.renew();
      },
      onStatus: (status) => this.#signalling(status),
      onRefused: options.onRefused,
    });
    this.#presence = new PresenceLease({
      api: options.api,
      state: options.available ? "available" : "away",
      onCalls: (calls) => this.#reconcile(calls),
      onProblem: (problem) => this.#presenceFailed(problem),
    });
    globalThis.addEventListener?.("offline", () => this.#lost(), { signal: this.#closing.signal });
  }

  get media(): LocalMedia {
    return this.#media;
  }

  async setAvailable(available: boolean): Promise<void> {
    this.change({ available });
    await this.#setPresence();
  }

  /** This desk is in a colleague's call: nobody calls it meanwhile. */
  async setVisiting(visiting: boolean): Promise<void> {
    this.#visiting = visiting;
    this.#makeFirstReady();
    await this.#setPresence();
  }

  /** In a call or about to be, its own or a colleague's: nothing is answered meanwhile. */
  get occupied(): boolean {
    const { current, resuming } = this.state;
    return current !== undefined || resuming !== undefined || this.#visiting;
  }

  #setPresence(): Promise<void> {
    return this.#presence.set(this.state.available && !this.#visiting ? "available" : "away");
  }

  async answer(session: CallSession): Promise<void> {
    if (this.occupied || session.state.phase !== "ringing" || session.state.failure) return;
    this.#answering = session.id;
    remember(session.id);
    this.#setCurrent(session);
    this.change({ news: undefined });
    this.#show();
    this.#makeFirstReady();
    void this.#makeReady(session);
    const answered = session.answer();
    this.#openDevices(session.state.call);
    try {
      await answered;
    } catch (error) {
      if (!isOver(session)) {
        // It still rings: back into the line, to be answered again.
        forget();
        this.#setCurrent(undefined);
        this.change({ news: { name: "failed", error } });
        this.#show();
        this.#makeFirstReady();
      }
    } finally {
      this.#answering = undefined;
    }
  }

  async decline(session: CallSession): Promise<void> {
    try {
      await session.decline();
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 409) this.change({ news: { name: "failed", error } });
    }
  }

  /** Goes on here with a call that was answered at another desk. */
  async takeOver(): Promise<void> {
    const call = this.state.elsewhere;
    if (call) await this.#resume(call);
  }

  dismissNews(): void {
    this.change({ news: undefined });
  }

  /** Closes the desk; visitors see at once that nobody is there. */
  async close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#lostTimer);
    // First of all: what follows may wait for the network.
    this.#media.close();
    await this.state.current?.hangUp().catch(() => {});
    this.#presence.close(true);
    this.#mailbox.close();
    this.#tabs.close();
    for (const session of this.#sessions.values()) session.close();
    forget();
  }

  // ---- What the service says

  #reconcile(calls: Call[]): void {
    this.#openedAt ??= this.#api.clock.now();
    this.#oriented();
    this.#reached();
    const told = new Set(calls.map(({ id }) => id));
    let elsewhere: Call | undefined;
    for (const call of calls) {
      if (call.invitation) {
        if (this.state.joiners?.concerns(call)) this.state.joiners.told(call);
        continue;
      }
      const session = this.#sessions.get(call.id);
      const done = this.#done.get(call.id);
      if (session && !this.#isOthers(session, call)) session.update(call);
      else if (call.state === "ringing") this.#meet(call, call.payload, call.ice_servers);
      else if (done === "hung-up" || done === "other-hung-up") {
        // Hung up here, and the service was not reached with it.
        this.#api.hangUp(call.id).catch(() => {});
      } else if (call.id === remembered()) void this.#resume(call);
      else {
        if (session) this.#taken(session, call);
        elsewhere = call;
      }
    }
    // What the service no longer tells of has changed meanwhile, or has just begun.
    for (const session of this.#sessions.values()) {
      if (!told.has(session.id) && session.id !== this.#answering) void this.#reread(session);
    }
    if (elsewhere?.id !== this.state.elsewhere?.id) this.change({ elsewhere });
    this.#makeFirstReady();
  }

  /** Whether a call that rings here was answered, and not here. */
  #isOthers(session: CallSession, call: Call): boolean {
    return call.state === "answered" && session.state.phase === "ringing" && session.id !== this.#answering;
  }

  async #reread(session: CallSession): Promise<void> {
    const answer = await this.#api.call(session.id).catch(() => undefined);
    if (!answer) return;
    if (this.#isOthers(session, answer.call)) this.#taken(session, answer.call);
    else session.update(answer.call);
  }

  /** What the mailbox will say, or has said in a gap. */
  #taken(session: CallSession, call: Call): void {
    void session.handle({ id: "", at: "", type: "call.taken", call: call.id, body: { call } });
  }

  async #hear(envelope: Envelope): Promise<void> {
    await this.#orientation;
    if (envelope.type === "call.invited") {
      this.#options.onInvited(envelope);
      return;
    }
    // What is older than the first renewal was told by it, if it still rings.
    const old = Date.parse(envelope.at) <= (this.#openedAt ?? 0) - OVERLAP;
    if (envelope.type === "call.ringing" && old) return;
    if (envelope.type === "call.resumed") {
      if (this.#wishes.hear(envelope.body.id, this.#isOld(envelope))) this.#takenOver(envelope.call);
      return;
    }
    if (this.state.joiners?.hear(envelope)) return;
    const session = this.#sessions.get(envelope.call);
    if (!session) {
      // Of a call that is not open here.
      if (envelope.type === "call.ringing" && envelope.body.call.invitation) return;
      if (envelope.type === "call.ringing") {
        this.#meet(envelope.body.call, envelope.body.payload, envelope.body.ice_servers);
        this.#makeFirstReady();
      } else if (envelope.type === "call.ended" && envelope.call === this.state.elsewhere?.id) {
        this.change({ elsewhere: undefined });
        if (!this.state.current) forget();
      }
      return;
    }
    if (this.#isOld(envelope)) return;
    // All desks of an expert share a mailbox: this is the answer of this one, coming back.
    if (envelope.type === "call.taken" && envelope.call === this.#answering) return;
    // Of the page before, which was loaded anew in the moment of the click.
    if (envelope.type === "call.taken" && envelope.call === remembered() && session.state.phase === "ringing") {
      const { call } = envelope.body;
      if (call.expert?.id === this.#options.access.person.id) return void this.#resume(call);
    }
    const unprepared = this.#unprepared.get(envelope.call);
    if (unprepared && envelope.type === "call.signal") {
      unprepared.signals.push(envelope);
      if (unprepared.signals.length > KEPT_SIGNALS) unprepared.signals.shift();
    } else if (unprepared && envelope.type === "call.ringing") session.update(envelope.body.call);
    else await session.handle(envelope);
  }

  /** For the page before. */
  #isOld({ at, call }: Envelope): boolean {
    return Date.parse(at) < (this.#resumedAt.get(call) ?? 0);
  }

  #signalling(status: MailboxStatus): void {
    for (const session of this.#sessions.values()) session.signalling(status);
    this.state.joiners?.signalling(status);
    if (status === "open") this.#reached();
    else this.#lost();
  }

  #presenceFailed(problem: Problem): void {
    if (problem.status === 401) this.#options.onRefused();
    this.#lost();
  }

  #reached(): void {
    if (this.#mailbox.status !== "open") return;
    clearTimeout(this.#lostTimer);
    this.#lostTimer = undefined;
    if (this.state.connection !== "ready") this.change({ connection: "ready" });
  }

  #lost(): void {
    if (this.#closing.signal.aborted) return;
    this.#lostTimer ??= setTimeout(() => this.change({ connection: "lost" }), GRACE);
  }

  // ---- Calls

  /** `over`: the call before is, and with it the calls of those who joined it. */
  #setCurrent(current: CallSession | undefined, over = true): void {
    this.state.joiners?.close(over);
    const { organisation } = this.#options.access;
    const { device } = this.#options;
    const joiners = current && new Joiners({ api: this.#api, organisation: organisation.id, host: current, device });
    this.change({ current, joiners });
  }

  #meet(call: Call, payload: string | undefined, iceServers: RTCIceServer[] | undefined): void {
    const { id } = call;
    // A ring in the mailbox may be older than what the service has told: that it was answered.
    const answered = id === this.state.resuming || id === this.state.elsewhere?.id;
    if (payload === undefined || answered || this.#done.has(id)) return;
    const session = this.#open(id, iceServers ?? []);
    session.update(call);
    this.#unprepared.set(id, { payload, signals: [] });
    this.#show();
  }

  /** The one that waits longest is answered without delay; its camera, where it is asked for, is on. */
  #makeFirstReady(): void {
    const first = this.occupied ? undefined : this.state.waiting[0];
    if (first === this.#first) return;
    this.#first = first;
    if (!first || this.#closing.signal.aborted) return;
    void this.#makeReady(first);
    if (this.#options.prepare()) this.#openDevices(first.state.call);
  }

  async #makeReady(session: CallSession): Promise<void> {
    const needs = this.#unprepared.get(session.id);
    if (!needs) return;
    await session.prepare(needs.payload);
    // In their order, with those that come meanwhile.
    for (let next = needs.signals.shift(); next; next = needs.signals.shift()) await session.handle(next);
    this.#unprepared.delete(session.id);
  }

  async #resume(call: Call): Promise<void> {
    if (this.occupied) return;
    const { id } = call;
    const wish = this.#wishes.make();
    const reloaded = remembered() === id;
    this.change({ resuming: id, elsewhere: undefined });
    this.#makeFirstReady();
    this.#resumedAt.set(id, this.#api.clock.now());
    // Another tab first: it tells what it knows only as long as it has the call.
    await this.#tabs.goOn(id);
    const relay = await this.#api.resume(id, wish).catch((error: unknown) => {
      this.#wishes.fail(wish);
      // After a reload it may work all the same, without fresh credentials; a restart asks for them again.
      if (!reloaded) this.change({ news: { name: "failed", error } });
    });
    this.change({ resuming: undefined });
    if (this.#closing.signal.aborted) return;
    if (this.#wishes.overtaken || !(relay || reloaded)) {
      // Two desks that both answer would end the call.
      letGo(id);
      this.change({ elsewhere: call });
      this.#makeFirstReady();
      return;
    }
    // One that rang until now.
    this.#sessions.get(id)?.close();
    this.#unprepared.delete(id);
    const session = this.#open(id, relay?.ice_servers ?? []);
    this.#setCurrent(session);
    this.#openDevices(call);
    await session.resume(call);
    // The visitor's client leaves a second wish out that follows on another, as after two reloads.
    setTimeout(() => {
      if (session === this.state.current && !session.peerConnection) void session.resume(call);
    }, ASK_AGAIN);
    // Who joined it was told before it was open here: the service is asked again.
    void this.#presence.renew();
  }

  #open(id: Id, iceServers: RTCIceServer[]): CallSession {
    const context = { organisation: this.#options.access.organisation.id, call: id };
    const payloads = new ExpertPayloads(
      context,
      this.#options.device,
      id === remembered() ? continuity(id) : undefined,
    );
    const own = this.#options.access.person.id;
    const options = {
      role: "expert",
      api: this.#api,
      media: this.#media,
      call: id,
      iceServers,
      own,
      payloads,
    } as const;
    const session = new CallSession(options);
    this.#sessions.set(id, session);
    let { phase } = session.state;
    session.subscribe((state) => {
      if (state.phase === phase) return;
      phase = state.phase;
      if (session === this.state.current && payloads.continuity) rememberVisitor(id, payloads.continuity);
      if (phase === "over") this.#over(session);
      else this.#show();
    });
    return session;
  }

  #over(session: CallSession): void {
    const { outcome, call } = session.state;
    this.#sessions.delete(session.id);
    this.#unprepared.delete(session.id);
    this.#done.set(session.id, outcome);
    if (session === this.state.current && outcome !== "taken") {
      this.change({ news: { name: "over", call, outcome } });
    } else if (outcome === "taken" || outcome === "cancelled" || outcome === "missed") {
      this.change({ news: { name: outcome, call } });
    }
    if (session === this.state.current) this.#setCurrent(undefined);
    if (session.id === remembered()) forget();
    this.#show();
    this.#makeFirstReady();
    this.#letGoOfDevices();
  }

  /** The call is gone on with anew, by what its visitor is known by, and those who were let in in the other tab. */
  #learned(id: Id): void {
    const { current } = this.state;
    if (current?.id !== id || !current.state.call) return;
    this.#putAway(current);
    void this.#resume(current.state.call);
  }

  /** Another tab of this browser, or another desk, goes on with a call that this one had. */
  #takenOver(id: Id): boolean {
    const { current } = this.state;
    if (current?.id !== id) return false;
    this.#putAway(current);
    this.change({ elsewhere: current.state.call });
    letGo(id);
    this.#show();
    this.#makeFirstReady();
    this.#letGoOfDevices();
    return true;
  }

  /** The current call goes on, but not by this session. */
  #putAway(current: CallSession): void {
    this.#sessions.delete(current.id);
    this.#setCurrent(undefined, false);
    current.close();
  }

  #show(): void {
    const waiting = [...this.#sessions.values()]
      .filter((session) => session !== this.state.current && session.state.phase === "ringing")
      .sort((one, other) => (one.state.call?.created_at ?? "").localeCompare(other.state.call?.created_at ?? ""));
    this.change({ waiting });
  }

  // ---- Devices

  /** With the devices that were chosen for this desk. */
  newMedia(): LocalMedia {
    const media = new LocalMedia();
    const chosen = this.#options.devices();
    for (const kind of ["microphone", "camera", "speaker"] as const) {
      const id = chosen[kind];
      if (id) void media.choose(kind, id);
    }
    return media;
  }

  /** Opens what this call needs and nothing else: who asked for a voice call is not shown a picture. */
  #openDevices(call: Call | undefined): void {
    const camera = call?.media === "video";
    const microphone = camera || call?.media === "audio";
    const { state } = this.#media;
    if (!camera && state.camera.status !== "off") void this.#media.setCamera(false);
    if (!microphone && state.microphone.status !== "off") void this.#media.setMicrophone(false);
    if (!microphone) return;
    this.#mediaUsed = true;
    void this.#media.start({ microphone, camera });
  }

  /** The camera's light goes out as soon as nobody calls. */
  #letGoOfDevices(): void {
    if (this.#closing.signal.aborted || !this.#mediaUsed || this.state.current || this.#sessions.size > 0) return;
    this.#media.close();
    this.#media = this.newMedia();
    this.#mediaUsed = false;
  }
}

function isOver(session: CallSession): boolean {
  return session.state.phase === "over";
}
