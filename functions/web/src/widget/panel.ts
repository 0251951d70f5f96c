// The panel that the launcher opens: who is there, a look at the devices, ringing, the call, the end.

import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import type { Problem } from "../call/api.ts";
import type { Transport } from "../call/mailbox.ts";
import type { DeviceProblem } from "../call/media.ts";
import type { CallSession, Outcome } from "../call/session.ts";
import type { Availability, Id, Media } from "../call/types.ts";
import { defineCallView } from "../call/view/call-view.ts";
import { initials } from "../call/view/initials.ts";
import { Watching } from "../call/view/watching.ts";
import type { PanelTexts } from "../text/panel/en.ts";
import type { ViewTexts } from "../text/view/en.ts";
import { accentTokens } from "../theme/accent.ts";
import { base, buttons, fields, surfaces } from "../theme/controls.ts";
import { type Icon, icon } from "../theme/icons.ts";
import { tokens } from "../theme/tokens.ts";
import { CLOSED, type PanelElement, type Seen } from "./host.ts";
import { panelStyles } from "./panel.styles.ts";
import { Visitor } from "./visitor.ts";

/** What the panel shows. */
type Face = "start" | "check" | "ringing" | "call" | "ended";

const FACES_SHOWN = 5;

abstract class Panel extends LitElement implements PanelElement {
  static override styles = [tokens, base, buttons, fields, surfaces, panelStyles];
  static override properties = {
    seen: { attribute: false },
    hidden: { type: Boolean, reflect: true },
    large: { type: Boolean, reflect: true },
    busy: { type: Boolean, reflect: true },
    media: { state: true },
    named: { state: true },
    waits: { state: true },
    settings: { state: true },
  };

  declare base: string;
  declare organisation: Id;
  declare transport: Transport;
  declare pageLabel: string;
  declare seen: Seen;
  declare large: boolean;
  /** A call goes on; the loader asks for nobody meanwhile. */
  declare busy: boolean;
  declare media: Media;
  declare named: string;
  /** In line, instead of ringing once. */
  declare waits: boolean;
  declare settings: boolean;
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
    this.settings = false;
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
    const { base, organisation, transport } = this;
    this.#visitor ??= new Visitor({ base, organisation, transport });
    this.requestUpdate();
    return this.#visitor;
  }

  #now(): Face {
    const { step, session } = this.#visitor?.state ?? {};
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
    const name = this.#organisation()?.name ?? "";
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
        return this.#start();
      case "check":
        return this.#check();
      case "ringing":
        return this.#ringing(session);
      case "call":
        return html`<visavis-call-view
          .session=${session}
          .texts=${this.viewTexts}
          language=${this.lang}
          peer=${session?.state.call?.expert?.name ?? ""}
        ></visavis-call-view>`;
      case "ended":
        return this.#ended(session);
    }
  }

  // ---- Who is there

  #organisation(): Availability["organisation"] | undefined {
    return typeof this.seen === "object" ? this.seen.organisation : undefined;
  }

  #start(): TemplateResult {
    const { texts, seen } = this;
    if (!("RTCPeerConnection" in globalThis))
      return this.#message("alert", texts.problem.title, texts.problem.unsupported);
    if (seen === "loading")
      return html`<p class="centre muted" role="status"><span class="spinner"></span>${texts.loading}</p>`;
    if (seen === "unknown") return this.#message("alert", texts.problem.title, texts.problem.unknown);
    if (seen === "unreachable") {
      // The loader asks again every few seconds, and this gives way by itself.
      const text = navigator.onLine ? texts.problem.unreachable : texts.problem.offline;
      return html`${this.#message("alert", texts.problem.title, text)}<span class="spinner muted centre"></span>`;
    }
    const { experts, state } = seen;
    if (state === "closed") return this.#message("person", texts.nobody.title, texts.nobody.text, this.#contact());
    const free = experts.filter((expert) => expert.state === "free");
    const [first] = free;
    const choice = (media: Media, symbol: Icon, label: string, primary: boolean): TemplateResult => html`<button
      class=${primary ? "primary large" : "large"}
      ?data-focus=${primary}
      @click=${() => this.#choose(media)}
    >
      ${icon(symbol)}${label}
    </button>`;
    return html`
      <div class="intro">
        ${
          state === "busy"
            ? html`<h1>${texts.busy.title}</h1>
              <p class="muted">${texts.busy.text}</p>`
            : html`<h1>${this.#organisation() ? texts.title(seen.organisation.name) : ""}</h1>
              <p class="muted">
                ${first && free.length === 1 ? texts.available(first.name) : texts.availableMany}
              </p>`
        }
      </div>
      <ul class="people">
        ${experts.slice(0, FACES_SHOWN).map(
          (expert) => html`<li>
            <span class="avatar ${expert.state}" aria-hidden="true">${initials(expert.name)}</span>
            <span class="who">
              <strong>${expert.name}</strong>
              ${expert.title ? html`<span class="small muted">${expert.title}</span>` : nothing}
            </span>
            <span class="badge ${expert.state}">${expert.state === "free" ? texts.free : texts.inCall}</span>
          </li>`,
        )}
      </ul>
      <div class="ways">
        ${choice("video", "camera", texts.video, true)}
        <div class="pair">
          ${choice("audio", "phone", texts.audio, false)} ${choice("chat", "chat", texts.chat, false)}
        </div>
        ${state === "busy" ? this.#contact() : nothing}
      </div>
    `;
  }

  #contact(): unknown {
    const contact = this.#organisation()?.contact;
    if (!contact || !/^(https|mailto|tel):/i.test(contact)) return nothing;
    return html`<a class="button" href=${contact} rel="noopener" target=${contact.startsWith("https:") ? "_blank" : nothing}>
      ${this.texts.contact}
    </a>`;
  }

  #message(symbol: Icon, title: string, text: string, ways: unknown = nothing): TemplateResult {
    return html`<div class="message" role="status">
      <span class="medallion">${icon(symbol)}</span>
      <h1>${title}</h1>
      <p class="muted">${text}</p>
      <div class="ways">${ways}</div>
    </div>`;
  }

  #choose(media: Media): void {
    this.media = media;
    this.waits = typeof this.seen === "object" && this.seen.state === "busy";
    void this.#ready().start(media);
  }

  // ---- A look at the devices

  #check(): TemplateResult {
    const { texts } = this;
    const { step, media, problem, ringing, session } = this.#visitor?.state ?? {};
    const ready = step === "ready" && session !== undefined;
    if (problem && !session) return this.#problem(problem);
    if (problem?.slug === "nobody-available") {
      return this.#message("person", texts.nobody.title, texts.nobody.text, [
        html`<button class="primary" data-focus @click=${() => this.#ring(this.waits)}>${texts.tryAgain}</button>`,
        this.#contact(),
      ]);
    }
    if (problem?.slug === "busy") {
      return this.#message("people", texts.busy.title, texts.busy.text, [
        html`<button class="primary" data-focus @click=${() => this.#ring(true)}>${texts.busy.wait}</button>`,
        this.#contact(),
      ]);
    }
    const naming =
      problem?.slug === "card-number"
        ? texts.check.cardNumber
        : problem?.slug === "malformed"
          ? texts.check.nameWrong
          : "";
    if (problem && !naming) return this.#problem(problem);
    const { camera, microphone, cameraTrack } = media?.state ?? {};
    const asking = microphone?.status === "starting" || camera?.status === "starting";
    return html`<form @submit=${this.#submit}>
      <h1>${texts.check[this.media]}</h1>
      ${
        this.media === "video"
          ? html`<div class="preview">
            <video autoplay playsinline .muted=${true} .srcObject=${this.#preview(cameraTrack)} aria-label=${texts.check.preview}></video>
            ${
              cameraTrack
                ? nothing
                : html`<p>
                  ${camera?.status === "starting" ? html`<span class="spinner"></span>` : icon("camera-off")}
                  ${camera?.status === "starting" ? texts.check.asking : texts.check.cameraOff}
                </p>`
            }
          </div>`
          : nothing
      }
      ${this.media === "audio" && asking ? html`<p class="muted" role="status">${texts.check.askingMicrophone}</p>` : nothing}
      ${
        this.media === "chat"
          ? nothing
          : html`<div class="line">
              ${this.media === "audio" ? this.#switch("microphone", microphone?.status === "on") : icon("microphone")}
              <visavis-level .track=${media?.state.microphoneTrack ?? null} label=${this.viewTexts.level}></visavis-level>
              <button type="button" class="quiet" aria-expanded=${this.settings} @click=${this.#toggleSettings}>
                ${icon("settings")}${texts.check.settings}
              </button>
            </div>
            ${
              this.settings
                ? html`<visavis-devices
                  .media=${media}
                  .texts=${this.viewTexts}
                  kinds=${this.media === "video" ? "camera microphone speaker" : "microphone speaker"}
                ></visavis-devices>`
                : this.#deviceProblems()
            }`
      }
      <div class="field">
        <label for="name">${texts.check.name} <span class="hint">(${texts.check.optional})</span></label>
        <input
          id="name"
          name="name"
          autocomplete="name"
          maxlength="80"
          .value=${this.named}
          aria-invalid=${naming ? "true" : nothing}
          aria-describedby=${naming ? "naming" : nothing}
          @input=${(event: Event) => {
            this.named = (event.target as HTMLInputElement).value;
          }}
        />
        ${naming ? html`<p class="error" id="naming" role="alert">${naming}</p>` : nothing}
      </div>
      <p class="hint">${texts.check.consent}</p>
      <div class="foot">
      <button class="primary large" ?data-focus=${this.media !== "chat"} aria-disabled=${!ready || ringing ? "true" : nothing}>
        ${!ready || ringing ? html`<span class="spinner"></span>` : icon(this.media === "chat" ? "chat" : "phone")}
        ${this.waits ? texts.busy.wait : this.media === "chat" ? texts.check.chat_now : texts.check.call}
      </button>
      </div>
    </form>`;
  }

  #switch(kind: "microphone" | "camera", on: boolean): TemplateResult {
    const { mute, unmute, cameraOff, cameraOn } = this.viewTexts;
    const label = kind === "microphone" ? (on ? mute : unmute) : on ? cameraOff : cameraOn;
    const media = this.#visitor?.state.media;
    return html`<button
      type="button"
      class="icon-only ${on ? "" : "off"}"
      aria-label=${label}
      title=${label}
      @click=${() => (kind === "microphone" ? media?.setMicrophone(!on) : media?.setCamera(!on))}
    >
      ${icon(on ? kind : `${kind}-off`)}
    </button>`;
  }

  #previewed: MediaStream | null = null;

  #preview(track: MediaStreamTrack | null | undefined): MediaStream | null {
    if ((this.#previewed?.getVideoTracks()[0] ?? null) !== (track ?? null)) {
      this.#previewed = track ? new MediaStream([track]) : null;
    }
    return this.#previewed;
  }

  /** What does not work, why, and how to go on without it. */
  #deviceProblems(): unknown {
    const { texts, viewTexts } = this;
    const media = this.#visitor?.state.media;
    const { camera, microphone } = media?.state ?? {};
    const problem = (kind: "camera" | "microphone", what: DeviceProblem, ways: unknown): TemplateResult => html`<div
      class="banner warning"
      role="alert"
    >
      ${icon("alert")}
      <div>
        <p>${viewTexts.problem[kind][what]}</p>
        <p class="row">
          <button type="button" @click=${() => (kind === "camera" ? media?.setCamera(true) : media?.setMicrophone(true))}>
            ${texts.check.tryAgain}
          </button>
          ${ways}
        </p>
      </div>
    </div>`;
    const instead = (to: Media, label: string): TemplateResult =>
      html`<button type="button" @click=${() => this.#goOn(to)}>${label}</button>`;
    if (microphone?.problem) return problem("microphone", microphone.problem, instead("chat", texts.check.chatOnly));
    if (camera?.problem) return problem("camera", camera.problem, instead("audio", texts.check.voiceOnly));
    return nothing;
  }

  /** Goes on with less, on the connection that is ready. */
  #goOn(media: Media): void {
    this.media = media;
    const local = this.#visitor?.state.media;
    void local?.setCamera(false);
    if (media === "chat") void local?.setMicrophone(false);
  }

  #toggleSettings = (): void => {
    this.settings = !this.settings;
  };

  #submit = (event: Event): void => {
    event.preventDefault();
    this.#ring(this.waits);
  };

  #ring(wait: boolean): void {
    const { step, ringing } = this.#visitor?.state ?? {};
    if (step !== "ready" || ringing) return;
    this.waits = wait;
    const name = this.named.trim();
    void this.#visitor?.ring({
      ...(name ? { name } : {}),
      ...(wait ? { wait } : {}),
      language: this.lang,
      page: { url: location.origin + location.pathname, title: this.pageLabel.slice(0, 200) },
      media: this.media,
    });
  }

  #problem(problem: Problem): TemplateResult {
    const texts = this.texts.problem;
    const text = (): string => {
      switch (problem.slug) {
        case "unreachable":
          return navigator.onLine ? texts.unreachable : texts.offline;
        case "too-many-requests":
          return texts.tooMany;
        case "origin-not-registered":
        case "not-found":
          return texts.unknown;
        case "token-expired":
        case "token-invalid":
        case "call-over":
          return texts.expired;
        default:
          return texts.other;
      }
    };
    return this.#message("alert", texts.title, text(), [
      html`<button class="primary" data-focus @click=${() => this.#ready().start(this.media)}>${this.texts.tryAgain}</button>`,
      this.#contact(),
    ]);
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
    const { answered_at: from, ended_at: to } = session?.state.call ?? {};
    const symbols: Partial<Record<Outcome, Icon>> = { "hung-up": "check", "other-hung-up": "check", taken: "check" };
    const missed = outcome === "missed" || outcome === "declined";
    return this.#message(symbols[outcome] ?? "phone-down", texts.ended[outcome], this.#endedText(outcome, from, to), [
      html`<button class="primary" data-focus @click=${() => this.#again(false)}>${texts.again}</button>`,
      missed ? html`<button @click=${() => this.#again(true)}>${texts.busy.wait}</button>` : nothing,
      missed ? this.#contact() : nothing,
      html`<button class="quiet" @click=${this.#close}>${texts.done}</button>`,
    ]);
  }

  #endedText(outcome: Outcome, from: string | undefined, to: string | undefined): string {
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
    this.settings = false;
  };

  #close = (): void => {
    this.#visitor?.stop();
    this.settings = false;
    this.hidden = true;
    void this.updateComplete.then(() => this.dispatchEvent(new Event(CLOSED)));
  };
}

/** Defines `visavis-panel-<language>` with its texts. */
export function define(language: string, panel: PanelTexts, view: ViewTexts): void {
  defineCallView();
  class LanguagePanel extends Panel {
    protected override readonly texts = panel;
    protected override readonly viewTexts = view;
  }
  customElements.define(`visavis-panel-${language}`, LanguagePanel);
}
