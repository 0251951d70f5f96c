// A visitor who waits: who, from which page, for how long; answer or decline.

import { css, html, LitElement, nothing, type TemplateResult } from "lit";

import type { Proven } from "../call/payload.ts";
import type { CallSession, Failure } from "../call/session.ts";
import type { Call, Media } from "../call/types.ts";
import { Watching } from "../call/view/watching.ts";
import { TextsController } from "../staff/language.ts";
import { base, buttons } from "../theme/controls.ts";
import { type Icon, icon } from "../theme/icons.ts";
import { surfaces } from "../theme/surfaces.ts";
import type { ServiceClock } from "./clock.ts";
import type { DeskTexts } from "./texts/en.ts";
import { deskTexts } from "./texts/index.ts";
import { formatDuration } from "./time.ts";

export const mediaIcons: Record<Media, Icon> = { video: "camera", audio: "phone", chat: "chat" };

/** The page a visitor calls from: only what can be opened without danger becomes a link. */
export function pageLink(call: Call | undefined): TemplateResult | typeof nothing {
  const page = call?.visitor?.page;
  if (!page) return nothing;
  const url = URL.canParse(page.url) ? new URL(page.url) : undefined;
  const title = page.title || page.url;
  if (url?.protocol !== "https:" && url?.protocol !== "http:") return html`<span>${title}</span>`;
  return html`<a href=${url.href} target="_blank" rel="noopener noreferrer" title=${url.href}>${title}</a>
    <span class="small muted address">${url.host}${url.pathname === "/" ? "" : url.pathname}</span>`;
}

export class VisitorCard extends LitElement {
  static override styles = [
    base,
    buttons,
    surfaces,
    css`
      :host {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr) auto;
        align-items: center;
        gap: var(--visavis-space-4);
        padding: var(--visavis-space-5);
        border: 1px solid var(--visavis-line);
        border-radius: var(--visavis-radius-l);
        background: var(--visavis-surface);
      }

      :host([first]) {
        border-color: var(--visavis-accent-text);
        box-shadow: 0 0 0 1px var(--visavis-accent-text), var(--visavis-shadow);
      }

      .face {
        position: relative;
        display: grid;
        place-items: center;
        width: 3.5rem;
        height: 3.5rem;
        border-radius: 50%;
        background: var(--visavis-accent-soft);
        color: var(--visavis-accent-text);
        font-size: 1.25rem;
      }

      :host([first]) .face::after {
        content: "";
        position: absolute;
        inset: 0;
        border: 2px solid var(--visavis-accent-text);
        border-radius: 50%;
        animation: ring 1.6s var(--visavis-ease) infinite;
      }

      @keyframes ring {
        to {
          scale: 1.45;
          opacity: 0;
        }
      }

      @media (prefers-reduced-motion: reduce) {
        :host([first]) .face::after {
          animation: none;
        }
      }

      .who {
        display: grid;
        gap: 0.15rem;
        min-width: 0;
        overflow-wrap: anywhere;
      }

      h2 {
        overflow-wrap: anywhere;
      }

      .address {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }

      .facts {
        gap: var(--visavis-space-1) var(--visavis-space-2);
        margin-block-start: var(--visavis-space-1);
      }

      .time {
        font-variant-numeric: tabular-nums;
      }

      .buttons {
        display: flex;
        gap: var(--visavis-space-2);
      }

      :host([quiet]) {
        padding: var(--visavis-space-3) var(--visavis-space-4);
      }

      :host([quiet]) .face {
        width: 2.5rem;
        height: 2.5rem;
        font-size: 1rem;
      }

      :host([quiet]) h2 {
        font-size: var(--visavis-size-m);
      }

      @media (max-width: 46rem) {
        :host {
          grid-template-columns: auto minmax(0, 1fr);
          padding: var(--visavis-space-4);
        }

        .buttons {
          grid-column: 1 / -1;
        }

        .buttons button {
          flex: 1;
          min-width: 0;
          padding-inline: var(--visavis-space-2);
        }

        kbd {
          display: none;
        }
      }
    `,
  ];
  static override properties = {
    session: { attribute: false },
    clock: { attribute: false },
    first: { type: Boolean, reflect: true },
    quiet: { type: Boolean, reflect: true },
    keys: { type: Boolean },
  };

  declare session: CallSession;
  declare clock: ServiceClock;
  /** The next to be answered. */
  declare first: boolean;
  /** While the expert is in a call: nothing to answer now. */
  declare quiet: boolean;
  /** Whether the keys work, so that they are shown. */
  declare keys: boolean;
  #texts = new TextsController(this, deskTexts);
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.first = this.quiet = this.keys = false;
    new Watching(this, () => this.session);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#timer = setInterval(() => this.requestUpdate(), 1_000);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  protected override render(): unknown {
    const { call, peer, failure } = this.session.state;
    if (!call) return nothing;
    const texts = this.#texts.now;
    const name = call.visitor?.name ?? texts.visitor;
    const time = formatDuration(this.clock.since(call.created_at));
    return html`<span class="face">${icon(call.visitor?.name ? "person" : mediaIcons[call.media])}</span>
      <div class="who">
        <h2>${name}</h2>
        <div class="who">${pageLink(call)}</div>
        <div class="row facts">
          <span class="badge">${icon(mediaIcons[call.media])}${texts[call.media]}</span>
          ${call.waiting === undefined ? nothing : html`<span class="badge">${texts.nextInLine}</span>`}
          ${this.#proven(peer)}
          <span class="badge" role="timer" aria-live="off">${texts.waitingFor} <span class="time">${time}</span></span>
        </div>
        ${failure ? html`<p class="small" role="alert">${unanswerable(failure, texts)}</p>` : nothing}
      </div>
      ${
        this.quiet
          ? nothing
          : html`<div class="buttons">
            <button class="large" @click=${() => this.#say("decline")}>
              ${icon("phone-down")}${texts.decline}${this.keys && this.first ? html`<kbd aria-hidden="true">D</kbd>` : nothing}
            </button>
            ${
              failure
                ? nothing
                : html`<button class="large primary" @click=${() => this.#say("answer")}>
                  ${icon(mediaIcons[call.media])}${texts.answer}${
                    this.keys && this.first ? html`<kbd aria-hidden="true">A</kbd>` : nothing
                  }
                </button>`
            }
          </div>`
      }`;
  }

  #proven(peer: Proven | undefined): unknown {
    if (!peer) return nothing;
    const texts = this.#texts.now.proven;
    if (peer === "unverified") return html`<span class="badge">${texts.unverified}</span>`;
    const label = peer === "anonymous" ? texts.anonymous : peer.verified.name;
    return html`<span class="badge accent">${icon("shield")}${label}</span>`;
  }

  #say(what: "answer" | "decline"): void {
    this.dispatchEvent(new CustomEvent(what, { detail: this.session }));
  }
}

/** Why a call that rings cannot be answered at this desk. */
function unanswerable(failure: Failure, { unanswerable: texts }: DeskTexts): string {
  return failure in texts ? texts[failure as keyof typeof texts] : texts.other;
}

customElements.define("visavis-visitor-card", VisitorCard);
