// Making the site key, step by step: a passphrase, the file, opening the file, this browser as an approver. A change of
// the site key begins with the old one's file.

import { css, html, nothing, type TemplateResult } from "lit";

import { TextsController } from "../../staff/language.ts";
import { icon } from "../../theme/icons.ts";
import { type MadeKey, makeKeyFile, type SiteKey } from "../../trust/key-file.ts";
import { ConsoleSection } from "../section.ts";
import { trustTexts } from "../texts/trust/index.ts";
import { duration } from "./duration.ts";
import "./key-file-form.ts";
import { type Strength, strengthOf, suggestion } from "./passphrase.ts";
import type { Upkeep } from "./upkeep.ts";

type Step = "old" | "make" | "check" | "done";

export class Ceremony extends ConsoleSection {
  static override styles = [
    ...ConsoleSection.styles,
    css`
      form,
      section {
        display: grid;
        gap: var(--visavis-space-4);
        justify-items: stretch;
      }

      form {
        max-width: 34rem;
      }

      .typed {
        display: flex;
        flex-wrap: wrap;
        gap: var(--visavis-space-2);
      }

      .typed input {
        flex: 1 1 14rem;
        font-family: var(--visavis-font-mono);
      }

      meter {
        width: 100%;
        height: 0.5rem;
      }

      .strength {
        display: grid;
        gap: var(--visavis-space-1);
      }

      ol.steps {
        display: grid;
        gap: var(--visavis-space-2);
        padding-inline-start: 1.5rem;
        list-style: decimal;
      }

      h2:focus {
        outline: none;
      }
    `,
  ];
  static override properties = {
    upkeep: { attribute: false },
    name: {},
    rotation: { type: Boolean },
    step: { state: true },
    passphrase: { state: true },
    suggested: { state: true },
    shown: { state: true },
    tooWeak: { state: true },
    busy: { state: true },
  };

  declare upkeep: Upkeep;
  /** The organisation's name, for the file. */
  declare name: string;
  /** A change of the site key, not the first one. */
  declare rotation: boolean;
  declare step: Step | undefined;
  declare passphrase: string;
  declare suggested: string;
  declare shown: boolean;
  declare tooWeak: boolean;
  declare busy: boolean;
  #old: SiteKey | undefined;
  #made: MadeKey | undefined;
  readonly #trust = new TextsController(this, trustTexts);

  constructor() {
    super();
    this.name = this.passphrase = this.suggested = "";
    this.rotation = this.shown = this.tooWeak = this.busy = false;
  }

  override get unsaved(): boolean {
    return this.#step !== "done" && (this.passphrase !== "" || this.#made !== undefined);
  }

  get #step(): Step {
    return this.step ?? (this.rotation ? "old" : "make");
  }

  protected override render(): TemplateResult {
    switch (this.#step) {
      case "old":
        return this.#openOld();
      case "make":
        return this.#make();
      case "check":
        return this.#check();
      case "done":
        return this.#done();
    }
  }

  #openOld(): TemplateResult {
    const { site, cancel } = this.#trust.now;
    return html`<section class="card" aria-labelledby="heading">
      <h2 id="heading" tabindex="-1">${site.rotateOld}</h2>
      <p class="muted">${site.rotateOldText}</p>
      <visavis-key-file .use=${this.#useOld}>
        <button type="button" class="quiet" @click=${this.#over}>${cancel}</button>
      </visavis-key-file>
    </section>`;
  }

  #useOld = async (site: SiteKey): Promise<void> => {
    this.upkeep.check(site);
    this.#old = site;
    this.#go("make");
  };

  #make(): TemplateResult {
    const { make, cancel, working } = this.#trust.now;
    const strength = this.#strength;
    return html`<section class="card" aria-labelledby="heading">
      <h2 id="heading" tabindex="-1">${make.heading}</h2>
      <p class="muted">${make.text}</p>
      <form novalidate @submit=${this.#save}>
        <div class="field">
          <label for="passphrase">${make.passphrase}</label>
          <div class="typed">
            <input
              id="passphrase"
              type=${this.shown ? "text" : "password"}
              autocomplete="new-password"
              spellcheck="false"
              autocapitalize="none"
              .value=${this.passphrase}
              aria-invalid=${this.tooWeak ? "true" : "false"}
              aria-describedby="strength passphrase-error"
              @input=${this.#type}
            />
            <button type="button" @click=${this.#suggest}>${make.suggest}</button>
          </div>
          ${this.fieldError("passphrase-error", this.tooWeak ? make.tooWeak : undefined)}
        </div>
        <label class="choice">
          <input
            type="checkbox"
            .checked=${this.shown}
            @change=${(event: Event) => {
              this.shown = (event.target as HTMLInputElement).checked;
            }}
          />
          <span>${make.show}</span>
        </label>
        <div class="strength small muted" id="strength" role="status">${strength ? this.#meter(strength) : nothing}</div>
        ${this.noticeBanner()}
        <div class="actions">
          <button class="primary" ?disabled=${this.busy}>
            ${this.busy ? html`<span class="spinner"></span>${working}` : html`${icon("download")}${make.save}`}
          </button>
          <button type="button" class="quiet" @click=${this.#have}>${make.have}</button>
          <button type="button" class="quiet" @click=${this.#over}>${cancel}</button>
        </div>
      </form>
    </section>`;
  }

  get #strength(): (Strength & { suggested: boolean }) | undefined {
    if (this.passphrase === "") return undefined;
    const suggested = this.passphrase === this.suggested;
    const strength = strengthOf(this.passphrase);
    return { ...strength, suggested, grade: suggested ? "strong" : strength.grade };
  }

  #meter({ grade, seconds, suggested }: Strength & { suggested: boolean }): TemplateResult {
    const { make } = this.#trust.now;
    const value = { weak: 1, fair: 2, strong: 3 }[grade];
    return html`<meter min="0" max="3" low="1.5" high="1.75" optimum="3" value=${value} aria-hidden="true"></meter>
      <span><strong>${make[grade]}.</strong> ${suggested ? make.strengthSuggested : make.strength(duration(seconds))}</span>`;
  }

  #type(event: Event): void {
    this.passphrase = (event.target as HTMLInputElement).value;
    this.tooWeak = false;
  }

  #suggest(): void {
    this.passphrase = this.suggested = suggestion();
    this.shown = true;
    this.tooWeak = false;
  }

  async #save(event: Event): Promise<void> {
    event.preventDefault();
    if (this.busy) return;
    if ((this.#strength?.grade ?? "weak") === "weak") {
      this.tooWeak = true;
      this.renderRoot.querySelector<HTMLElement>("#passphrase")?.focus();
      return;
    }
    this.busy = true;
    this.notice = undefined;
    try {
      const title = [...this.#trust.now.make.fileTitle(this.name), today()];
      this.#made = await makeKeyFile(this.passphrase, title);
      this.#download();
      this.passphrase = this.suggested = "";
      this.shown = false;
      this.#go("check");
    } catch (error) {
      this.notice = { name: "failure", error };
    } finally {
      this.busy = false;
    }
  }

  get #fileName(): string {
    const name = this.name
      .normalize("NFD")
      .replace(/\p{M}/gu, "")
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-|-$/g, "");
    return `visavis-site-key-${name || "organisation"}-${today()}.pem`;
  }

  #download = (): void => {
    if (!this.#made) return;
    const url = URL.createObjectURL(new Blob([this.#made.file], { type: "application/x-pem-file" }));
    const link = document.createElement("a");
    link.href = url;
    link.download = this.#fileName;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  };

  #have(): void {
    this.passphrase = "";
    this.#go("check");
  }

  #check(): TemplateResult {
    const { check, keyFile, back } = this.#trust.now;
    const made = this.#made;
    return html`<section class="card" aria-labelledby="heading">
      <h2 id="heading" tabindex="-1">${made ? check.heading : keyFile.open}</h2>
      ${
        made
          ? html`<p class="banner success">${icon("check")}<span>${check.saved(this.#fileName)}</span></p>
            <p class="muted">${check.text}</p>`
          : nothing
      }
      <visavis-key-file
        .use=${this.#establish}
        .action=${check.action}
        .expected=${made?.publicKey}
        .unexpected=${check.other}
      >
        ${made ? html`<button type="button" class="quiet" @click=${this.#download}>${check.again}</button>` : nothing}
        <button type="button" class="quiet" @click=${this.#back}>${back}</button>
      </visavis-key-file>
    </section>`;
  }

  #back(): void {
    this.#made = undefined;
    this.#go("make");
  }

  #establish = async (site: SiteKey): Promise<void> => {
    if (this.#old) await this.upkeep.succeed(this.#old, site);
    else await this.upkeep.establish(site);
    this.#made = this.#old = undefined;
    this.#go("done");
  };

  #done(): TemplateResult {
    const { done, site } = this.#trust.now;
    const steps = this.rotation ? site.rotatedSteps : done.steps;
    return html`<section class="card" aria-labelledby="heading">
      <h2 id="heading" tabindex="-1">${this.rotation ? site.rotatedHeading : done.heading}</h2>
      <ol class="steps">
        ${steps.map((step) => html`<li>${step}</li>`)}
      </ol>
      <div class="actions">
        <button class="primary" @click=${this.#over}>${icon("check")}${done.close}</button>
        <a class="button" href="#snippet">${icon("code")}${done.toSnippet}</a>
      </div>
    </section>`;
  }

  #go(step: Step): void {
    this.step = step;
    this.notice = undefined;
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>("#heading")?.focus());
  }

  #over = (): void => {
    this.passphrase = this.suggested = "";
    this.#made = this.#old = undefined;
    this.dispatchEvent(new CustomEvent("ceremony-over"));
  };
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

customElements.define("visavis-ceremony", Ceremony);
