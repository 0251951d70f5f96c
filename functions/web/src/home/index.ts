// The home page, `/`: the way to the desk and to the console.

import { css, html, LitElement, type TemplateResult } from "lit";

import { TextsController } from "../staff/language.ts";
import { base } from "../theme/controls.ts";
import { icon, mark } from "../theme/icons.ts";
import "../theme/staff-icons.ts";
import { surfaces } from "../theme/surfaces.ts";
import { tokens } from "../theme/tokens.ts";
import { homeTexts } from "./texts.ts";

export class HomePage extends LitElement {
  static override styles = [
    tokens,
    base,
    surfaces,
    css`
      :host {
        display: grid;
        place-items: center;
        min-height: 100dvh;
        background: var(--visavis-canvas);
      }

      main {
        display: grid;
        gap: var(--visavis-space-5);
        width: min(38rem, 100%);
        padding: var(--visavis-space-6) var(--visavis-space-5);
      }

      .mark {
        width: 3.5rem;
        height: 3.5rem;
      }

      ul {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(15rem, 100%), 1fr));
        gap: var(--visavis-space-4);
      }

      a.card {
        display: grid;
        gap: var(--visavis-space-1);
        height: 100%;
        color: inherit;
        text-decoration: none;
      }

      a.card:hover {
        border-color: var(--visavis-accent-text);
      }

      a .icon {
        color: var(--visavis-accent-text);
        font-size: 1.25rem;
        margin-block-end: var(--visavis-space-2);
      }
    `,
  ];

  #texts = new TextsController(this, homeTexts);

  protected override render(): TemplateResult {
    const texts = this.#texts.now;
    return html`<main>
      ${mark()}
      <div>
        <h1>${texts.title}</h1>
        <p class="muted">${texts.text}</p>
      </div>
      <ul>
        <li>
          <a class="card" href="/desk">${icon("bell")}<strong>${texts.desk}</strong><span class="muted">${texts.deskText}</span></a>
        </li>
        <li>
          <a class="card" href="/console"
            >${icon("settings")}<strong>${texts.console}</strong><span class="muted">${texts.consoleText}</span></a
          >
        </li>
      </ul>
      <p class="small muted">${texts.visitors}</p>
    </main>`;
  }
}

customElements.define("visavis-home", HomePage);
