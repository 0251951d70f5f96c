// How this browser stands as a certified device, and what the expert does about it.

import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";

import { formatTime, TextsController } from "../staff/language.ts";
import { problemText } from "../staff/problem.ts";
import { staffTexts } from "../staff/texts/index.ts";
import { base, buttons } from "../theme/controls.ts";
import { icon } from "../theme/icons.ts";
import { surfaces } from "../theme/surfaces.ts";
import type { Enrolment } from "../trust/enrolment.ts";
import { enrolmentTexts } from "./texts/enrolment.ts";

/** In the `line`, what asks for attention; on the `aside`, what is good to know. */
export class EnrolmentFace extends LitElement {
  static override styles = [
    base,
    buttons,
    surfaces,
    css`
      :host {
        display: contents;
      }

      .live {
        display: contents;
      }

      section {
        display: grid;
        gap: var(--visavis-space-3);
      }

      .pending {
        justify-items: center;
        text-align: center;
      }

      .code {
        font: 620 clamp(1.5rem, 6vw, 2.5rem) / 1.2 var(--visavis-font-mono);
        letter-spacing: 0.04em;
        user-select: all;
        white-space: nowrap;
      }

      .waiting {
        display: flex;
        align-items: center;
        gap: var(--visavis-space-2);
      }

      .aside {
        margin-block-start: var(--visavis-space-5);
        padding-block-start: var(--visavis-space-5);
        border-block-start: 1px solid var(--visavis-line);
        justify-items: start;
      }

      .sure {
        display: flex;
        gap: var(--visavis-space-2);
      }
    `,
  ];
  static override properties = { enrolment: { attribute: false }, place: {}, wanted: { type: Boolean } };

  declare enrolment: Enrolment;
  declare place: "line" | "aside";
  /** The organisation has a site key: without a certificate nobody who verifies can ring here. */
  declare wanted: boolean;
  readonly #texts = new TextsController(this, enrolmentTexts);
  readonly #staff = new TextsController(this, staffTexts);
  #unsubscribe: () => void = () => {};

  constructor() {
    super();
    this.place = "line";
    this.wanted = false;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#unsubscribe();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.requestUpdate("enrolment");
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has("enrolment")) return;
    this.#unsubscribe();
    this.#unsubscribe = this.enrolment.subscribe(() => this.requestUpdate());
  }

  protected override render(): unknown {
    return this.place === "line" ? this.#line() : this.#aside();
  }

  #line(): TemplateResult {
    const { standing, soon, until, busy } = this.enrolment.state;
    const texts = this.#texts.now;
    const urgent = standing === "lapsed" || (standing === "certified" && soon);
    return html`<div class="live" role="status">
        ${
          urgent
            ? html`<div class="banner warning">
              ${icon("alert")}<span>${standing === "lapsed" ? texts.lapsed : texts.soon(time(until))}</span>
            </div>`
            : nothing
        }
        ${this.wanted && standing === "unsupported" ? this.#banner("warning", texts.unsupported, undefined, busy) : nothing}
        ${standing === "refused" ? this.#banner("warning", texts.refused, texts.again, busy) : nothing}
        ${standing === "revoked" ? this.#banner("danger", texts.revoked, texts.again, busy) : nothing}
        ${standing === "another" ? this.#banner("danger", texts.another, texts.goOn, busy, this.#goOn) : nothing}
        ${this.wanted && standing === "none" ? this.#banner("", `${texts.none} ${texts.noneText}`, texts.begin, busy) : nothing}
      </div>
      ${standing === "pending" ? this.#pending() : nothing}${this.#error()}`;
  }

  #banner(
    kind: "" | "warning" | "danger",
    text: string,
    action: string | undefined,
    busy: boolean,
    act = this.#enrol,
  ): TemplateResult {
    return html`<div class="banner ${kind}">
      ${icon(kind === "" ? "shield" : "alert")}<span>${text}</span>
      ${
        action === undefined
          ? nothing
          : html`<button ?disabled=${busy} @click=${act}>
            ${busy ? html`<span class="spinner"></span>${this.#texts.now.working}` : action}
          </button>`
      }
    </div>`;
  }

  #pending(): TemplateResult {
    const texts = this.#texts.now;
    const { code = "" } = this.enrolment.state;
    return html`<section class="card pending" aria-labelledby="pending">
      <h2 id="pending">${texts.pending}</h2>
      <p class="code" aria-hidden="true">${code}</p>
      <p class="visually-hidden">${[...code].map((letter) => (letter === "-" ? "," : letter)).join(" ")}</p>
      <p class="muted">${texts.pendingText}</p>
      <p class="muted small waiting" role="status"><span class="spinner"></span>${texts.waiting}</p>
    </section>`;
  }

  #aside(): unknown {
    const { standing, soon, until, busy } = this.enrolment.state;
    const texts = this.#texts.now;
    const sure = standing === "certified" && !soon;
    if (!sure && (standing !== "none" || this.wanted)) return nothing;
    return html`<section class="aside" aria-labelledby="verified">
      <h3 id="verified">${texts.heading}</h3>
      ${
        sure
          ? html`<p class="small muted sure">${icon("shield")}<span>${texts.certified(time(until))}</span></p>`
          : html`<p class="small muted">${texts.none} ${texts.noneText}</p>
            <button ?disabled=${busy} @click=${this.#enrol}>
              ${busy ? html`<span class="spinner"></span>${texts.working}` : html`${icon("shield")}${texts.begin}`}
            </button>`
      }
    </section>`;
  }

  #error(): TemplateResult {
    const { error } = this.enrolment.state;
    return html`<div class="live" role="alert">
      ${
        error === undefined
          ? nothing
          : html`<div class="banner danger">${icon("alert")}<span>${problemText(this.#staff.now, error)}</span></div>`
      }
    </div>`;
  }

  #enrol = (): void => void this.enrolment.enrol();

  #goOn = (): void => void this.enrolment.goOn();
}

function time(until: number | undefined): string {
  return until === undefined ? "" : formatTime(new Date(until).toISOString());
}

customElements.define("visavis-enrolment", EnrolmentFace);
