// Three bars for how good the connection is; a click says why.

import { css, html, LitElement, nothing } from "lit";
import type { ViewTexts } from "../../text/view/en.ts";
import { base, buttons } from "../../theme/controls.ts";
import type { SessionState } from "../session.ts";

/** `<visavis-quality .state=${…} .texts=${…}>`, on the dark stage of a call. */
export class QualityBadge extends LitElement {
  static override styles = [
    base,
    buttons,
    css`
      :host {
        position: relative;
        flex: none;
      }

      button,
      p {
        border: 0;
        background: #0c100fb8;
        color: #f2f6f5;
        backdrop-filter: blur(8px);
      }

      button {
        min-height: 2.25rem;
        padding: 0.3rem 0.7rem;
        border-radius: var(--visavis-radius-round);
      }

      button:hover {
        background: #26312fe0;
      }

      button:focus-visible {
        outline-color: #fff;
      }

      p {
        position: absolute;
        inset: calc(100% + 0.25rem) 0 auto auto;
        z-index: 1;
        display: grid;
        width: max-content;
        max-width: 15rem;
        padding: 0.5rem 0.75rem;
        border-radius: var(--visavis-radius-m);
        background: #0c100fe6;
        font-size: var(--visavis-size-s);
      }

      .bars {
        display: flex;
        align-items: flex-end;
        gap: 2px;
        height: 0.9rem;
      }

      i {
        width: 4px;
        height: 40%;
        border-radius: 1px;
        background: #ffffff4d;
      }

      i:nth-child(2) {
        height: 70%;
      }

      i:nth-child(3) {
        height: 100%;
      }

      .good i {
        background: #85d3a2;
      }

      .fair i:nth-child(-n + 2) {
        background: #e9c069;
      }

      .poor i:first-child {
        background: #f2a8a1;
      }
    `,
  ];
  static override properties = {
    state: { attribute: false },
    texts: { attribute: false },
    open: { state: true },
  };

  declare state: Readonly<SessionState> | undefined;
  declare texts: ViewTexts["quality"];
  declare open: boolean;

  constructor() {
    super();
    this.open = false;
  }

  protected override render(): unknown {
    const { state, texts, open } = this;
    if (!state) return nothing;
    const { quality, phase } = state;
    const broken = phase === "reconnecting";
    const level = broken ? "poor" : quality?.level;
    const reason = broken ? "interrupted" : quality?.reason;
    const label = `${texts.title}: ${texts[level ?? "unknown"]}`;
    const details = [
      reason ? texts[reason] : "",
      quality?.roundTrip !== undefined && !broken ? texts.roundTrip(quality.roundTrip) : "",
      quality?.path && !broken ? texts[quality.path] : "",
    ].filter(Boolean);
    return html`<button aria-expanded=${open} aria-label=${label} title=${label} @click=${this.#toggle}>
        <span class="bars ${level ?? ""}" aria-hidden="true"><i></i><i></i><i></i></span>
      </button>
      ${open ? html`<p role="status"><strong>${label}</strong>${details.map((detail) => html`<span>${detail}</span>`)}</p>` : nothing}`;
  }

  #toggle = (): void => {
    this.open = !this.open;
  };
}
