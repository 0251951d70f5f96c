// What the organisation's own pages need: the snippet with its integrity value, and the policy for strict pages.

import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";

import "../staff/copy.ts";
import { TextsController } from "../staff/language.ts";
import { Loaded } from "../staff/loaded.ts";
import { icon } from "../theme/icons.ts";
import type { Snippet } from "./client.ts";
import { ConsoleSection } from "./section.ts";
import { trustTexts } from "./texts/trust/index.ts";
import { isForeign, type Known, siteKeysIn } from "./trust/snippet-check.ts";

export class SnippetSection extends ConsoleSection {
  static override styles = [
    ...ConsoleSection.styles,
    css`
      .step {
        display: grid;
        gap: var(--visavis-space-4);
      }

      .step > .row > h2 {
        flex: 1;
        min-width: min(16rem, 100%);
      }

      dl {
        display: grid;
        gap: var(--visavis-space-1);
      }

      dd + dt {
        margin-block-start: var(--visavis-space-2);
      }

      dd {
        overflow-wrap: anywhere;
      }
    `,
  ];
  static override properties = { origins: { type: Number }, siteKeys: {}, known: {} };

  /** How many origins are registered, once that is known. */
  declare origins: number | undefined;
  /** The site keys that there are: with others it is another snippet. */
  declare siteKeys: string;
  /** What this browser knows of the site keys, whatever the service says. */
  declare known: Known | undefined;
  readonly #trust = new TextsController(this, trustTexts);
  #snippet = new Loaded<Snippet>(this, () => this.client.snippet());

  constructor() {
    super();
    this.siteKeys = "";
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (this.hasUpdated && changed.has("siteKeys")) void this.#snippet.load();
  }

  protected override render(): TemplateResult {
    const texts = this.texts.now;
    return html`<div class="head">
        <div>
          <h1>${texts.snippet}</h1>
          <p class="muted">${texts.snippetHelp}</p>
        </div>
      </div>
      ${
        this.origins === 0
          ? html`<p class="banner warning">
            ${icon("alert")}<span>${texts.snippetNoOrigins} <a href="#organisation">${texts.snippetNoOriginsLink}</a></span>
          </p>`
          : nothing
      }
      ${this.loaded(
        this.#snippet.state,
        () => void this.#snippet.load(),
        (snippet) => this.#steps(snippet),
      )}`;
  }

  #steps(snippet: Snippet): TemplateResult {
    const texts = this.texts.now;
    const trust = this.#trust.now.snippet;
    const siteKeys = siteKeysIn(snippet.html);
    const foreign = this.known !== undefined && isForeign(snippet.html, this.known);
    return html`<section class="card step" aria-labelledby="snippet">
        ${foreign ? html`<p class="banner danger" role="alert">${icon("alert")}<span>${trust.foreign}</span></p>` : nothing}
        <div class="row">
          <h2 id="snippet">1. ${texts.snippetStep}</h2>
          ${foreign || !this.known ? nothing : html`<visavis-copy .text=${snippet.html} .label=${texts.snippet}></visavis-copy>`}
        </div>
        <pre tabindex="0" aria-labelledby="snippet">${snippet.html}</pre>
        <p class="muted">${texts.snippetText}</p>
        <dl class="small">
          <dt class="muted">${texts.scriptUrl}</dt>
          <dd><code>${snippet.script_url}</code></dd>
          <dt class="muted">${texts.integrity}</dt>
          <dd><code>${snippet.integrity}</code></dd>
          ${
            siteKeys === undefined
              ? nothing
              : html`<dt class="muted">${trust.siteKey}</dt>
                <dd><code>${siteKeys}</code></dd>`
          }
        </dl>
      </section>
      <section class="card step" aria-labelledby="policy">
        <div class="row">
          <h2 id="policy">2. ${texts.policyStep}</h2>
          <visavis-copy .text=${snippet.content_security_policy} label="Content-Security-Policy"></visavis-copy>
        </div>
        <pre tabindex="0" aria-labelledby="policy">${snippet.content_security_policy.replaceAll(/;\s*/gu, ";\n").trim()}</pre>
        <p class="muted">${texts.policyText}</p>
      </section>`;
  }
}

customElements.define("visavis-snippet", SnippetSection);
