// The panel that the launcher opens: who is there, a look at the devices, ringing, the call, the end.

import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import type { Problem } from "../call/api.ts";
import type { Transport } from "../call/mailbox.ts";
import type { CallSession, Failure, Outcome } from "../call/session.ts";
import { meaning } from "../call/session-state.ts";
import type { Id, Media } from "../call/types.ts";
import { CallView, defineCallView } from "../call/view/call-view.ts";
import { initials } from "../call/view/initials.ts";
import { Watching } from "../call/view/watching.ts";
import { Visitor } from "../call/visitor.ts";
import type { PanelTexts } from "../text/panel/en.ts";
import type { ViewTexts } from "../text/view/en.ts";
import { accentTokens } from "../theme/accent.ts";
import { base, buttons, fields } from "../theme/controls.ts";
import { type Icon, icon } from "../theme/icons.ts";
import { signs } from "../theme/signs.ts";
import { tokens } from "../theme/tokens.ts";
import { availability } from "./faces/availability.ts";
import { deviceCheck, nameProblem } from "./faces/device-check.ts";
import { contactLink, message, problemText } from "./faces/message.ts";
import { CLOSED, type PanelElement, type Seen } from "./host.ts";
import { panelStyles } from "./panel.styles.ts";
import { shared } from "./shared.ts";

/** What the panel shows. */
type Face = "start" | "check" | "ringing" | "call" | "ended" | "leave";

abstract class Panel extends LitElement implements PanelElement {
  static override styles = [tokens, base, buttons, fields, signs, panelStyles];
  static override properties = {
    seen: { attribute: false },
    hidden: { type: Boolean, reflect: true },
    large: { type: Boolean, reflect: true },
    busy: { type: Boolean, reflect: true },
    media: { state: true },
    named: { state: true },
    waits: { state: true },
    choosing: { state: true },
    leaving: { state: true },
  };

  declare base: string;
  declare organisation: Id;
  declare transport: Transport;
  declare siteKeys: string[];
  declare pageLabel: string;
  declare seen: Seen;
  declare large: boolean;
  /** A call goes on; the loader asks for nobody meanwhile. */
  declare busy: boolean;
  declare media: Media;
  declare named: string;
  /** In line, instead of ringing once. */
  declare waits: boolean;
  declare choosing: boolean;
  /** A message is written instead. */
  declare leaving: boolean;
  #visitor: Visitor | undefined;
  #face: Face = "start";

  protected abstract readonly texts: PanelTexts;
  protected abstract readonly viewTexts: ViewTexts;

  constructor() {
    super();
    this.seen = "loading";
    this.media = "video";
    this.named = "";
    this.waits = false;
    this.choosing = this.leaving = false;
    this.large = false;
    this.busy = false;
    new Watching(this, () => this.#visitor);
    new Watching(this, () => this.#visitor?.state.session);
    new Watching(this, () => this.#visitor?.state.media);
    this.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented && this.#face !== "call") this.#close();
    });
  }

  open(): void {
    this.hidden = false;
    void this.updateComplete.then(() => this.#focus());
  }

  resume(): void {
    this.hidden = false;
    void this.#ready().resume();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#visitor?.stop();
  }

  #ready(): Visitor {
    const { base, organisation, transport, siteKeys } = this;
    this.#visitor ??= new Visitor({ base, organisation, transport, siteKeys });
    this.requestUpdate();
    return this.#visitor;
  }

  #now(): Face {
    const { step, session } = this.#visitor?.state ?? {};
    if (this.leaving) return "leave";
    switch (session?.state.phase) {
      case "ringing":
        return "ringing";
      case "connecting":
      case "connected":
      case "reconnecting":
        return "call";
      case "over":
        return "ended";
      default:
        return step && step !== "idle" ? "check" : "start";
    }
  }

  protected override willUpdate(changed: PropertyValues): void {
    const face = this.#now();
    this.busy = face === "ringing" || face === "call";
    if (changed.has("seen") && typeof this.seen === "object") {
      for (const [name, value] of Object.entries(accentTokens(this.seen.organisation.accent))) {
        this.style.setProperty(name, value);
      }
    }
    if (face === this.#face) return;
    this.#face = face;
    if (face !== "call") this.large = false;
    if (face === "call" || face === "ended") this.waits = false;
    // What was in focus is gone with the face before.
    if (this.hasUpdated && !this.hidden) void this.updateComplete.then(() => this.#focus());
  }

  #focus(): void {
    const target =
      this.renderRoot.querySelector<HTMLElement>("[data-focus]") ?? this.renderRoot.querySelector("section");
    target?.focus({ preventScroll: true });
  }

  protected override render(): TemplateResult {
    const { texts } = this;
    const name = typeof this.seen === "object" ? this.seen.organisation.name : "";
    const face = this.#face;
    return html`<section role="dialog" aria-label=${texts.title(name)} tabindex="-1" class=${face}>
      <header>
        ${
          face === "check"
            ? html`<button class="quiet icon-only back" aria-label=${texts.back} title=${texts.back} @click=${this.#back}>
              ${icon("back")}
            </button>`
            : nothing
        }
        <strong>${name}</strong>
        ${
          face === "call"
            ? html`<button
              class="quiet icon-only size"
              aria-label=${this.large ? texts.shrink : texts.enlarge}
              title=${this.large ? texts.shrink : texts.enlarge}
              @click=${() => {
                this.large = !this.large;
              }}
            >
              ${icon(this.large ? "shrink" : "enlarge")}
            </button>`
            : html`<button class="quiet icon-only" aria-label=${texts.close} title=${texts.close} @click=${this.#close}>
              ${icon("close")}
            </button>`
        }
      </header>
      <div class="body">${this.#body(face)}</div>
    </section>`;
  }

  #body(face: Face): unknown {
    const session = this.#visitor?.state.session;
    switch (face) {
      case "start":
        return availability(this.seen, this.texts, this.#choose, this.#leave());
      case "check":
        return this.#check();
      case "ringing":
        return this.#ringing(session);
      case "call": {
        const { peer, call } = session?.state ?? {};
        // Where something is proven, nothing else counts.
        const expert = typeof peer === "object" ? peer.verified : call?.expert;
        return html`<visavis-call-view
          .session=${session}
          .texts=${this.viewTexts}
          language=${this.lang}
          peer=${expert?.name ?? ""}
        ></visavis-call-view>`;
      }
      case "ended":
        return this.#ended(session);
      case "leave":
        return html`<visavis-leave-message
          .base=${this.base}
          .organisation=${this.organisation}
          .siteKeys=${this.siteKeys}
          .page=${this.#page}
          .language=${this.lang}
          @done=${this.#back}
        ></visavis-leave-message>`;
    }
  }

  get #page(): { url: string; title: string } {
    return { url: location.origin + location.pathname, title: this.pageLabel.slice(0, 200) };
  }

  /** A message is sealed, for which the page needs a key. */
  #leave(): unknown {
    if (this.siteKeys.length === 0) return nothing;
    const press = (): void => {
      this.leaving = true;
    };
    return html`<button class="primary" @click=${press}>${icon("chat")}${this.texts.leave}</button>`;
  }

  #contact(): unknown {
    return contactLink(typeof this.seen === "object" ? this.seen.organisation.contact : undefined, this.texts);
  }

  #choose = (media: Media): void => {
    this.media = media;
    this.waits = typeof this.seen === "object" && this.seen.state === "busy";
    void this.#ready().start(media);
  };

  // ---- Before it rings

  #check(): TemplateResult {
    const { texts, viewTexts, media, waits, named } = this;
    const { step, media: local, problem, ringing, session } = this.#visitor?.state ?? {};
    const refused = problem && this.#refused(problem, session !== undefined);
    if (refused) return refused;
    return deviceCheck({
      texts,
      viewTexts,
      media,
      local,
      picture: this.#picture(local?.state.cameraTrack ?? null),
      name: named,
      problem,
      ready: step === "ready" && !ringing,
      waits,
      choosing: this.choosing,
      rename: (name) => {
        this.named = name;
      },
      toggleChoice: () => {
        this.choosing = !this.choosing;
      },
      settleFor: (less) => {
        this.media = less;
        void local?.setCamera(false);
        if (less === "chat") void local?.setMicrophone(false);
      },
      submit: () => this.#ring(this.waits),
    });
  }

  /** Why it does not ring, and the ways on; nothing where the form itself says so. */
  #refused(problem: Problem, started: boolean): TemplateResult | undefined {
    const { texts } = this;
    const way = (label: string, press: () => void): TemplateResult =>
      html`<button class="primary" data-focus @click=${press}>${label}</button>`;
    if (started && problem.slug === "nobody-available") {
      const again = way(texts.tryAgain, () => this.#ring(this.waits));
      return message("person", texts.nobody.title, texts.nobody.text, [again, this.#leave(), this.#contact()]);
    }
    if (started && problem.slug === "busy") {
      const wait = way(texts.busy.wait, () => this.#ring(true));
      return message("people", texts.busy.title, texts.busy.text, [wait, this.#contact()]);
    }
    if (started && nameProblem(problem, texts)) return undefined;
    const again = way(texts.tryAgain, () => void this.#ready().start(this.media));
    return message("alert", texts.problem.title, problemText(problem, texts.problem), [again, this.#contact()]);
  }

  #shown: MediaStream | null = null;

  /** The same stream for the same track: another one would make the picture flicker. */
  #picture(track: MediaStreamTrack | null): MediaStream | null {
    if ((this.#shown?.getVideoTracks()[0] ?? null) !== track) this.#shown = track && new MediaStream([track]);
    return this.#shown;
  }

  #ring(wait: boolean): void {
    const { step, ringing } = this.#visitor?.state ?? {};
    if (step !== "ready" || ringing) return;
    this.waits = wait;
    const name = this.named.trim();
    void this.#visitor?.ring({
      ...(name ? { name } : {}),
      ...(wait ? { wait } : {}),
      language: this.lang,
      page: this.#page,
      media: this.media,
    });
  }

  // ---- Ringing, and after

  #ringing(session: CallSession | undefined): TemplateResult {
    const texts = this.texts.ringing;
    const waiting = session?.state.call?.waiting;
    // After a reload only the call knows.
    const waits = this.waits || waiting !== undefined;
    const trouble = session?.state.trouble;
    const people = typeof this.seen === "object" ? this.seen.experts : [];
    const free = people.filter(({ state }) => state === "free");
    const rings = waits ? people : free;
    const [first] = rings;
    const place = waiting === undefined ? "" : waiting === 0 ? texts.next : texts.before(waiting);
    return html`<div class="message">
      <div class="pulse" aria-hidden="true">
        ${rings.slice(0, 3).map(({ name }) => html`<span class="avatar">${initials(name)}</span>`)}
        ${rings.length === 0 ? html`<span class="avatar">${icon("phone")}</span>` : nothing}
      </div>
      <div role="status">
        <h1>${waits ? place || texts.waiting : rings.length === 1 && first ? texts.person(first.name) : texts.title}</h1>
        <p class="muted">
          ${trouble ? this.texts.problem[trouble === "offline" ? "offline" : "unreachable"] : waits ? texts.waiting : texts.text}
        </p>
      </div>
      <div class="ways">
        <button class="large" data-focus @click=${() => void session?.hangUp().catch(() => {})}>${texts.cancel}</button>
        ${waits ? this.#contact() : nothing}
      </div>
    </div>`;
  }

  #ended(session: CallSession | undefined): TemplateResult {
    const { texts } = this;
    const outcome: Outcome = session?.state.outcome ?? "hung-up";
    if (outcome === "check-failed") return this.#failed(session?.state.failure ?? "malformed");
    const { answered_at: from, ended_at: to } = session?.state.call ?? {};
    const symbols: Partial<Record<Outcome, Icon>> = { "hung-up": "check", "other-hung-up": "check", taken: "check" };
    const missed = outcome === "missed" || outcome === "declined";
    return message(symbols[outcome] ?? "phone-down", texts.ended[outcome], this.#endedText(outcome, from, to), [
      html`<button class="primary" data-focus @click=${() => this.#again(false)}>${texts.again}</button>`,
      missed ? html`<button @click=${() => this.#again(true)}>${texts.busy.wait}</button>` : nothing,
      missed ? [this.#leave(), this.#contact()] : nothing,
      html`<button class="quiet" @click=${this.#close}>${texts.done}</button>`,
    ]);
  }

  #failed(failure: Failure): TemplateResult {
    const { texts } = this;
    const group = meaning(failure);
    const again = html`<button class="primary" @click=${() => this.#again(false)}>${texts.tryAgain}</button>`;
    return message("alert", texts.ended["check-failed"], texts.failure[group], [
      group === "outdated" ? again : nothing,
      this.#contact(),
      html`<button data-focus @click=${this.#close}>${texts.done}</button>`,
      group === "browser"
        ? nothing
        : html`<details class="small muted"><summary>${texts.failure.reported}</summary>${texts.failure.report(failure)}</details>`,
    ]);
  }

  #endedText(outcome: Exclude<Outcome, "check-failed">, from: string | undefined, to: string | undefined): string {
    const { texts } = this;
    if (!from || !to) return texts.endedText[outcome];
    const seconds = Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 1000));
    const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    return `${texts.endedText[outcome]} ${texts.lasted(time)}`;
  }

  #again(wait: boolean): void {
    this.waits = wait;
    void this.#ready().start(this.media);
  }

  #back = (): void => {
    this.#visitor?.stop();
    this.choosing = this.leaving = false;
  };

  #close = (): void => {
    this.#visitor?.stop();
    this.choosing = this.leaving = false;
    this.hidden = true;
    void this.updateComplete.then(() => this.dispatchEvent(new Event(CLOSED)));
  };
}

/** Defines `visavis-panel-<language>` with its texts. */
export function define(language: string, panel: PanelTexts, view: ViewTexts): void {
  defineCallView();
  // Where the second script finds it.
  Object.assign(CallView, { shared });
  class LanguagePanel extends Panel {
    protected override readonly texts = panel;
    protected override readonly viewTexts = view;
  }
  customElements.define(`visavis-panel-${language}`, LanguagePanel);
}
