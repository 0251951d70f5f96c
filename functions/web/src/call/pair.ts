// The connection of two members of a call who are not its expert: the expert, whom both have authenticated, tells each
// the other's certificate, and hands on what they say until they have found each other.

import { CheckFailed } from "../trust/failure.ts";
import { newId } from "./bytes.ts";
import type { Chat } from "./chat.ts";
import type { Companion, Seat } from "./companion.ts";
import { Conversation } from "./conversation.ts";
import { Link } from "./link.ts";
import type { LocalMedia } from "./media.ts";
import { CONNECTED_WITHIN, LOOSE, Recovery } from "./recovery.ts";
import type { ControlMessage, GroupMessage, Member, Message } from "./types.ts";

export interface PairOptions {
  /** One of the two begins; both know which. */
  offers: boolean;
  /** What was written before is not for the other, in milliseconds of this page's life. */
  since: number;
  chat: Chat;
  media: LocalMedia;
  /** The one of this side for the whole call. */
  certificate: () => Promise<RTCCertificate>;
  /** `attempt`: how many there were to come to a connection. */
  iceServers: (attempt: number) => Promise<RTCIceServer[]>;
}

export interface PairEvents {
  /** By way of the expert. */
  pass: (message: Message) => void;
  /** The channel of a checked connection is open. */
  open: (link: Link, tell: (message: ControlMessage) => boolean) => void;
  group: (message: GroupMessage) => void;
  /** The seat is another. */
  changed: () => void;
  /** The other shows another certificate than the expert has told, or breaks the code: there is no connection. */
  failed: (error: CheckFailed) => void;
}

export class Pair implements Seat {
  readonly member: Member;
  companion: Companion;
  #options: PairOptions;
  #events: PairEvents;
  readonly conversation: Conversation;
  #link: Link | undefined;
  /** The connection that both have agreed on. */
  #agreed: string | undefined;
  /** Candidates that must not overtake the description. */
  #held: RTCIceCandidateInit[] | undefined = [];
  #recovery = new Recovery((attempt) => this.#after(() => this.#begin(attempt)));
  #steps: Promise<void> = Promise.resolve();
  #stopped = new AbortController();

  constructor(member: Member, options: PairOptions, events: PairEvents) {
    this.member = member;
    this.#options = options;
    this.#events = events;
    const { id, kind, name } = member;
    const showing = { microphone: false, camera: false, screen: false };
    this.companion = { id, kind, name, status: "connecting", remote: undefined, remoteScreen: undefined, showing };
    this.conversation = new Conversation(
      options.chat,
      {
        files: () => events.changed(),
        showing: (showing) => this.#change({ showing }),
        group: events.group,
        // The expert tells who is in the call.
        bye: () => {},
      },
      { author: () => member, since: options.since },
    );
    options.media.subscribe(() => this.#show(), this.#stopped.signal);
    this.#show();
    if (options.offers) this.#after(() => this.#begin(0));
    this.#recovery.later(CONNECTED_WITHIN);
  }

  /** What was written before is not for the other. */
  get since(): number {
    return this.#options.since;
  }

  /** What the other says by way of the expert. */
  take(message: Message): void {
    this.#after(() => this.#take(message));
  }

  /** The way over the expert is there again. */
  reachable(): void {
    if (this.companion.status === "connecting") this.#recovery.now();
  }

  close(): void {
    this.#stopped.abort();
    this.#recovery.stop();
    this.conversation.end();
    this.#link?.close();
    this.#link = undefined;
  }

  async #take(message: Message): Promise<void> {
    const { offers } = this.#options;
    switch (message.type) {
      case "offer": {
        if (offers) break;
        const { connection, sdp } = message;
        const known = this.#link?.connection === connection;
        const link = known ? this.#link : await this.#newLink(connection, 1);
        if (!link) break;
        this.#held = [];
        await link.answer(sdp, true);
        if (link !== this.#link) break;
        this.#agreed = connection;
        this.#events.pass({ type: "answer", connection, sdp: link.takeLocalAnswer() });
        this.#letGo();
        break;
      }
      case "answer":
        if (!offers || this.#link?.connection !== message.connection) break;
        await this.#link.takeAnswer(message.sdp);
        this.#agreed = message.connection;
        break;
      case "candidates":
        if (this.#link?.connection === message.connection) await this.#link.addCandidates(message.candidates);
        break;
      case "restart":
        if (offers) this.#recovery.now();
    }
  }

  /** Offers, or asks for an offer. */
  async #begin(attempt: number): Promise<void> {
    const link = this.#link;
    if (!this.#options.offers) {
      this.#events.pass({ type: "restart", ...(link ? { connection: link.connection } : {}) });
      return;
    }
    // As for the call itself: an ICE restart, or a new connection where that does not help.
    const restart = link && link.connection === this.#agreed && !link.stuck && attempt % 3 !== 0;
    if (restart) link.setIceServers(await this.#options.iceServers(attempt));
    const used = restart ? link : await this.#newLink(newId(), attempt);
    if (!used) return;
    this.#held = [];
    const sdp = await used.offer(restart);
    if (sdp === undefined || used !== this.#link) return;
    this.#events.pass({ type: "offer", connection: used.connection, sdp });
    this.#letGo();
  }

  async #newLink(connection: string, attempt: number): Promise<Link | undefined> {
    const { certificate, iceServers } = this.#options;
    const [own, servers] = await Promise.all([certificate(), iceServers(attempt)]);
    if (this.#stopped.signal.aborted) return undefined;
    const current = (): boolean => link === this.#link;
    const link: Link = new Link(
      connection,
      servers,
      own,
      {
        candidates: (candidates) => current() && this.#candidates(link, candidates),
        state: () => current() && this.#judge(link),
        checked: () => current() && this.#change({ remote: link.remote, remoteScreen: link.remoteScreen }),
        failed: (error) => current() && this.fail(error),
        control: (text) => current() && this.conversation.hear(text),
        controlOpen: () => current() && this.#open(link),
        file: (frame) => current() && this.conversation.hearFile(frame),
      },
      this.member.fingerprint,
    );
    this.#link?.close();
    this.#link = link;
    this.#show();
    return link;
  }

  #open(link: Link): void {
    this.conversation.connect(link);
    this.#events.open(link, (message) => this.conversation.tell(message));
  }

  #candidates({ connection }: Link, candidates: RTCIceCandidateInit[]): void {
    if (this.#held) this.#held.push(...candidates);
    else this.#events.pass({ type: "candidates", connection, candidates });
  }

  #letGo(): void {
    const held = this.#held;
    this.#held = undefined;
    if (this.#link && held && held.length > 0) this.#candidates(this.#link, held);
  }

  #judge({ state }: Link): void {
    if (state === "connected") {
      this.#recovery.done();
      this.#change({ status: "connected" });
    } else if (state === "disconnected" || state === "failed" || state === "closed") {
      this.#change({ status: "connecting" });
      this.#recovery.later(state === "failed" ? 0 : LOOSE);
    }
  }

  #show(): void {
    this.conversation.show(this.#options.media, this.#link);
  }

  #change(part: Partial<Companion>): void {
    this.companion = { ...this.companion, ...part };
    if (!this.#stopped.signal.aborted) this.#events.changed();
  }

  fail(error: CheckFailed): void {
    if (this.#stopped.signal.aborted) return;
    this.#change({ status: "failed", remote: undefined, remoteScreen: undefined });
    this.close();
    this.#events.failed(error);
  }

  /** One after the other. */
  #after(step: () => Promise<void>): void {
    this.#steps = this.#steps
      .then(() => (this.#stopped.signal.aborted ? undefined : step()))
      .catch((error: unknown) => {
        if (error instanceof CheckFailed) this.fail(error);
        // A description that does not fit: the next attempt makes another.
        else console.warn("visavis:", error);
      });
  }
}
