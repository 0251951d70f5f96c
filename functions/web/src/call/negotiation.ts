// How the two sides of a call come to a connection: the offers, answers and candidates that they send each other, over
// reloads and restarts.

import { CheckFailed, Unsupported } from "../trust/failure.ts";
import { type Api, Problem } from "./api.ts";
import { Uncertified } from "./authentication.ts";
import { newId } from "./bytes.ts";
import { Link, type LinkEvents } from "./link.ts";
import type { Expected, Payloads, Proven } from "./payload.ts";
import type { Call, Id, Message } from "./types.ts";

export interface NegotiationOptions {
  role: "visitor" | "expert";
  api: Api;
  call: Id;
  iceServers: RTCIceServer[];
  payloads: Payloads | Promise<Payloads>;
  /** Of this side; its own unless told. */
  certificate?: () => Promise<RTCCertificate>;
}

/** What is told of the latest link, and: */
export interface NegotiationEvents extends Omit<LinkEvents, "candidates" | "failed" | "controlOpen"> {
  controlOpen: (link: Link) => void;
  /** A connection takes the place of the one before. */
  renewed: (link: Link) => void;
  /** Who is at the other side. */
  proven: (proven: Proven) => void;
  /** Expert: the visitor's name, which the service is not told. */
  named: (name: string) => void;
  /** A check failed, or this side cannot make it: the end. */
  failed: (error: CheckFailed | Unsupported | Uncertified) => void;
  /** A restart is due: at once, or unless the connection comes back by itself. */
  again: (atOnce: boolean) => void;
  /** The service says how the call stands. */
  call: (call: Call) => void;
}

/** TURN credentials last an hour; ask for fresh ones before a restart when they are older. Milliseconds. */
const CREDENTIALS_FRESH = 45 * 60_000;
/** Those that did not help are not asked for again sooner: the service gives few, and all connections share them. */
const CREDENTIALS_AGAIN = 10_000;
/** An offer made so long before the click on "call" may hold addresses that are gone. Milliseconds. */
const OFFER_FRESH = 3 * 60_000;

export class Negotiation {
  #role: "visitor" | "expert";
  #api: Api;
  #call: Id;
  #payloads: Promise<Payloads>;
  #events: NegotiationEvents;
  #iceServers: RTCIceServer[];
  #iceServersAt = Date.now();
  #link: Link | undefined;
  /** The certificate of this side, for all connections of the call. */
  #certificate: Promise<RTCCertificate> | undefined;
  #makeCertificate: () => Promise<RTCCertificate>;
  /** Visitor: the last offer, and for which expert. */
  #offer: { sdp: string; at: number } | undefined;
  #expert: Id | undefined;
  #name: string | undefined;
  #preparing: Promise<void> | undefined;
  /** The connection that both sides have agreed on. */
  #agreed: string | undefined;
  /** Expert: from the click on "answer" on. */
  #answered = false;
  /** Candidates that must wait: for the ring, or for the answer. `undefined` when they may go. */
  #held: RTCIceCandidateInit[] | undefined = [];
  #sending: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: NegotiationOptions, events: NegotiationEvents) {
    this.#role = options.role;
    this.#api = options.api;
    this.#call = options.call;
    this.#iceServers = options.iceServers;
    this.#payloads = Promise.resolve(options.payloads);
    this.#makeCertificate = options.certificate ?? newCertificate;
    // Told where they are needed.
    this.#payloads.catch(() => {});
    this.#events = events;
  }

  get link(): Link | undefined {
    return this.#link;
  }

  /** Visitor: makes the first offer. Expert: takes `payload` and makes the answer; the visitor learns nothing of it. */
  prepare(payload?: string): Promise<void> {
    this.#preparing ??= this.#role === "visitor" ? this.#ready() : this.hear(payload ?? "");
    return this.#preparing;
  }

  /** Visitor: the offer is made anew by the next {@link prepare}: the network has changed. */
  outdated(): void {
    this.#preparing = undefined;
  }

  /** Visitor: the payload to ring with, and whether the name is in it; nothing when it came to an end before. */
  async ringPayload(
    expert: Id | undefined,
    name: string | undefined,
  ): Promise<{ payload: string; sealed: boolean } | undefined> {
    this.#expert = expert;
    this.#name = name;
    if (this.#offer && Date.now() - this.#offer.at > OFFER_FRESH) this.outdated();
    await this.prepare();
    const payloads = await this.#ends();
    if (!this.#link || !this.#offer || !payloads) return undefined;
    const payload = await payloads.offer(this.#link.connection, this.#offer.sdp, expert, name);
    return { payload, sealed: payloads.sealed === true };
  }

  /** Visitor: sends the offer again after a reload; to `expert` where one has answered. */
  async offerAnew(expert: Id | undefined): Promise<void> {
    this.#expert = expert;
    await this.prepare();
    this.#sendOffer();
  }

  /** Expert: asks the visitor for an offer: this page was reloaded. */
  askForOffer(): void {
    this.#answered = true;
    this.#send({ type: "restart" });
  }

  /**
   * Expert: answers. What follows (an answer to a later offer, candidates) waits until the service has taken it; then the
   * two sides may find each other.
   */
  async answer(): Promise<{ call: Call }> {
    await this.#preparing;
    const link = this.#link;
    const sdp = link?.takeLocalAnswer();
    // Empty as long as the offer of a visitor who came back is being taken.
    if (!link || !sdp) throw new Problem("unexpected", "no offer to answer");
    this.#held = [];
    this.#answered = true;
    const payload = this.#payloads.then((payloads) => payloads.answer(link.connection, sdp));
    const answered = Promise.all([payload, this.#sending]).then(([sealed]) => this.#api.answer(this.#call, sealed));
    this.#sending = answered.then(
      () => {},
      () => {},
    );
    try {
      const answer = await answered;
      void this.#link?.release();
      return answer;
    } catch (error) {
      this.#answered = false;
      throw error;
    }
  }

  /** From now on candidates go out as they come. */
  letGo(): void {
    const held = this.#held;
    this.#held = undefined;
    const link = this.#link;
    if (link && held && held.length > 0) this.#candidates(link, held);
  }

  /** What the other side says. */
  async hear(payload: string, expected: Expected = {}): Promise<void> {
    const payloads = await this.#ends();
    if (!payloads || this.#stopped) return;
    let heard: Awaited<ReturnType<Payloads["open"]>>;
    try {
      heard = await payloads.open(payload, { wanted: this.#expert, ...expected });
    } catch (error) {
      if (this.#fatal(error)) return;
      console.warn("visavis: dropped:", error);
      return;
    }
    if (!heard || this.#stopped) return;
    try {
      if (heard.name !== undefined) this.#events.named(heard.name);
      await this.#take(heard.message, heard.proven);
    } catch (error) {
      if (this.#fatal(error)) return;
      // A description that does not fit: the connection was closed or replaced meanwhile.
      console.warn("visavis:", error);
      if (!this.#stopped) this.#events.again(false);
    }
  }

  /** An ICE restart; a new connection when two did not help, or when it is not the network that keeps it. */
  async restart(attempt: number): Promise<void> {
    if (this.#stopped) return;
    try {
      await this.#refreshCredentials(attempt);
      if (this.#stopped) return;
      const link = this.#link;
      if (this.#role === "expert") {
        this.#send(link ? { type: "restart", connection: link.connection } : { type: "restart" });
      } else if (!link || link.connection !== this.#agreed || link.stuck || attempt % 3 === 0) {
        await this.#startAnew();
      } else {
        await this.#makeOffer(link, true);
        this.#sendOffer();
      }
    } catch (error) {
      console.warn("visavis:", error);
    }
  }

  /** Of this side, for all its connections of the call. */
  certificate(): Promise<RTCCertificate> {
    this.#certificate ??= this.#makeCertificate();
    return this.#certificate;
  }

  /** Fresh ones where the last are old, or did not help before `attempt`. */
  async iceServers(attempt: number): Promise<RTCIceServer[]> {
    await this.#refreshCredentials(attempt);
    return this.#iceServers;
  }

  /** Nothing is sent or heard any more; the last link is the caller's to close. */
  stop(): Link | undefined {
    this.#stopped = true;
    const link = this.#link;
    this.#link = undefined;
    return link;
  }

  // ---- What the other side says

  async #take(message: Message, proven: Proven | undefined): Promise<void> {
    const link = this.#link;
    switch (message.type) {
      case "offer": {
        if (this.#role !== "expert") break;
        const { connection, sdp } = message;
        const used = link?.connection === connection ? link : await this.#newLink(connection);
        if (this.#stopped) break;
        // They follow the answer, which they are sealed with.
        this.#held = [];
        await used.answer(sdp, this.#answered);
        // Closed meanwhile.
        if (used !== this.#link) break;
        if (proven) this.#events.proven(proven);
        if (this.#answered) {
          const answer = used.takeLocalAnswer();
          if (proven) this.#post((payloads) => payloads.answer(connection, answer));
          else this.#send({ type: "answer", connection, sdp: answer });
          this.letGo();
        }
        break;
      }
      case "answer":
        if (this.#role !== "visitor" || link?.connection !== message.connection) break;
        await link.takeAnswer(message.sdp);
        if (link !== this.#link) break;
        // From now on offers are for them alone.
        if (typeof proven === "object") this.#expert = proven.verified.expert;
        if (proven) this.#events.proven(proven);
        // An expert who came while the visitor waited in line has not heard them.
        if (this.#agreed !== message.connection && link.gathered[0]) this.#candidates(link, link.gathered);
        this.#agreed = message.connection;
        break;
      case "candidates":
        if (link?.connection === message.connection) await link.addCandidates(message.candidates);
        break;
      case "restart":
        if (this.#role !== "visitor") break;
        if (message.connection === undefined || message.connection !== link?.connection) await this.#startAnew();
        else this.#events.again(true);
        break;
    }
  }

  /** Whether the call cannot go on after it. */
  #fatal(error: unknown): boolean {
    const fatal = error instanceof CheckFailed || error instanceof Unsupported || error instanceof Uncertified;
    if (fatal && !this.#stopped) this.#events.failed(error);
    return fatal;
  }

  // ---- The connection

  async #ends(): Promise<Payloads | undefined> {
    try {
      return await this.#payloads;
    } catch (error) {
      if (this.#fatal(error)) return undefined;
      throw error;
    }
  }

  async #ready(): Promise<void> {
    // The offer is made while chains are checked.
    await Promise.all([this.#offerNew(), this.#ends()]);
  }

  async #newLink(connection: string): Promise<Link> {
    const certificate = await this.certificate();
    const events = this.#events;
    const current = (): boolean => link === this.#link;
    const link: Link = new Link(connection, this.#iceServers, certificate, {
      candidates: (candidates) => current() && this.#candidates(link, candidates),
      state: () => current() && events.state(),
      checked: () => current() && events.checked(),
      failed: (error) => current() && events.failed(error),
      control: (text) => current() && events.control(text),
      controlOpen: () => current() && events.controlOpen(link),
      file: (frame) => current() && events.file(frame),
    });
    if (this.#stopped) {
      link.close();
      return link;
    }
    const old = this.#link;
    this.#link = link;
    old?.close();
    events.renewed(link);
    return link;
  }

  async #offerNew(): Promise<void> {
    await this.#makeOffer(await this.#newLink(newId()));
  }

  async #makeOffer(link: Link, restart?: boolean): Promise<void> {
    // It was another connection's, perhaps.
    this.#offer = undefined;
    const sdp = await link.offer(restart);
    if (sdp !== undefined && link === this.#link) this.#offer = { sdp, at: Date.now() };
  }

  /** Visitor: a new peer connection, because the other side has none any more or this one is beyond repair. */
  async #startAnew(): Promise<void> {
    // Its candidates must not overtake the offer.
    this.#held = [];
    await this.#offerNew();
    this.#sendOffer();
  }

  async #refreshCredentials(attempt: number): Promise<void> {
    if (Date.now() - this.#iceServersAt < (attempt < 2 ? CREDENTIALS_FRESH : CREDENTIALS_AGAIN)) return;
    const relay = await this.#api.relay(this.#call).catch(() => undefined);
    if (!relay) return;
    this.#iceServers = relay.ice_servers;
    this.#iceServersAt = Date.now();
    this.#link?.setIceServers(relay.ice_servers);
  }

  // ---- What this side says

  #candidates(link: Link, candidates: RTCIceCandidateInit[]): void {
    if (this.#held) this.#held.push(...candidates);
    else this.#send({ type: "candidates", connection: link.connection, candidates });
  }

  /** On a connection that was agreed on it is an ICE restart. */
  #sendOffer(): void {
    if (!this.#link || !this.#offer) return;
    const { connection } = this.#link;
    const { sdp } = this.#offer;
    if (connection === this.#agreed) this.#send({ type: "offer", connection, sdp });
    else this.#post((payloads) => payloads.offer(connection, sdp, this.#expert, this.#name));
    this.letGo();
  }

  #send(message: Message): void {
    this.#post((payloads) => payloads.seal(message));
  }

  /** One after the other: an offer is there before its candidates. */
  #post(close: (payloads: Payloads) => Promise<string>): void {
    const id = newId();
    this.#sending = this.#sending
      .then(async () => {
        if (this.#stopped) return;
        await this.#api.signal(this.#call, id, await close(await this.#payloads));
      })
      .catch((error: unknown) => {
        if (!(error instanceof Problem)) console.error("visavis:", error);
        else if (error.slug === "call-over" && error.call) this.#events.call(error.call);
        // What was lost with the network is said anew by the next restart.
      });
  }
}

const newCertificate = (): Promise<RTCCertificate> =>
  RTCPeerConnection.generateCertificate({ name: "ECDSA", namedCurve: "P-256" } as EcKeyGenParams);
