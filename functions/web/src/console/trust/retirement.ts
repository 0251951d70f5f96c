// Giving up a site key that is lost or stolen: which of the two, what it means, and the organisation's name typed out.

import { css, html, type TemplateResult } from "lit";

import { TextsController } from "../../staff/language.ts";
import { icon } from "../../theme/icons.ts";
import type { Retirement } from "../client.ts";
import { ConsoleSection } from "../section.ts";
import { trustTexts } from "../texts/trust/index.ts";
import type { Upkeep } from "./upkeep.ts";

type Because = Retirement["because"];

/** Says `retired` when the key is given up, `retirement-over` when it is not. */
export class RetirementForm extends ConsoleSection {
  static override styles = [
    ...ConsoleSection.styles,
    css`
      form,
      .choices {
        display: grid;
        gap: var(--visavis-space-4);
      }

      .choice span {
        display: grid;
      }

      ol {
        display: grid;
        gap: var(--visavis-space-2);
        padding-inline-start: 1.5rem;
        list-style: decimal;
      }

      .field {
        max-width: 30rem;
      }

      h2:focus {
        outline: none;
      }
    `,
  ];
  static override properties = {
    upkeep: { attribute: false },
    name: {},
    because: { state: true },
    wrong: { state: true },
    busy: { state: true },
  };

  declare upkeep: Upkeep;
  /** The organisation's name, which is typed to confirm. */
  declare name: string;
  declare because: Because | undefined;
  declare wrong: "because" | "name" | undefined;
  declare busy: boolean;
  readonly #texts = new TextsController(this, trustTexts);

  constructor() {
    super();
    this.name = "";
    this.busy = false;
  }

  protected override firstUpdated(): void {
    this.renderRoot.querySelector<HTMLElement>("h2")?.focus();
  }

  protected override render(): TemplateResult {
    const { retire, cancel, working } = this.#texts.now;
    return html`<section class="card stack" aria-labelledby="heading">
      <h2 id="heading" tabindex="-1">${retire.heading}</h2>
      <p class="muted">${retire.better}</p>
      <form novalidate @submit=${this.#submit}>
        <fieldset aria-describedby="because-error">
          <legend class="label">${retire.question}</legend>
          <div class="choices">${this.#choice("lost")}${this.#choice("stolen")}</div>
          <div class="live" role="alert">
            ${this.fieldError("because-error", this.wrong === "because" ? retire.choose : undefined)}
          </div>
        </fieldset>
        <div class="banner warning">
          ${icon("alert")}
          <div class="stack">
            <strong>${retire.happens}</strong>
            <ol>
              ${retire.steps.map((step) => html`<li>${step}</li>`)}
            </ol>
          </div>
        </div>
        <div class="field">
          <label for="name">${retire.confirm(this.name)}</label>
          <input
            id="name"
            autocomplete="off"
            spellcheck="false"
            aria-invalid=${this.wrong === "name" ? "true" : "false"}
            aria-describedby="name-error"
            @input=${() => {
              this.wrong = undefined;
            }}
          />
          <div class="live" role="alert">
            ${this.fieldError("name-error", this.wrong === "name" ? retire.wrong : undefined)}
          </div>
        </div>
        ${this.noticeBanner()}
        <div class="actions">
          <button class="danger" ?disabled=${this.busy}>
            ${this.busy ? html`<span class="spinner"></span>${working}` : retire.action}
          </button>
          <button type="button" class="quiet" @click=${() => this.dispatchEvent(new Event("retirement-over"))}>
            ${cancel}
          </button>
        </div>
      </form>
    </section>`;
  }

  #choice(because: Because): TemplateResult {
    const { retire } = this.#texts.now;
    return html`<label class="choice">
      <input
        type="radio"
        name="because"
        .checked=${this.because === because}
        @change=${() => {
          this.because = because;
          this.wrong = undefined;
        }}
      />
      <span>${retire[because]}<span class="hint">${retire.hints[because]}</span></span>
    </label>`;
  }

  async #submit(event: Event): Promise<void> {
    event.preventDefault();
    const field = this.renderRoot.querySelector<HTMLInputElement>("#name");
    if (!field || this.busy) return;
    const same = field.value.trim() === this.name.trim();
    this.wrong = this.because === undefined ? "because" : same ? undefined : "name";
    if (this.because === undefined) return this.renderRoot.querySelector<HTMLElement>("[type=radio]")?.focus();
    if (!same) return field.focus();
    this.busy = true;
    this.notice = undefined;
    try {
      await this.upkeep.retire(this.because);
      this.dispatchEvent(new Event("retired"));
    } catch (error) {
      this.notice = { name: "failure", error };
    } finally {
      this.busy = false;
    }
  }
}

customElements.define("visavis-retirement", RetirementForm);
