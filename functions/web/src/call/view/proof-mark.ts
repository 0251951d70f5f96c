// The mark that says who the other side is proven to be; a click explains it, and shows the code to compare.

import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import type { ViewTexts } from "../../text/view/en.ts";
import { base, buttons } from "../../theme/controls.ts";
import { icon } from "../../theme/icons.ts";
import type { SessionState } from "../session.ts";

/** What there is to say of who is at the other side; whoever was let in has not come from a customer's page. */
export function explanation({
  peer,
  invited,
}: Pick<SessionState, "peer" | "invited">): keyof ViewTexts["proof"]["text"] {
  if (peer === "anonymous") return peer;
  const kind = typeof peer === "object" ? "verified" : "unverified";
  return invited ? `${kind}Invited` : kind;
}

/** `<visavis-proof .state=${…} .texts=${…}>`, on the dark stage of a call. */
export class ProofMark extends LitElement {
  static override styles = [
    base,
    buttons,
    css`
      :host {
        position: relative;
        display: flex;
        flex-wrap: wrap;
        gap: var(--visavis-space-2);
        min-width: 0;
      }

      button,
      section {
        border: 0;
        background: #0c100fb8;
        color: #f2f6f5;
        backdrop-filter: blur(8px);
      }

      .mark {
        max-width: 100%;
        min-height: 2.25rem;
        padding: 0.3rem 0.8rem;
        border-radius: var(--visavis-radius-round);
        font-size: var(--visavis-size-s);
        font-weight: 400;
        gap: 0.4rem;
      }

      .mark span {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }

      .proven .icon {
        color: #85d3a2;
      }

      button:hover {
        background: #26312fe0;
      }

      button:focus-visible {
        outline-color: #fff;
      }

      section {
        position: absolute;
        inset: calc(100% + 0.25rem) auto auto 0;
        z-index: 1;
        display: grid;
        gap: 0.5rem;
        width: max-content;
        max-width: min(20rem, 82cqi);
        padding: 0.75rem 1rem;
        border-radius: var(--visavis-radius-m);
        background: #0c100ff2;
        font-size: var(--visavis-size-s);
        text-align: start;
      }

      .always {
        display: grid;
        align-content: center;
        min-height: 2.25rem;
        padding: 0.3rem 0.8rem;
        border-radius: var(--visavis-radius-round);
        background: #0c100fb8;
        color: #f2f6f5;
        font-size: var(--visavis-size-s);
        font-variant-numeric: tabular-nums;
        backdrop-filter: blur(8px);
      }

      ul {
        padding-inline-start: 1.1rem;
        list-style: disc;
      }

      .compare {
        justify-self: start;
        min-height: 2.25rem;
        padding: 0.2rem 0.8rem;
        background: #35433f;
      }

      .code:focus {
        outline: none;
      }

      output {
        font-size: var(--visavis-size-xl);
        font-variant-numeric: tabular-nums;
        letter-spacing: 0.04em;
      }
    `,
  ];
  static override properties = {
    state: { attribute: false },
    texts: { attribute: false },
    open: { state: true },
    compares: { state: true },
  };

  declare state: Readonly<SessionState> | undefined;
  declare texts: ViewTexts["proof"];
  declare open: boolean;
  /** The code is shown. */
  declare compares: boolean;

  constructor() {
    super();
    this.open = this.compares = false;
    this.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.open) return;
      event.stopPropagation();
      this.open = false;
      this.renderRoot.querySelector<HTMLElement>(".mark")?.focus();
    });
  }

  protected override render(): unknown {
    const { state, texts, open } = this;
    const { peer } = state ?? {};
    if (!state || !peer) return nothing;
    const proven = peer !== "unverified";
    const verified = typeof peer === "object" ? peer.verified : undefined;
    const kind = typeof peer === "object" ? "verified" : peer;
    const label = verified ? texts.verified(verified.name, verified.organisation) : texts[peer as "anonymous"];
    return html`<button
        class="mark ${proven ? "proven" : ""}"
        data-proof=${kind}
        aria-expanded=${open}
        title=${label}
        @click=${this.#toggle}
      >
        ${icon(proven ? "shield" : "alert")}<span>${label}</span>
      </button>
      ${this.#always(state) ? html`<p class="always" role="status">${texts.codeOf(state.code ?? "…")}</p>` : nothing}
      ${
        open
          ? html`<section role="group" aria-label=${texts.title}>
            ${
              verified
                ? html`<div><strong><bdi>${verified.name}</bdi></strong>${verified.title ? html`<br />${verified.title}` : nothing}<br />${verified.organisation}</div>`
                : nothing
            }
            <p>${texts.text[explanation(state)]}</p>
            ${this.#others(state)}
            ${this.#code(state.code)}
          </section>`
          : nothing
      }`;
  }

  /** Where somebody has no certificate, the code is what there is to check. */
  #always({ companions, invited }: SessionState): boolean {
    return companions.some(({ kind }) => kind === "guest") || (invited && companions.length > 0);
  }

  #others({ companions }: SessionState): unknown {
    const { texts } = this;
    if (companions.length === 0) return nothing;
    return html`<div>
      <strong>${texts.others}</strong>
      <ul>
        ${companions.map(({ name, kind }) => html`<li>${name ? html`<bdi>${name}</bdi>, ` : nothing}${texts.kinds[kind]}</li>`)}
      </ul>
      <p>${texts.othersText}</p>
    </div>`;
  }

  #code(code: string | undefined): TemplateResult {
    const { texts } = this;
    if (!this.compares) return html`<button class="compare" @click=${this.#compare}>${texts.compare}</button>`;
    return html`<div class="code" role="status" tabindex="-1">
      <output>${code ?? texts.coming}</output>
      <p>${texts.compareText}</p>
    </div>`;
  }

  #toggle = (): void => {
    this.open = !this.open;
  };

  /** The button gives way to the code, and the focus goes there. */
  #compare = (): void => {
    this.compares = true;
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>(".code")?.focus());
  };
}
