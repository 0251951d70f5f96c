// One call from one side: from ringing to the end, over reloads, lost networks and restarts.
//
// A session speaks through an `Api` and hears through `handle`, which its owner feeds from a `Mailbox`. It holds no user
// interface; a `<visavis-call-view>` shows it.

import type { Api } from "./api.ts";
import { Problem } from "./api.ts";
import { newId } from "./bytes.ts";
import { Conversation, type Said } from "./conversation.ts";
import { Link } from "./link.ts";
import type { MailboxStatus } from "./mailbox.ts";
import type { LocalMedia } from "./media.ts";
import { type PayloadCodec, plainPayloads } from "./payload.ts";
import { watchQuality } from "./quality.ts";
import { LOOSE, Recovery } from "./recovery.ts";
import { type Outcome, type Phase, type SessionState, SHOWING_NOTHING, type Trouble } from "./session-state.ts";
import { Store } from "./store.ts";
import type { Call, Envelope, Id, Message, Ring } from "./types.ts";

export type { ChatEntry, Said } from "./conversation.ts";
export type { Outcome, Phase, SessionState, Trouble } from "./session-state.ts";

export interface SessionOptions {
  role: "visitor" | "expert";
  api: Api;
  media: LocalMedia;
  /** The call's id. */
  call: Id;
  iceServers: RTCIceServer[];
  codec?: PayloadCodec;
}

/** Longer than it takes through a relay and a slow network. Milliseconds. */
const CONNECTED_WITHIN = 8_000;
/** TURN credentials last an hour; ask for fresh ones before a restart when they are older. Milliseconds. */
const CREDENTIALS_FRESH = 45 * 60_000;
/** An offer made so long before the click on "call" may hold addresses that are gone. Milliseconds. */
const OFFER_FRESH = 3 * 60_000;

export class CallSession extends Store<SessionState> {
  readonly role: "visitor" | "expert";
  readonly media: LocalMedia;
  readonly id: Id;
  #api: Api;
  #codec: PayloadCodec;
  #iceServers: RTCIceServer[];
  #iceServersAt = Date.now();
  #link: Link | undefined;
  #conversation: Conversation;
  #stopped = new AbortController();
  /** Visitor: the last offer. */
  #offer: { sdp: string; at: number } | undefined;
  #preparing: Promise<void> | undefined;
  /** Candidates that must wait: for the ring, or for the answer. `undefined` when they may go. */
  #held: RTCIceCandidateInit[] | undefined = [];
  #sending: Promise<void> = Promise.resolve();
  #recovery = new Recovery((attempt) => void this.#restart(attempt));
  /** Expert: the answer is on its way to the service. */
  #answering = false;
  #reachable = true;
  #stopQuality: (() => void) | undefined;

  constructor(options: SessionOptions) {
    super({
      phase: options.role === "visitor" ? "preparing" : "ringing",
      call: undefined,
      outcome: undefined,
      trouble: undefined,
      remote: undefined,
      remoteScreen: undefined,
      showing: SHOWING_NOTHING,
      chat: [],
      files: [],
      quality: undefined,
    });
    this.role = options.role;
    this.id = options.call;
    this.media = options.media;
    this.#api = options.api;
    this.#codec = options.codec ?? plainPayloads;
    this.#iceServers = options.iceServers;
    this.#conversation = new Conversation({
      chat: (chat) => this.change({ chat }),
      files: (files) => this.change({ files }),
      showing: (showing) => this.change({ showing }),
      bye: () => this.#finish("other-hung-up"),
    });
    const { signal } = this.#stopped;
    this.media.subscribe(() => this.#mediaChanged(), signal);
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
    this.#preparing ??= this.role === "visitor" ? this.#makeOffer() : this.#open(payload ?? "");
    return this.#preparing;
  }

  /** Visitor: rings. Throws a {@link Problem}: `nobody-available`, `busy`, `card-number`, `unreachable`, … */
  async ring(options: Omit<Ring, "payload">): Promise<void> {
    if (this.#offer && Date.now() - this.#offer.at > OFFER_FRESH) this.#preparing = undefined;
    await this.prepare();
    const link = this.#link;
    if (!link || !this.#offer) return;
    const payload = await this.#codec.seal({ type: "offer", connection: link.connection, sdp: this.#offer.sdp });
    const { call } = await this.#api.ring(this.id, { ...options, payload });
    this.#apply(call);
    this.#letGo();
  }

  /**
   * Expert: answers. Only who was first may reach for the visitor: the DTLS greeting of another would spoil the visitor's
   * connection. It costs next to nothing, because the visitor, who has the answer by then, begins as soon.
   *
   * Throws a {@link Problem}; after `already-answered` and `call-over` the session is over and its outcome says why.
   */
  async answer(): Promise<void> {
    await this.#preparing;
    const link = this.#link;
    if (!link) throw new Problem("unexpected", "there is no offer to answer");
    const sdp = link.takeLocalAnswer();
    const payload = await this.#codec.seal({ type: "answer", connection: link.connection, sdp });
    this.#held = [];
    this.#answering = true;
    // What follows (an answer to a later offer, candidates) waits until the call is answered.
    const answered = this.#sending.then(() => this.#api.answer(this.id, payload));
    this.#sending = answered.then(
      () => {},
      () => {},
    );
    try {
      const { call } = await answered;
      void this.#link?.release();
      this.#apply(call);
      this.#letGo();
    } catch (error) {
      if (error instanceof Problem && (error.slug === "already-answered" || error.slug === "call-over")) {
        if (error.call) this.#apply(error.call);
        this.#finish("taken");
      }
      throw error;
    } finally {
      this.#answering = false;
    }
  }

  /** Expert: declines. */
  async decline(): Promise<void> {
    this.#finish("declined");
    await this.#api.decline(this.id);
  }

  /**
   * Goes on with a call after a reload of this page. `call` as the service tells it, ringing or answered; for an expert
   * of a ringing one {@link prepare} is all it takes.
   */
  async resume(call: Call): Promise<void> {
    this.#apply(call);
    if (this.state.phase === "over") return;
    if (this.role === "expert") {
      if (call.state === "answered") this.#send({ type: "restart" });
      return;
    }
    await this.prepare();
    this.#sendOffer();
    this.#letGo();
  }

  /** Ends the call, in whatever state it is; a visitor's ringing one is cancelled. */
  async hangUp(): Promise<void> {
    const { phase } = this.state;
    if (phase === "over") return;
    this.#conversation.bye();
    this.#finish(phase === "ringing" || phase === "preparing" ? "cancelled" : "hung-up");
    // Nothing rings yet: there is nothing to tell the service.
    if (phase === "preparing") return;
    const { call } = await this.#api.hangUp(this.id);
    this.change({ call });
  }

  /** Reads the call anew: after a gap in the mailbox. */
  async refresh(): Promise<void> {
    this.#apply((await this.#api.call(this.id)).call);
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
    if (envelope.call !== this.id || this.state.phase === "over") return;
    switch (envelope.type) {
      case "call.ringing":
        this.#apply(envelope.body.call);
        await this.prepare(envelope.body.payload);
        break;
      case "call.signal":
        if (envelope.body.from !== this.role) await this.#open(envelope.body.payload);
        break;
      case "call.answered":
        // The answer first: the state may lead to things that need it.
        await this.#open(envelope.body.payload);
        this.#apply(envelope.body.call);
        break;
      case "call.taken":
        this.change({ call: envelope.body.call });
        // This desk's own answer comes back so to the other desks of the same expert only.
        if (this.state.phase === "ringing") this.#finish("taken");
        break;
      default:
        this.#apply(envelope.body.call);
    }
  }

  /** Sends a chat message, now or when the connection is back, or says what is wrong with it. */
  say(text: string): Said {
    return this.#conversation.say(text);
  }

  /** Offers a file. Throws `FileTooLarge`. */
  sendFile(file: File): void {
    this.#conversation.files.send(file);
  }

  acceptFile(id: string): void {
    this.#conversation.files.accept(id);
  }

  refuseFile(id: string): void {
    this.#conversation.files.refuse(id);
  }

  cancelFile(id: string): void {
    this.#conversation.files.cancel(id);
  }

  /** The SHA-256 fingerprints of the two DTLS certificates as negotiated. */
  get fingerprints(): Link["fingerprints"] | undefined {
    return this.#link?.fingerprints;
  }

  /** The peer connection, for tests and statistics. */
  get peerConnection(): RTCPeerConnection | undefined {
    return this.#link?.pc;
  }

  /** Lets go without telling anybody: the page goes away, or the owner has no use for it. */
  close(): void {
    this.#release();
  }

  // ---- What the service says

  #apply(call: Call): void {
    const known = this.state.call;
    if (known && call.version < known.version) return;
    const { phase } = this.state;
    this.change({ call });
    if (phase === "over") return;
    switch (call.state) {
      case "ringing":
        if (phase === "preparing") this.change({ phase: "ringing" });
        break;
      case "answered":
        if (phase === "preparing" || phase === "ringing") {
          const connected = this.#link?.pc.connectionState === "connected";
          this.change({ phase: connected ? "connected" : "connecting" });
          if (connected) this.#recovery.done();
          else this.#recovery.later(CONNECTED_WITHIN);
        }
        break;
      case "ended":
        this.#finish(this.#whyEnded(call));
        break;
      default:
        this.#finish(call.state);
    }
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
    this.#conversation.files.interrupt();
    this.media.stopScreen();
    const link = this.#link;
    // What is on its way on the data channels (bye) goes out first.
    if (link) setTimeout(() => link.close(), 150);
    this.#link = undefined;
  }

  // ---- What the other side says

  async #open(payload: string): Promise<void> {
    let message: Message;
    try {
      message = await this.#codec.open(payload);
    } catch (error) {
      console.warn("visavis: a payload was dropped:", error);
      return;
    }
    if (this.#stopped.signal.aborted) return;
    try {
      await this.#take(message);
    } catch (error) {
      // A description that does not fit (the connection was closed or replaced meanwhile): a restart mends it.
      console.warn("visavis:", error);
      if (!this.#stopped.signal.aborted) this.#recovery.later(LOOSE);
    }
  }

  async #take(message: Message): Promise<void> {
    const link = this.#link;
    switch (message.type) {
      case "offer": {
        if (this.role !== "expert") break;
        const answered = this.#answering || this.state.phase !== "ringing";
        const used = link?.connection === message.connection ? link : this.#newLink(message.connection);
        if (!answered) this.#held = [];
        await used.answer(message.sdp, answered);
        if (answered && used === this.#link) {
          this.#send({ type: "answer", connection: used.connection, sdp: used.takeLocalAnswer() });
          this.#letGo();
        }
        break;
      }
      case "answer":
        if (this.role === "visitor" && link?.connection === message.connection) await link.takeAnswer(message.sdp);
        break;
      case "candidates":
        if (link?.connection === message.connection) await link.addCandidates(message.candidates);
        break;
      case "restart":
        if (this.role !== "visitor") break;
        if (message.connection === undefined || message.connection !== link?.connection) await this.#startAnew();
        else this.#recovery.now();
        break;
    }
  }

  // ---- The connection

  #newLink(connection: string): Link {
    const old = this.#link;
    const link: Link = new Link(connection, this.#iceServers, {
      candidates: (candidates) => link === this.#link && this.#candidates(link, candidates),
      state: () => link === this.#link && this.#judge(),
      control: (text) => link === this.#link && this.#conversation.hear(text),
      controlOpen: () => link === this.#link && this.#conversation.connect(link),
      file: (frame) => link === this.#link && this.#frame(frame),
    });
    this.#link = link;
    old?.close();
    this.#mediaChanged();
    this.change({ remote: link.remote, remoteScreen: link.remoteScreen, showing: SHOWING_NOTHING });
    this.#stopQuality?.();
    this.#stopQuality = watchQuality(link.pc, (quality) => link === this.#link && this.change({ quality }));
    return link;
  }

  async #makeOffer(): Promise<void> {
    const link = this.#newLink(newId());
    const sdp = await link.offer();
    this.#offer = { sdp, at: Date.now() };
  }

  #candidates(link: Link, candidates: RTCIceCandidateInit[]): void {
    if (this.#held) this.#held.push(...candidates);
    else this.#send({ type: "candidates", connection: link.connection, candidates });
  }

  /** From now on candidates go out as they come. */
  #letGo(): void {
    const held = this.#held;
    this.#held = undefined;
    const link = this.#link;
    if (link && held && held.length > 0) this.#candidates(link, held);
  }

  #sendOffer(): void {
    if (!this.#link || !this.#offer) return;
    this.#send({ type: "offer", connection: this.#link.connection, sdp: this.#offer.sdp });
  }

  /** One after the other: an offer is there before its candidates. */
  #send(message: Message): void {
    const id = newId();
    this.#sending = this.#sending
      .then(async () => {
        if (this.#stopped.signal.aborted) return;
        await this.#api.signal(this.id, id, await this.#codec.seal(message));
      })
      .catch((error: unknown) => {
        if (!(error instanceof Problem)) console.error("visavis:", error);
        else if (error.slug === "call-over" && error.call) this.#apply(error.call);
        // What was lost with the network is said anew by the next restart.
      });
  }

  /** Brings phase and trouble in line with the connection. */
  #judge(): void {
    const { phase } = this.state;
    const answered = phase === "connecting" || phase === "connected" || phase === "reconnecting";
    const connection = this.#link?.pc.connectionState;
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
    if (phase === "preparing") this.#preparing = undefined;
    else if (phase !== "over" && !(this.role === "expert" && phase === "ringing")) this.#recovery.now();
  }

  /** An ICE restart; a new connection when two did not help, or when it is not the network that keeps it. */
  async #restart(attempt: number): Promise<void> {
    const { phase } = this.state;
    if (phase === "over") return;
    if (phase === "ringing") this.#recovery.stop();
    else this.#judge();
    const link = this.#link;
    try {
      await this.#refreshCredentials(attempt);
      if (this.#stopped.signal.aborted) return;
      if (this.role === "expert") {
        this.#send(link ? { type: "restart", connection: link.connection } : { type: "restart" });
      } else if (!link || link.stuck || attempt % 3 === 0) {
        await this.#startAnew();
      } else {
        this.#offer = { sdp: await link.offer(true), at: Date.now() };
        this.#sendOffer();
      }
    } catch (error) {
      console.warn("visavis:", error);
    }
  }

  /** Visitor: a new peer connection, because the other side has none any more or this one is beyond repair. */
  async #startAnew(): Promise<void> {
    // Its candidates must not overtake the offer.
    this.#held = [];
    await this.#makeOffer();
    this.#sendOffer();
    this.#letGo();
  }

  async #refreshCredentials(attempt: number): Promise<void> {
    if (Date.now() - this.#iceServersAt < CREDENTIALS_FRESH && attempt < 2) return;
    const relay = await this.#api.relay(this.id).catch(() => undefined);
    if (!relay) return;
    this.#iceServers = relay.ice_servers;
    this.#iceServersAt = Date.now();
    this.#link?.pc.setConfiguration({ ...this.#link.pc.getConfiguration(), iceServers: relay.ice_servers });
  }

  // ---- Media and channels

  #mediaChanged(): void {
    const { microphone, camera, screen, microphoneTrack, cameraTrack, screenTrack } = this.media.state;
    this.#link?.setTracks({ microphone: microphoneTrack, camera: cameraTrack, screen: screenTrack });
    this.#conversation.show({
      microphone: microphone.status === "on",
      camera: camera.status === "on",
      screen: screen.status === "on",
    });
  }

  #frame(frame: ArrayBuffer): void {
    try {
      this.#conversation.files.receive(frame);
    } catch {
      // Not a frame of the documented form.
    }
  }
}
