// The other way round: a colleague invites this expert into a call of theirs, and this desk joins it as a visitor does,
// but with a certificate.

import type { LocalMedia } from "../call/media.ts";
import { recall } from "../call/memory.ts";
import type { SessionState } from "../call/session.ts";
import { Store } from "../call/store.ts";
import type { Envelope, Id, ProblemSlug, StaffAccess } from "../call/types.ts";
import { Visitor } from "../call/visitor.ts";
import { type Device, siteKeyOf } from "../trust/handshake.ts";

/** An invitation that came to this desk. */
export interface Invited {
  id: Id;
  /** The call it leads to. */
  call: Id;
  secret: string;
  from: { id: Id; name: string };
  /** Milliseconds since 1970, in the service's time. */
  until: number;
}

export interface VisitsState {
  invited: readonly Invited[];
  /** The name of who has invited, unless a reload has forgotten it, and the way there. */
  visit: { from: string; visitor: Visitor } | undefined;
  /** Why the last one came to nothing. */
  failed: "uncertified" | "used" | "full" | "unreachable" | SessionState["outcome"];
}

export interface VisitsOptions {
  access: StaffAccess;
  device: () => Promise<Device | undefined>;
  /** The devices that were chosen for this desk. */
  media: () => LocalMedia;
  /** The service's time. */
  now: () => number;
  /** This desk is in no call of its own. */
  free: () => boolean;
  /** It is in a call as long as a visit lasts. */
  onVisit: (visiting: boolean) => void;
}

/** An invitation is shown for so long: whoever waits longer asks again. Milliseconds. */
const SHOWN = 120_000;
const MOST_SHOWN = 5;

export class Visits extends Store<VisitsState> {
  #options: VisitsOptions;
  #timers = new Set<ReturnType<typeof setTimeout>>();
  #closed = false;

  constructor(options: VisitsOptions) {
    super({ invited: [], visit: undefined, failed: undefined });
    this.#options = options;
    if (recall(options.access.organisation.id)) void this.#resume();
  }

  /** An invitation came, or comes again after a reload. Whether it is shown. */
  hear(envelope: Envelope & { type: "call.invited" }): boolean {
    const { invitation: id, secret, from, expires_at } = envelope.body;
    const until = Math.min(Date.parse(envelope.at) + SHOWN, Date.parse(expires_at));
    const left = until - this.#options.now();
    if (!(left > 0) || this.state.invited.some((one) => one.id === id)) return false;
    // The last one of the same colleague counts.
    const others = this.state.invited.filter((one) => one.from.id !== from.id).slice(-(MOST_SHOWN - 1));
    this.change({ invited: [...others, { id, call: envelope.call, secret, from, until }], failed: undefined });
    this.#timers.add(setTimeout(() => this.dismiss(id), left));
    return true;
  }

  dismiss(id: Id): void {
    this.change({ invited: this.state.invited.filter((one) => one.id !== id) });
  }

  dismissFailed(): void {
    this.change({ failed: undefined });
  }

  async join(invited: Invited): Promise<void> {
    const visitor = await this.#visitor(invited.secret);
    // Another was accepted meanwhile, or a call answered, or the desk was closed.
    if (this.state.visit || this.#closed || !this.#options.free()) return;
    this.dismiss(invited.id);
    if (!visitor) {
      this.change({ failed: "uncertified" });
      return;
    }
    this.#begin(visitor, invited.from.name);
    await visitor.start("video");
    // Ended meanwhile.
    if (!this.state.visit) return;
    const { person } = this.#options.access;
    const page = { url: `${location.origin}/desk`, title: person.title ?? "" };
    await visitor.ring({ name: person.name, language: document.documentElement.lang, page, media: "video" });
  }

  /** Leaves the call, or waits no longer to be let in. */
  leave(): void {
    this.#end(undefined);
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    const { visit } = this.state;
    this.change({ invited: [], visit: undefined });
    visit?.visitor.stop();
  }

  /** After a reload of the desk. */
  async #resume(): Promise<void> {
    // Nobody calls this desk until it is known whether the visit goes on.
    this.#options.onVisit(true);
    const visitor = await this.#visitor("");
    if (this.state.visit || this.#closed) return;
    if (!visitor) {
      this.#options.onVisit(false);
      return;
    }
    this.#begin(visitor, "");
    await visitor.resume();
    // It was over meanwhile.
    if (visitor.state.step === "idle") this.#end(undefined);
  }

  /** `invitation` is empty for one that was accepted. Nothing as long as this desk has no certificate and needs one. */
  async #visitor(invitation: string): Promise<Visitor | undefined> {
    const { access, media } = this.#options;
    const device = await this.#options.device().catch(() => undefined);
    if (access.organisation.site_key && !device) return undefined;
    // The key that this desk is certified under: the colleague must be, too.
    const siteKeys = device ? [siteKeyOf(device)] : [];
    return new Visitor({
      ...{ base: "", organisation: access.organisation.id, transport: "auto", siteKeys, invitation, media },
      ...(device ? { device } : {}),
    });
  }

  #begin(visitor: Visitor, from: string): void {
    this.change({ visit: { from, visitor }, failed: undefined });
    this.#options.onVisit(true);
    visitor.subscribe(({ problem, session }) => {
      if (this.state.visit?.visitor !== visitor) return;
      if (problem) this.#end(meaning(problem.slug));
      else if (session?.state.phase === "over") this.#end(session.state.outcome);
    });
  }

  #end(failed: VisitsState["failed"]): void {
    const { visit } = this.state;
    if (!visit) return;
    const quiet = failed === "hung-up" || failed === "other-hung-up";
    this.change({ visit: undefined, failed: quiet ? undefined : failed });
    visit.visitor.stop();
    this.#options.onVisit(false);
  }
}

function meaning(slug: ProblemSlug): VisitsState["failed"] {
  switch (slug) {
    case "not-found":
    case "call-over":
      return "used";
    case "limit-reached":
      return "full";
    default:
      return "unreachable";
  }
}
