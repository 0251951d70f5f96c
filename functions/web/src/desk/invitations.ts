// The invitations of colleagues, and what became of the last visit to a call of theirs.

import { css, html, LitElement, nothing, type TemplateResult } from "lit";

import { Watching } from "../call/view/watching.ts";
import { TextsController } from "../staff/language.ts";
import { staffTexts } from "../staff/texts/index.ts";
import { base, buttons } from "../theme/controls.ts";
import { icon } from "../theme/icons.ts";
import { surfaces } from "../theme/surfaces.ts";
import { participantTexts } from "./texts/participants.ts";
import type { Invited, Visits } from "./visit.ts";

/** `<visavis-invitations .visits=${…}>`: nothing as long as there is none; fires `dismissed` when one is put aside. */
export class Invitations extends LitElement {
  static override styles = [
    base,
    buttons,
    surfaces,
    css`
      :host,
      .invitations {
        display: grid;
        gap: var(--visavis-space-3);
      }

      .card {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--visavis-space-4);
        border-color: var(--visavis-accent-text);
        box-shadow: 0 0 0 1px var(--visavis-accent-text), var(--visavis-shadow);
      }

      .who {
        flex: 1 1 14rem;
        display: grid;
        gap: 0.15rem;
        overflow-wrap: anywhere;
      }
    `,
  ];
  static override properties = { visits: { attribute: false } };

  declare visits: Visits;
  readonly #texts = new TextsController(this, participantTexts);
  readonly #staff = new TextsController(this, staffTexts);

  constructor() {
    super();
    new Watching(this, () => this.visits);
  }

  protected override render(): TemplateResult {
    const { invited } = this.visits.state;
    return html`<div class="invitations" role="alert">${invited.map((one) => this.#card(one))} ${this.#failed()}</div>`;
  }

  #card(invited: Invited): TemplateResult {
    const texts = this.#texts.now;
    return html`<section class="card">
      <div class="who">
        <h2><bdi>${texts.invited(invited.from.name)}</bdi></h2>
        <p class="muted">${texts.invitedText}</p>
      </div>
      <div class="row">
        <button class="large" @click=${() => this.#done(() => this.visits.dismiss(invited.id))}>${texts.later}</button>
        <button class="large primary join" @click=${() => void this.visits.join(invited)}>
          ${icon("people")}${texts.join}
        </button>
      </div>
    </section>`;
  }

  #done(dismiss: () => void): void {
    dismiss();
    this.dispatchEvent(new Event("dismissed"));
  }

  #failed(): unknown {
    const { failed } = this.visits.state;
    if (!failed) return nothing;
    const { failures } = this.#texts.now;
    const text = failed in failures ? failures[failed as keyof typeof failures] : failures.gone;
    const { close } = this.#staff.now;
    return html`<div class="banner warning">
      ${icon("alert")}<span>${text}</span>
      <button class="quiet icon-only" aria-label=${close} title=${close} @click=${() => this.#done(() => this.visits.dismissFailed())}>
        ${icon("close")}
      </button>
    </div>`;
  }
}

customElements.define("visavis-invitations", Invitations);
