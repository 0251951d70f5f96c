// The page for guests, `/join`: whoever got a link looks at themself, asks to be let in, and joins a call.
//
// It stores nothing and touches no device before a click.

import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";

import { Api } from "../call/api.ts";
import { recall } from "../call/memory.ts";
import type { CallSession, Failure, Outcome } from "../call/session.ts";
import { meaning } from "../call/session-state.ts";
import type { Availability } from "../call/types.ts";
import { defineCallView } from "../call/view/call-view.ts";
import { defineMore } from "../call/view/more.ts";
import { Watching } from "../call/view/watching.ts";
import { Visitor } from "../call/visitor.ts";
import { type Catalogues, language, TextsController } from "../staff/language.ts";
import { panel as panelDe } from "../text/panel/de.ts";
import { type PanelTexts, panel as panelEn } from "../text/panel/en.ts";
import { panel as panelFr } from "../text/panel/fr.ts";
import { panel as panelIt } from "../text/panel/it.ts";
import { view as viewDe } from "../text/view/de.ts";
import { type ViewTexts, view as viewEn } from "../text/view/en.ts";
import { view as viewFr } from "../text/view/fr.ts";
import { view as viewIt } from "../text/view/it.ts";
import { accentTokens } from "../theme/accent.ts";
import { base, buttons, fields } from "../theme/controls.ts";
import { icon } from "../theme/icons.ts";
import { signs } from "../theme/signs.ts";
import { tokens } from "../theme/tokens.ts";
import { deviceCheck } from "../widget/faces/device-check.ts";
import { message } from "../widget/faces/message.ts";
import { panelStyles } from "../widget/panel.styles.ts";
import { ending, obstacle } from "./faces.ts";
import { type GuestLink, linkId, readLink } from "./link.ts";
import { type JoinTexts, joinTexts } from "./texts.ts";

defineCallView();
defineMore();

const panelTexts: Catalogues<PanelTexts> = { de: panelDe, en: panelEn, fr: panelFr, it: panelIt };
const viewTexts: Catalogues<ViewTexts> = { de: viewDe, en: viewEn, fr: viewFr, it: viewIt };

/** What the page shows. */
type Face = "broken" | "start" | "check" | "waiting" | "call" | "ended";

export class JoinPage extends LitElement {
  static override styles = [
    tokens,
    base,
    buttons,
    fields,
    signs,
    panelStyles,
    css`
      :host {
        position: static;
        display: grid;
        place-items: center;
        width: auto;
        height: 100dvh;
        background: var(--visavis-canvas);
      }

      section {
        width: min(27rem, 100%);
        height: min(44rem, 100%);
        animation: none;
      }

      @media (max-width: 30rem) {
        section {
          height: 100%;
          border-radius: 0;
        }
      }

      section.call {
        width: 100%;
        height: 100%;
        border-radius: 0;
      }
    `,
  ];
  static override properties = {
    link: { state: true },
    seen: { state: true },
    named: { state: true },
    choosing: { state: true },
    asked: { state: true },
  };

  declare link: GuestLink | undefined;
  declare seen: Availability | undefined;
  declare named: string;
  declare choosing: boolean;
  /** To be let in. */
  declare asked: boolean;
  readonly #texts = new TextsController(this, joinTexts);
  #visitor: Visitor | undefined;
  #face: Face = "start";
  #picture: MediaStream | null = null;
  /** By the guest, who waited. */
  #cancelled = false;

  constructor() {
    super();
    this.link = readLink(location.hash);
    this.named = "";
    this.choosing = this.asked = false;
    new Watching(this, () => this.#visitor);
    new Watching(this, () => this.#visitor?.state.session);
    new Watching(this, () => this.#visitor?.state.media);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    // Another link, opened in the same tab.
    window.addEventListener("hashchange", this.#reload);
    const { link } = this;
    if (!link) return;
    new Api({ base: "" }).availability(link.organisation).then(
      (seen) => {
        this.seen = seen;
      },
      // The name of the organisation is not shown then.
      () => {},
    );
    if (recall(link.organisation, linkId(link))) void this.#start(link).resume();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener("hashchange", this.#reload);
    this.#visitor?.stop();
  }

  #reload = (): void => location.reload();

  #start(link: GuestLink): Visitor {
    const { organisation, secret, linkKey, siteKeys } = link;
    this.#visitor = new Visitor({
      ...{ base: "", organisation, transport: "auto", siteKeys, invitation: secret, link: linkId(link) },
      ...(linkKey === undefined ? {} : { linkKey }),
    });
    this.requestUpdate();
    return this.#visitor;
  }

  #now(): Face {
    if (!this.link) return "broken";
    const { step, session } = this.#visitor?.state ?? {};
    switch (session?.state.phase) {
      case "ringing":
        return "waiting";
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
    document.title = `${this.#texts.now.page} · ${this.seen?.organisation.name ?? "Visavis"}`;
    if (changed.has("seen") && this.seen) {
      for (const [name, value] of Object.entries(accentTokens(this.seen.organisation.accent))) {
        this.style.setProperty(name, value);
      }
    }
    const face = this.#now();
    if (face === this.#face) return;
    this.#face = face;
    // What was in focus is gone with the face before.
    if (this.hasUpdated) {
      void this.updateComplete.then(() => {
        const target = this.renderRoot.querySelector<HTMLElement>("[data-focus]");
        (target ?? this.renderRoot.querySelector("section"))?.focus({ preventScroll: true });
      });
    }
  }

  protected override render(): TemplateResult {
    const face = this.#face;
    return html`<section aria-label=${this.#texts.now.page} tabindex="-1" class=${face}>
      ${face === "call" ? nothing : html`<header><strong>${this.seen?.organisation.name ?? ""}</strong></header>`}
      <div class="body">${this.#body(face)}</div>
    </section>`;
  }

  #body(face: Face): unknown {
    const texts = this.#texts.now;
    const session = this.#visitor?.state.session;
    switch (face) {
      case "broken":
        return message("alert", texts.broken.title, texts.broken.text);
      case "start":
        return this.#intro(texts);
      case "check":
        return this.#check(texts);
      case "waiting":
        return this.#waiting(texts, session);
      case "call": {
        const { peer, call } = session?.state ?? {};
        const expert = typeof peer === "object" ? peer.verified : call?.expert;
        return html`<visavis-call-view
          .session=${session}
          .texts=${viewTexts[language()]}
          language=${language()}
          peer=${expert?.name ?? ""}
        ></visavis-call-view>`;
      }
      case "ended":
        return this.#ended(texts, session);
    }
  }

  #intro(texts: JoinTexts): TemplateResult {
    const { link, seen } = this;
    const begin = (): void => {
      if (link) void this.#start(link).start("video");
    };
    return html`<div class="message">
      <span class="medallion">${icon("people")}</span>
      <h1>${seen ? texts.title(seen.organisation.name) : texts.titlePlain}</h1>
      <p class="muted">${texts.text}</p>
      ${
        link?.siteKeys.length === 0
          ? html`<p class="banner warning">${icon("alert")}<span>${texts.unverified}</span></p>`
          : nothing
      }
      <div class="ways"><button class="primary large" data-focus @click=${begin}>${texts.begin}</button></div>
    </div>`;
  }

  #check(texts: JoinTexts): TemplateResult {
    const { step, media: local, problem, session } = this.#visitor?.state ?? {};
    const shared = panelTexts[language()];
    if (problem && !(session && (problem.slug === "card-number" || problem.slug === "malformed"))) {
      const { icon: sign, title, text, again } = obstacle(problem, texts, shared);
      const way = html`<button class="primary large" data-focus @click=${this.#again}>${shared.tryAgain}</button>`;
      return message(sign, title, text, again ? way : nothing);
    }
    const check = { ...shared.check, video: texts.check, call: texts.join, consent: texts.consent };
    return deviceCheck({
      ...{ texts: { ...shared, check }, viewTexts: viewTexts[language()], media: "video", local, problem },
      picture: this.#own(local?.state.cameraTrack ?? null),
      name: this.named,
      ready: step === "ready" && !this.asked,
      waits: false,
      choosing: this.choosing,
      rename: (name) => {
        this.named = name;
      },
      toggleChoice: () => {
        this.choosing = !this.choosing;
      },
      // Whoever has no camera, or no microphone, joins without.
      settleFor: (less) => {
        void local?.setCamera(false);
        if (less === "chat") void local?.setMicrophone(false);
      },
      submit: () => void this.#ask(),
    });
  }

  /** The same stream for the same track: another one would make the picture flicker. */
  #own(track: MediaStreamTrack | null): MediaStream | null {
    if ((this.#picture?.getVideoTracks()[0] ?? null) !== track) this.#picture = track && new MediaStream([track]);
    return this.#picture;
  }

  async #ask(): Promise<void> {
    const visitor = this.#visitor;
    if (visitor?.state.step !== "ready" || this.asked) return;
    this.asked = true;
    const name = this.named.trim();
    const page = { url: `${location.origin}/join`, title: this.seen?.organisation.name ?? "" };
    await visitor.ring({ ...(name ? { name } : {}), language: language(), page, media: "video" });
    // Refused, for the name: it may be asked again.
    if (visitor.state.problem) this.asked = false;
  }

  /** What did not work: to ask, to go on after a reload, or to begin. */
  #again = (): void => {
    const visitor = this.#visitor;
    const { link } = this;
    if (!visitor || !link) return;
    const { step, session } = visitor.state;
    if (step === "ready") void this.#ask();
    else if (!session && recall(link.organisation, linkId(link))) void visitor.resume();
    else void visitor.start("video");
  };

  #cancel(session: CallSession | undefined): void {
    this.#cancelled = true;
    session?.hangUp().catch(() => {});
  }

  #waiting(texts: JoinTexts, session: CallSession | undefined): TemplateResult {
    const trouble = session?.state.trouble;
    const { problem } = panelTexts[language()];
    const text = trouble ? problem[trouble === "offline" ? "offline" : "unreachable"] : texts.waitingText;
    return html`<div class="message">
      <div class="pulse" aria-hidden="true"><span class="avatar">${icon("people")}</span></div>
      <div role="status">
        <h1>${texts.waiting(this.#visitor?.inviting ?? "")}</h1>
        <p class="muted">${text}</p>
      </div>
      <div class="ways">
        <button class="large" data-focus @click=${() => this.#cancel(session)}>
          ${panelTexts[language()].ringing.cancel}
        </button>
      </div>
    </div>`;
  }

  #ended(texts: JoinTexts, session: CallSession | undefined): TemplateResult {
    const outcome: Outcome = session?.state.outcome ?? "hung-up";
    if (outcome === "check-failed") return this.#failed(session?.state.failure ?? "malformed");
    const { icon: sign, title, text } = ending(outcome, this.#cancelled, texts, panelTexts[language()]);
    return message(sign, title, text);
  }

  #failed(failure: Failure): TemplateResult {
    const { ended, failure: texts } = panelTexts[language()];
    const group = meaning(failure);
    const reported = html`<details class="small muted">
      <summary>${texts.reported}</summary>
      ${texts.report(failure)}
    </details>`;
    return message("alert", ended["check-failed"], texts[group], group === "browser" ? nothing : reported);
  }
}

customElements.define("visavis-join", JoinPage);
