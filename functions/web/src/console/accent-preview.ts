// How an accent looks on light and dark pages, and whether it can be read there.

import { css, html, LitElement, type TemplateResult } from "lit";

import { TextsController } from "../staff/language.ts";
import { applyAccent, readableShades } from "../theme/accent.ts";
import { contrast, parseColour, readableOn } from "../theme/colour.ts";
import { base, buttons } from "../theme/controls.ts";
import { icon } from "../theme/icons.ts";
import { surfaces } from "../theme/surfaces.ts";
import { tokens } from "../theme/tokens.ts";
import { consoleTexts } from "./texts/index.ts";

/** One page in a colour scheme. The tokens belong to the host, so that the scheme does, too. */
export class AccentSample extends LitElement {
  static override styles = [
    tokens,
    base,
    buttons,
    css`
      :host {
        display: grid;
        justify-items: start;
        gap: var(--visavis-space-3);
        padding: var(--visavis-space-4);
        border: 1px solid var(--visavis-line);
        border-radius: var(--visavis-radius-m);
        background: var(--visavis-surface);
      }

      :host([scheme="light"]) {
        color-scheme: light;
      }

      :host([scheme="dark"]) {
        color-scheme: dark;
      }

      .looks-like-button {
        display: inline-flex;
        align-items: center;
        gap: var(--visavis-space-2);
        padding: 0.6rem 1rem;
        border-radius: var(--visavis-radius-s);
        background: var(--visavis-accent);
        color: var(--visavis-on-accent);
        font-weight: 560;
      }

      .looks-like-link {
        color: var(--visavis-accent-text);
        text-decoration: underline;
        text-underline-offset: 0.2em;
      }
    `,
  ];
  static override properties = { accent: {}, scheme: { reflect: true } };

  declare accent: string;
  declare scheme: "light" | "dark";
  #texts = new TextsController(this, consoleTexts);

  protected override render(): TemplateResult {
    const texts = this.#texts.now;
    applyAccent(this, this.accent);
    return html`<span class="small muted">${this.scheme === "light" ? texts.previewLight : texts.previewDark}</span>
      <span class="looks-like-button">${icon("camera")}${texts.previewButton}</span>
      <span class="looks-like-link">${texts.previewLink}</span>`;
  }
}

export class AccentPreview extends LitElement {
  static override styles = [
    base,
    surfaces,
    css`
      :host {
        display: grid;
        gap: var(--visavis-space-3);
        align-content: start;
      }

      .samples {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr));
        gap: var(--visavis-space-3);
      }
    `,
  ];
  static override properties = { accent: {} };

  declare accent: string;
  #texts = new TextsController(this, consoleTexts);

  protected override render(): TemplateResult {
    const texts = this.#texts.now;
    const colour = parseColour(this.accent);
    if (!colour) return html``;
    const shades = readableShades(colour);
    const fine = shades.light === this.accent && shades.dark === this.accent;
    const ratio = contrast(readableOn(colour), colour).toFixed(1);
    return html`<span class="small label">${texts.preview}</span>
      <div class="samples">
        <visavis-accent-sample scheme="light" .accent=${this.accent}></visavis-accent-sample>
        <visavis-accent-sample scheme="dark" .accent=${this.accent}></visavis-accent-sample>
      </div>
      <p class="banner small" role="status">
        ${icon("check")}
        <span
          >${texts.contrastButton(ratio)}
          ${fine ? texts.contrastFine : texts.contrastAdjusted(shades.light, shades.dark)}</span
        >
      </p>`;
  }
}

customElements.define("visavis-accent-sample", AccentSample);
customElements.define("visavis-accent-preview", AccentPreview);
