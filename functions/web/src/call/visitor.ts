// A visitor's way through a call: from the click to the end, over a reload of the page.

import type { Device } from "../trust/handshake.ts";
import { Api, Problem } from "./api.ts";
import { visitorPayloads } from "./authentication.ts";
import { Mailbox, type Transport } from "./mailbox.ts";
import { LocalMedia } from "./media.ts";
import { forget, type Memory, recall, remember } from "./memory.ts";
import { PresenceLease } from "./presence.ts";
import { CallSession } from "./session.ts";
import { Store } from "./store.ts";
import type { Call, Id, Media, Ring, VisitorAccess } from "./types.ts";

export interface VisitorOptions {
  /** The service's origin. */
  base: string;
  organisation: Id;
  transport: Transport;
  /** As the page tells; nothing that is not proven by one of them is accepted where there is one. */
  siteKeys: string[];
  /** The secret of an invitation into another call. */
  invitation?: string;
  /** Of a colleague who was invited: proves who joins. */
  device?: Device;
  /** Of a guest who was invited: the key in the link, in base64url. */
  linkKey?: string;
  /**
   * Of whoever looks at themself before they ring, with a link that works once: tells that link from others, and is not
   * its secret. What was begun by it goes on after a reload, from the start on.
   */
  link?: string;
  /** Devices that were chosen before. */
  media?: () => LocalMedia;
}

export type VisitorState = {
  /** `idle` before the click; `ready` from the click on; then the session's phase says more. */
  step: "idle" | "starting" | "ready";
  media: LocalMedia | undefined;
  session: CallSession | undefined;
  /** The last thing that went wrong, until the next attempt. */
  problem: Problem | undefined;
  /** A ring is on its way to the service. */
  ringing: boolean;
};

const RENEW_BEFORE = 10 * 60_000;

export class Visitor extends Store<VisitorState> {
  #options: VisitorOptions;
  #api: Api;
  #access: VisitorAccess | undefined;
  #mailbox: Mailbox | undefined;
  #presence: PresenceLease | undefined;
  #renewal: ReturnType<typeof setTimeout> | undefined;
  #after = 0;
  /** Of the call, where its page has a site key. */
  #continuity: string | undefined;
  /** Rises with each start and stop: what was begun before then no longer counts. */
  #turn = 0;

  constructor(options: VisitorOptions) {
    super({ step: "idle", media: undefined, session: undefined, problem: undefined, ringing: false });
    this.#options = options;
    this.#api = new Api({ base: options.base });
  }

  /** The name of who has invited, where this visitor was. */
  get inviting(): string | undefined {
    return this.#access?.invitation?.expert.name;
  }

  /** The click: devices, identity, peer connection and candidates all begin at once. */
  async start(media: Media): Promise<void> {
    const turn = ++this.#turn;
    // One that may ring although it seemed to fail would be in the way of the next.
    void this.state.session?.hangUp().catch(() => {});
    this.#letGo();
    const local = this.#media();
    this.change({ step: "starting", media: local, session: undefined, problem: undefined });
    // They may wait for an answer to the browser's question: nothing else waits for it.
    void local.start({ microphone: media !== "chat", camera: media === "video" });
    try {
      const access = await this.#nextAccess();
      if (turn !== this.#turn) return;
      this.#adopt(access, local);
      this.#remember();
      await this.state.session?.prepare();
      if (turn === this.#turn) this.change({ step: "ready" });
    } catch (error) {
      if (turn === this.#turn) this.#failed(error);
    }
  }

  /** Rings, or waits in line. A problem goes into the state. */
  async ring(options: Omit<Ring, "payload">): Promise<void> {
    const { session } = this.state;
    if (!session || !this.#access) return;
    this.change({ ringing: true, problem: undefined });
    try {
      await session.ring(options);
      this.#remember();
    } catch (error) {
      this.#failed(error);
    }
    this.change({ ringing: false });
  }

  /** Goes on with the call of before a reload, if there is one. */
  async resume(): Promise<void> {
    const memory = recall(this.#options.organisation, this.#options.link);
    if (!memory) return;
    const turn = ++this.#turn;
    const local = this.#media();
    this.change({ step: "starting", media: local, problem: undefined });
    this.#api.token = memory.token;
    this.#after = memory.cursor;
    try {
      const [access, call] = await Promise.all([this.#api.renewVisitor("same"), this.#rung(memory.call)]);
      if (turn !== this.#turn) return;
      this.#adopt(access, local, memory);
      const { session } = this.state;
      const over = call && call.state !== "ringing" && call.state !== "answered";
      // A link is for a video call.
      const { media } = call ?? { media: "video" };
      if (!over) void local.start({ microphone: media !== "chat", camera: media === "video" });
      await (call ? session?.resume(call, memory.expert) : session?.prepare());
      if (turn === this.#turn) this.change({ step: "ready" });
    } catch (error) {
      if (turn !== this.#turn) return;
      // Over long ago, or a token that has run out: nothing to go on with.
      if (error instanceof Problem && !error.passing) this.stop();
      else this.#failed(error);
    }
  }

  /** Before it rings: back to the start, as if nothing had been. During a call: ends it. */
  stop(): void {
    this.#turn++;
    void this.state.session?.hangUp().catch(() => {});
    this.#letGo();
    forget();
    this.change({ step: "idle", media: undefined, session: undefined, problem: undefined, ringing: false });
  }

  #media(): LocalMedia {
    return this.#options.media?.() ?? new LocalMedia();
  }

  /** The call; nothing of a link whose visitor has not rung yet: the service does not know it before. */
  async #rung(id: Id): Promise<Call | undefined> {
    try {
      return (await this.#api.call(id)).call;
    } catch (error) {
      if (this.#options.link !== undefined && error instanceof Problem && error.slug === "not-found") return undefined;
      throw error;
    }
  }

  async #nextAccess(): Promise<VisitorAccess> {
    if (this.#access) {
      try {
        // Who was invited has this one call.
        return await this.#api.renewVisitor(this.#options.invitation === undefined ? "next" : "same");
      } catch (error) {
        // The page was open for longer than a token lasts.
        if (!(error instanceof Problem) || error.status !== 401) throw error;
        this.#api.token = undefined;
        this.#after = 0;
      }
    }
    const { organisation, invitation } = this.#options;
    return this.#api.createVisitor(organisation, invitation);
  }

  #adopt(access: VisitorAccess, media: LocalMedia, memory?: Memory): void {
    this.#took(access);
    const { call, trust, ice_servers: iceServers } = access;
    const { organisation, siteKeys, invitation, device, linkKey } = this.#options;
    const proof = { device, linkKey, continuity: memory?.continuity };
    const payloads = visitorPayloads({ organisation, call, trust, siteKeys, ...proof });
    const own = access.visitor;
    const invited = invitation !== undefined;
    const options = { role: "visitor", api: this.#api, media, call, iceServers, own, payloads, invited } as const;
    const session = new CallSession(options);
    this.#continuity = undefined;
    payloads.then(
      ({ continuity }) => {
        this.#continuity = continuity;
      },
      // The session tells.
      () => {},
    );
    this.change({ session });
    session.subscribe(({ phase }) => phase === "over" && session === this.state.session && this.#over());
    this.#presence = new PresenceLease({
      api: this.#api,
      state: "here",
      onCalls: (calls) => {
        for (const one of calls) session.update(one);
      },
    });
    this.#mailbox = new Mailbox({
      base: this.#options.base,
      access: access.mailbox,
      token: () => this.#api.token,
      after: this.#after,
      transport: this.#options.transport,
      onEnvelope: async (envelope, sequence) => {
        this.#after = sequence;
        await session.handle(envelope);
        this.#remember();
      },
      onGap: async (sequence) => {
        this.#after = sequence;
        await this.#presence?.renew();
      },
      onStatus: (status) => session.signalling(status),
    });
  }

  /** Takes a token over and renews it in time. */
  #took(access: VisitorAccess): void {
    this.#access = access;
    this.#api.token = access.token;
    clearTimeout(this.#renewal);
    const due = Date.parse(access.token_expires_at) - Date.now() - RENEW_BEFORE;
    this.#renewal = setTimeout(() => void this.#renew(), Math.min(Math.max(due, 60_000), 50 * 60_000));
  }

  async #renew(): Promise<void> {
    const turn = this.#turn;
    try {
      const access = await this.#api.renewVisitor("same");
      if (turn !== this.#turn) return;
      this.#took(access);
      this.#remember();
    } catch {
      if (turn === this.#turn) this.#renewal = setTimeout(() => void this.#renew(), 60_000);
    }
  }

  /** From the ring to the end of the call, so that a reload finds back; a link is used up before. */
  #remember(): void {
    const { organisation, link } = this.#options;
    const { session } = this.state;
    const phase = session?.state.phase;
    if (!session || phase === "over" || !this.#api.token) return;
    if (phase === "preparing" && link === undefined) return;
    const { peer } = session.state;
    remember({
      ...{ organisation, call: session.id, token: this.#api.token, cursor: this.#after },
      ...(this.#continuity === undefined ? {} : { continuity: this.#continuity }),
      ...(typeof peer === "object" ? { expert: peer.verified.expert } : {}),
      ...(link === undefined ? {} : { link }),
    });
  }

  #over(): void {
    forget();
    this.#presence?.close(true);
    this.#mailbox?.close();
    this.state.media?.close();
    clearTimeout(this.#renewal);
    this.change({});
  }

  #letGo(): void {
    this.#presence?.close(this.#access !== undefined);
    this.#mailbox?.close();
    this.state.session?.close();
    this.state.media?.close();
    clearTimeout(this.#renewal);
    this.#presence = this.#mailbox = undefined;
  }

  #failed(error: unknown): void {
    const problem = error instanceof Problem ? error : new Problem("unexpected", String(error));
    if (!(error instanceof Problem)) console.error("visavis:", error);
    this.change({ problem });
  }
}
