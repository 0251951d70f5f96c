// One call from one side: from ringing to the end, over reloads, lost networks and restarts.
//
// A session speaks through an `Api` and hears through `handle`, which its owner feeds from a `Mailbox`. It holds no user
// interface; a `<visavis-call-view>` shows it.

import { CheckFailed, Unsupported } from "../trust/failure.ts";
import type { Api } from "./api.ts";
import { Problem } from "./api.ts";
import { holdsCardNumber } from "./cards.ts";
import { Chat, type Said } from "./chat.ts";
import { Conversation } from "./conversation.ts";
import type { FileTransfer } from "./files.ts";
import { later } from "./later.ts";
import type { Link } from "./link.ts";
import type { MailboxStatus } from "./mailbox.ts";
import type { LocalMedia } from "./media.ts";
import { Negotiation } from "./negotiation.ts";
import { type OtherSide, Participation } from "./participation.ts";
import { type Payloads, plainPayloads } from "./payload.ts";
import { CONNECTED_WITHIN, LOOSE, Recovery } from "./recovery.ts";
import {
  type Failure,
  type Outcome,
  type Phase,
  type SessionState,
  SHOWING_NOTHING,
  type Trouble,
} from "./session-state.ts";
import { Store } from "./store.ts";
import type { Call, Envelope, Id, Ring } from "./types.ts";

export type { ChatEntry, Said } from "./chat.ts";
export type { Failure, Outcome, Phase, SessionState, Trouble } from "./session-state.ts";

export interface SessionOptions {
  role: "visitor" | "expert";
  api: Api;
  media: LocalMedia;
  /** The call's id. */
  call: Id;
  iceServers: RTCIceServer[];
  /** The id of this side's visitor or expert: it stands for them in the short code. */
  own?: Id;
  /** How the two sides close what they say to each other; plain unless told. */
  payloads?: Payloads | Promise<Payloads>;
  /** Visitor: was invited into another call, whose expert tells who is in it. */
  invited?: boolean;
  /** Expert: the call that somebody joins by this one. Both have one chat and one group. */
  host?: CallSession;
}

export class CallSession extends Store<SessionState> {
  readonly role: "visitor" | "expert";
  readonly media: LocalMedia;
  readonly id: Id;
  #api: Api;
  /** From the sealed offer. */
  #visitorName: string | undefined;
  #negotiation: Negotiation;
  #conversation: Conversation;
  #chat: Chat;
  /** The call that is joined by this one. */
  #host: CallSession | undefined;
  #participation: Participation;
  /** Of the other side, and of the others. */
  #files: [readonly FileTransfer[], readonly FileTransfer[]] = [[], []];
  #stopped = new AbortController();
  #recovery = new Recovery((attempt) => this.#restart(attempt));
  #reachable = true;
  /** Visitor: from the ring on. Before, nothing that is told of the call counts: who only looks at themself is in none. */
  #rung: boolean;
  #stopQuality: (() => void) | undefined;

  constructor(options: SessionOptions) {
    super({
      phase: options.role === "visitor" ? "preparing" : "ringing",
      call: undefined,
      outcome: undefined,
      failure: undefined,
      peer: undefined,
      code: undefined,
      invited: options.invited === true,
      companions: [],
      trouble: undefined,
      remote: undefined,
      remoteScreen: undefined,
      showing: SHOWING_NOTHING,
      chat: [],
      files: [],
      quality: undefined,
    });
    this.role = options.role;
    this.#rung = options.role === "expert";
    this.id = options.call;
    this.media = options.media;
    this.#api = options.api;
    const { role, api, media, call, iceServers, own, payloads = plainPayloads, host } = options;
    this.#host = host;
    this.#chat = host ? host.#chat : new Chat();
    this.#chat.subscribe((chat) => this.change({ chat }), this.#stopped.signal);
    this.#conversation = new Conversation(
      this.#chat,
      {
        files: (files) => this.#filesChanged(0, files),
        showing: (showing) => this.change({ showing }),
        group: (message) => this.#participation.hear(message),
        bye: () => this.#finish("other-hung-up"),
      },
      host && { author: () => this.other },
    );
    this.#negotiation = new Negotiation(
      {
        role,
        api,
        call,
        iceServers,
        payloads,
        ...(host ? { certificate: () => host.#negotiation.certificate() } : {}),
      },
      {
        renewed: (link) => this.#renewed(link),
        state: () => this.#judge(),
        checked: () => this.#checked(),
        proven: (peer) => {
          this.change({ peer });
          // From now on there is a connection, whatever the service says of the call.
          if (role === "visitor") this.#answered();
          this.#meet();
        },
        named: (name) => {
          this.#visitorName = name;
          if (this.state.call) this.#apply(this.state.call);
        },
        failed: (error) => this.#checkFailed(error),
        again: (atOnce) => this.#again(atOnce),
        call: (call) => this.#apply(call),
        control: (text) => this.#conversation.hear(text),
        controlOpen: (link) => this.#talk(link),
        file: (frame) => this.#conversation.hearFile(frame),
      },
    );
    const negotiation = this.#negotiation;
    const group = own && {
      ...{ own, media, leads: role === "expert", call: options.invited ? undefined : call },
      certificate: () => negotiation.certificate(),
      iceServers: (attempt: number) => negotiation.iceServers(attempt),
    };
    this.#participation = new Participation(
      {
        ...{ chat: this.#chat, conversation: this.#conversation },
        ...{
          other: () => this.other,
          link: () => negotiation.link,
          group: host ? host.#participation : group || undefined,
        },
      },
      {
        code: (code) => this.change({ code }),
        companions: (companions) => this.change({ companions }),
        files: (files) => this.#filesChanged(1, files),
        failed: (error) => this.#checkFailed(error),
        pairFailed: ({ reason }) => void api.alarm(call, reason).catch(() => {}),
      },
    );
    const { signal } = this.#stopped;
    this.media.subscribe(() => this.#mediaChanged(), signal);
    if (host) this.subscribe(() => this.#participation.changed(), signal);
    globalThis.addEventListener?.("online", () => this.#networkChanged(), { signal });
    globalThis.addEventListener?.("offline", () => this.#judge(), { signal });
    (globalThis.navigator as { connection?: EventTarget } | undefined)?.connection?.addEventListener?.(
      "change",
      () => this.#networkChanged(),
      { signal },
    );
  }

  // ---- What the owner asks for

  /**
   * Makes everything ready that can be ready before it is needed. Visitor: the peer connection, the offer, the
   * candidates; call it at the first click. Expert: the answer to `payload`, while it rings; the visitor learns nothing
   * of it.
   */
  prepare(payload?: string): Promise<void> {
    return this.#negotiation.prepare(payload);
  }

  /** Visitor: rings. Throws a {@link Problem}: `nobody-available`, `busy`, `card-number`, `unreachable`, … */
  async ring(options: Omit<Ring, "payload">): Promise<void> {
    const { name, ...rest } = options;
    // Sealed, it is read by experts only: the service cannot make this check.
    if (name && holdsCardNumber(name)) throw new Problem("card-number", "name");
    const ready = await this.#negotiation.ringPayload(options.expert, name);
    if (!ready) return;
    const { payload, sealed } = ready;
    const before = this.#rung;
    this.#rung = true;
    try {
      const { call } = await this.#api.ring(this.id, { ...(sealed ? rest : options), payload });
      // Hung up meanwhile, perhaps before the service knew of the ring.
      if (this.state.phase === "over") this.#api.hangUp(this.id).catch(() => {});
      this.#apply(call);
      this.#negotiation.letGo();
    } catch (error) {
      // Unless it may ring all the same: by this attempt, or by one before.
      this.#rung = before || this.state.phase !== "preparing" || (error instanceof Problem && error.passing);
      throw error;
    }
  }

  /**
   * Expert: answers. Only who was first may reach for the visitor: the DTLS greeting of another would spoil the visitor's
   * connection. It costs next to nothing, because the visitor, who has the answer by then, begins as soon.
   *
   * Throws a {@link Problem}; after `already-answered` and `call-over` the session is over and its outcome says why.
   */
  async answer(): Promise<void> {
    try {
      const { call } = await this.#negotiation.answer();
      this.#apply(call);
      // Whatever the service says: from now on a check that fails is the end.
      this.#answered();
      this.#negotiation.letGo();
    } catch (error) {
      if (error instanceof Problem && (error.slug === "already-answered" || error.slug === "call-over")) {
        if (error.call) this.#apply(error.call);
        this.#finish("taken");
      }
      throw error;
    }
  }

  /** Expert: declines. */
  async decline(): Promise<void> {
    this.#finish("declined");
    await this.#api.decline(this.id);
  }

  /**
   * Goes on with a call after a reload of this page. `call` as the service tells it, ringing or answered; for an expert
   * of a ringing one {@link prepare} is all it takes. For a visitor, `expert` is who was proven to have answered.
   */
  async resume(call: Call, expert?: Id): Promise<void> {
    this.#rung = true;
    this.#apply(call);
    if (this.state.phase === "over") return;
    if (this.role === "expert") {
      if (call.state === "answered") this.#negotiation.askForOffer();
      return;
    }
    await this.#negotiation.offerAnew(expert ?? call.expert?.id);
  }

  /** Ends the call, in whatever state it is; a visitor's ringing one is cancelled. */
  async hangUp(): Promise<void> {
    const { phase } = this.state;
    if (phase === "over") return;
    this.#conversation.tell({ type: "bye" });
    this.#finish(phase === "ringing" || phase === "preparing" ? "cancelled" : "hung-up");
    // Nothing rings: there is nothing to tell the service.
    if (phase === "preparing" && !this.#rung) return;
    const { call } = await this.#api.hangUp(this.id);
    this.change({ call });
  }

  /** What the service tells of this call, by `PUT /presence` or otherwise. */
  update(call: Call): void {
    if (call.id === this.id) this.#apply(call);
  }

  /** Whether the service is heard: from the mailbox's status. */
  signalling(status: MailboxStatus): void {
    this.#reachable = status === "open";
    this.#judge();
  }

  /** An envelope from the mailbox; those of other calls are left alone. */
  async handle(envelope: Envelope): Promise<void> {
    if (envelope.call !== this.id || this.state.phase === "over" || !this.#rung) return;
    switch (envelope.type) {
      case "call.ringing":
        this.#apply(envelope.body.call);
        await this.prepare(envelope.body.payload);
        break;
      case "call.signal":
        if (envelope.body.from !== this.role) {
          await this.#negotiation.hear(envelope.body.payload, { answeredBy: this.state.call?.expert?.id });
        }
        break;
      case "call.answered":
        // The answer first: the state may lead to things that need it.
        await this.#negotiation.hear(envelope.body.payload, {
          answeredBy: envelope.body.call.expert?.id,
          answers: true,
        });
        this.#apply(envelope.body.call);
        break;
      case "call.taken":
        this.change({ call: this.#withName(envelope.body.call) });
        // This desk's own answer comes back so to the other desks of the same expert only.
        if (this.state.phase === "ringing") this.#finish("taken");
        break;
      default:
        // What this client does not know says nothing of a call's state.
        if ("call" in envelope.body) this.#apply(envelope.body.call);
    }
  }

  /** Sends a chat message, now or when the connection is back, or says what is wrong with it. */
  say(text: string): Said {
    return this.#chat.say(text);
  }

  /** Offers a file, to each who is in the call. Throws `FileTooLarge`. */
  sendFile(file: File): void {
    for (const files of this.#participation.files) files.send(file);
  }

  acceptFile(id: string): void {
    for (const files of this.#participation.files) files.accept(id);
  }

  refuseFile(id: string): void {
    for (const files of this.#participation.files) files.refuse(id);
  }

  cancelFile(id: string): void {
    for (const files of this.#participation.files) files.cancel(id);
  }

  /** The peer connection, for tests and statistics. */
  get peerConnection(): RTCPeerConnection | undefined {
    return this.#negotiation.link?.pc;
  }

  /** Lets go without telling anybody: the page goes away, or the owner has no use for it. */
  close(): void {
    this.#release();
  }

  // ---- What the service says

  #withName(call: Call): Call {
    const { visitor } = call;
    return visitor && this.#visitorName ? { ...call, visitor: { ...visitor, name: this.#visitorName } } : call;
  }

  #apply(call: Call): void {
    const known = this.state.call;
    if ((known && call.version < known.version) || !this.#rung) return;
    const { phase } = this.state;
    this.change({ call: this.#withName(call) });
    if (phase === "over" || this.#stopped.signal.aborted) return;
    this.#meet();
    switch (call.state) {
      case "ringing":
        if (phase === "preparing") this.change({ phase: "ringing" });
        break;
      case "answered":
        this.#answered();
        break;
      case "ended":
        this.#finish(this.#whyEnded(call));
        break;
      default:
        this.#finish(call.state);
    }
  }

  /** The two sides connect, or have. */
  #answered(): void {
    const { phase } = this.state;
    if ((phase !== "preparing" && phase !== "ringing") || this.#stopped.signal.aborted) return;
    const connected = this.#negotiation.link?.state === "connected";
    this.change({ phase: connected ? "connected" : "connecting" });
    if (connected) this.#recovery.done();
    else this.#recovery.later(CONNECTED_WITHIN);
  }

  #whyEnded(call: Call): Outcome {
    if (call.ended_because === undefined || call.ended_because === "hung-up") return "other-hung-up";
    return call.ended_because === `${this.role}-gone` ? "self-gone" : "other-gone";
  }

  #finish(outcome: Outcome): void {
    if (this.state.phase === "over") return;
    this.change({ phase: "over", outcome, trouble: undefined, remote: undefined, remoteScreen: undefined });
    this.#release();
  }

  #release(): void {
    this.#stopped.abort();
    this.#recovery.stop();
    this.#stopQuality?.();
    this.#conversation.end();
    this.#participation.close();
    if (!this.#host) this.media.stopScreen();
    const link = this.#negotiation.stop();
    // What is on its way on the data channels (bye) goes out first.
    if (this.state.outcome === "check-failed") link?.close();
    else if (link) setTimeout(() => link.close(), 150);
  }

  /** A check of this side's own failed: there is no going on. */
  #checkFailed(error: Error): void {
    const { phase } = this.state;
    if (phase === "over") return;
    const failure: Failure =
      error instanceof CheckFailed ? error.reason : error instanceof Unsupported ? "unsupported" : "uncertified";
    console.warn(`visavis: ${failure}`);
    const rings = this.role === "expert" && phase === "ringing";
    // That a call is not sealed for this desk is nothing bad.
    if (error instanceof CheckFailed && !(rings && failure === "no-device")) {
      this.#api.alarm(this.id, error.reason).catch(() => {});
    }
    if (rings) {
      // Others may answer it.
      this.change({ failure });
      return;
    }
    this.change({ failure });
    this.#finish("check-failed");
    if (phase !== "preparing") this.#api.hangUp(this.id).catch(() => {});
  }

  // ---- The connection

  #renewed(link: Link): void {
    this.#mediaChanged();
    this.change({ remote: undefined, remoteScreen: undefined, showing: SHOWING_NOTHING });
    this.#stopQuality?.();
    void later.then(({ watchQuality }) => {
      if (link !== this.#negotiation.link) return;
      this.#stopQuality?.();
      this.#stopQuality = watchQuality(link.pc, (quality) => this.change({ quality }));
    });
  }

  /** The other side's certificate is the agreed one: only now it is seen and heard. */
  #checked(): void {
    const { link } = this.#negotiation;
    if (link?.checked && this.#participation.known)
      this.change({ remote: link.remote, remoteScreen: link.remoteScreen });
  }

  #talk(link: Link): void {
    this.#conversation.connect(link);
    this.#meet();
  }

  #meet(): void {
    this.#participation.meet();
    this.#mediaChanged();
    this.#checked();
  }

  /** Who is there: as proven, or as the service says. */
  get other(): OtherSide {
    const { peer, call, phase, remote, remoteScreen, showing } = this.state;
    const verified = typeof peer === "object" ? peer.verified : undefined;
    const visits = this.role === "visitor";
    const kind = visits ? "expert" : !this.#host ? "visitor" : verified ? "colleague" : "guest";
    const status = phase === "connected" ? "connected" : "connecting";
    const name = verified?.name ?? (visits ? call?.expert?.name : call?.visitor?.name) ?? "";
    const id = visits ? (verified?.expert ?? call?.expert?.id) : call?.visitor?.id;
    return { id, kind, name, status, remote, remoteScreen, showing };
  }

  #again(atOnce: boolean): void {
    if (atOnce) this.#recovery.now();
    else this.#recovery.later(LOOSE);
  }

  /** Brings phase and trouble in line with the connection. */
  #judge(): void {
    const { phase } = this.state;
    const answered = phase === "connecting" || phase === "connected" || phase === "reconnecting";
    const connection = this.#negotiation.link?.state;
    const trouble: Trouble | undefined =
      globalThis.navigator?.onLine === false ? "offline" : this.#reachable ? undefined : "service";
    if (!answered) {
      if (phase !== "over") this.change({ trouble });
      return;
    }
    if (connection === "connected") {
      this.#recovery.done();
      // Media flows: that the service is not heard is no trouble yet.
      this.change({ phase: "connected", trouble: undefined });
      return;
    }
    const lost = connection === "disconnected" || connection === "failed" || connection === "closed";
    const next: Phase = phase === "connected" || phase === "reconnecting" ? "reconnecting" : "connecting";
    this.change({ phase: next, trouble: trouble ?? (lost || this.#recovery.trying ? "path" : undefined) });
    if (lost) this.#recovery.later(connection === "failed" ? 0 : LOOSE);
  }

  #networkChanged(): void {
    this.#judge();
    const { phase } = this.state;
    if (phase === "preparing") this.#negotiation.outdated();
    else if (phase !== "over" && !(this.role === "expert" && phase === "ringing")) this.#recovery.now();
  }

  #restart(attempt: number): void {
    const { phase } = this.state;
    if (phase === "over") return;
    if (phase === "ringing") this.#recovery.stop();
    else this.#judge();
    void this.#negotiation.restart(attempt);
  }

  // ---- Media and files

  #filesChanged(whose: 0 | 1, files: readonly FileTransfer[]): void {
    this.#files[whose] = files;
    this.change({ files: this.#files.flat() });
  }

  #mediaChanged(): void {
    if (this.#participation.known) this.#conversation.show(this.media, this.#negotiation.link);
  }
}
