// The dialog in which an administrator approves a device: by typing the code that the expert reads out.

import { css, html, nothing, type TemplateResult } from "lit";

import { TextsController } from "../../staff/language.ts";
import { icon } from "../../theme/icons.ts";
import { ConsoleSection } from "../section.ts";
import { trustTexts } from "../texts/trust/index.ts";
import type { DeviceEntry } from "./ledger.ts";
import type { Upkeep } from "./upkeep.ts";

export class CompareDialog extends ConsoleSection {
  static override styles = [
    ...ConsoleSection.styles,
    css`
      :host {
        display: contents;
      }

      form {
        display: grid;
        gap: var(--visavis-space-4);
      }

      #code {
        font: 600 1.375rem/1.25 var(--visavis-font-mono);
        letter-spacing: 0.05em;
        text-transform: uppercase;
      }

      .actions {
        justify-content: flex-end;
      }
    `,
  ];
  static override properties = {
    upkeep: { attribute: false },
    organisation: {},
    device: { state: true },
    wrong: { state: true },
    busy: { state: true },
  };

  declare upkeep: Upkeep;
  /** The organisation's name, which is certified too. */
  declare organisation: string;
  declare device: DeviceEntry | undefined;
  declare wrong: boolean;
  declare busy: boolean;
  readonly #texts = new TextsController(this, trustTexts);

  constructor() {
    super();
    this.organisation = "";
    this.wrong = this.busy = false;
  }

  get #dialog(): HTMLDialogElement | null {
    return this.renderRoot.querySelector("dialog");
  }

  async show(device: DeviceEntry): Promise<void> {
    this.device = device;
    this.wrong = this.busy = false;
    this.notice = undefined;
    await this.updateComplete;
    this.#dialog?.showModal();
  }

  protected override render(): TemplateResult {
    const texts = this.#texts.now.compare;
    const { device } = this;
    const closed = (): void => {
      this.device = undefined;
    };
    return html`<dialog aria-labelledby="heading" @close=${closed}>
      ${
        device === undefined
          ? nothing
          : html`<form novalidate @submit=${this.#approve}>
            <h2 id="heading">${texts.heading(device.expert.name)}</h2>
            <p>${texts.text}</p>
            <div class="field">
              <label for="code">${texts.code}</label>
              <input
                id="code"
                autofocus
                autocomplete="off"
                autocapitalize="characters"
                spellcheck="false"
                maxlength="20"
                placeholder="····-····-····"
                aria-invalid=${this.wrong ? "true" : "false"}
                aria-describedby="code-hint code-error"
                @input=${() => {
                  this.wrong = false;
                }}
              />
              <span class="hint" id="code-hint">${texts.codeHint}</span>
              <div class="live" role="alert">
                ${this.fieldError("code-error", this.wrong ? texts.wrong : undefined)}
              </div>
            </div>
            <div>
              <span class="small muted">${texts.visitorsRead}</span>
              <p>
                <strong>${device.expert.name}</strong>${device.expert.title ? `, ${device.expert.title}` : ""},
                ${this.organisation}
              </p>
            </div>
            ${this.noticeBanner()}
            <div class="actions">
              <button type="button" class="quiet" @click=${() => this.#dialog?.close()}>${this.staff.now.cancel}</button>
              <button class="primary" ?disabled=${this.busy}>
                ${this.busy ? html`<span class="spinner"></span>${this.#texts.now.working}` : html`${icon("shield")}${texts.action}`}
              </button>
            </div>
          </form>`
      }
    </dialog>`;
  }

  async #approve(event: Event): Promise<void> {
    event.preventDefault();
    const { device } = this;
    const field = this.renderRoot.querySelector<HTMLInputElement>("#code");
    if (!device || !field || this.busy) return;
    if (tidy(field.value) !== tidy(device.code)) {
      this.wrong = true;
      field.focus();
      return;
    }
    this.busy = true;
    this.notice = undefined;
    try {
      await this.upkeep.approve(device, namesOf(device, this.organisation));
      this.#dialog?.close();
      this.dispatchEvent(new CustomEvent("approved", { detail: device }));
    } catch (error) {
      this.notice = { name: "failure", error };
    } finally {
      this.busy = false;
    }
  }
}

/** What a certificate says of whom it is for. */
export function namesOf(
  { expert }: DeviceEntry,
  organisationName: string,
): { name: string; title: string; organisationName: string } {
  return { name: expert.name, title: expert.title ?? "", organisationName };
}

/** As Crockford's base 32 has it: what looks alike when written is the same. */
export function tidy(code: string): string {
  return code
    .toUpperCase()
    .replaceAll(/[^0-9A-Z]/g, "")
    .replaceAll("O", "0")
    .replaceAll(/[IL]/g, "1");
}

customElements.define("visavis-compare", CompareDialog);
