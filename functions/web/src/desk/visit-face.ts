// A colleague's call that this desk has joined, or waits to be let into.

import { css, html, LitElement, nothing } from "lit";

import { Watching } from "../call/view/watching.ts";
import { language, TextsController } from "../staff/language.ts";
import { base, buttons } from "../theme/controls.ts";
import { viewTexts } from "./texts/index.ts";
import { participantTexts } from "./texts/participants.ts";
import type { Visits } from "./visit.ts";

/** `<visavis-visit .visits=${…}>`, in the place of a call. */
export class VisitFace extends LitElement {
  static override styles = [
    base,
    buttons,
    css`
      :host {
        display: grid;
        min-height: 0;
      }

      .wait {
        place-self: center;
        display: grid;
        justify-items: center;
        gap: var(--visavis-space-4);
        padding: var(--visavis-space-5);
        text-align: center;
      }
    `,
  ];
  static override properties = { visits: { attribute: false } };

  declare visits: Visits;
  readonly #texts = new TextsController(this, participantTexts);

  constructor() {
    super();
    new Watching(this, () => this.visits);
    new Watching(this, () => this.visits.state.visit?.visitor);
    new Watching(this, () => this.visits.state.visit?.visitor.state.session);
  }

  protected override render(): unknown {
    const { visit } = this.visits.state;
    if (!visit) return nothing;
    const { session } = visit.visitor.state;
    const { phase, peer, call } = session?.state ?? {};
    const name = typeof peer === "object" ? peer.verified.name : (call?.expert?.name ?? visit.from);
    if (phase === "connecting" || phase === "connected" || phase === "reconnecting") {
      return html`<visavis-call-view
        .session=${session}
        .texts=${viewTexts[language()]}
        language=${language()}
        peer=${name}
      ></visavis-call-view>`;
    }
    const texts = this.#texts.now;
    return html`<div class="wait">
      <span class="spinner"></span>
      <p role="status">${texts.waiting(name)}</p>
      <button class="large" @click=${() => this.visits.leave()}>${texts.cancel}</button>
    </div>`;
  }
}

customElements.define("visavis-visit", VisitFace);
