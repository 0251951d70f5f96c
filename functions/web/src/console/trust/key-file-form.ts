// The form that opens a key file: the file, its passphrase, and what is wrong with either.

import { css, html, type TemplateResult } from "lit";

import { TextsController } from "../../staff/language.ts";
import { icon } from "../../theme/icons.ts";
import { KeyFileError, openKeyFile, type SiteKey } from "../../trust/key-file.ts";
import type { Key } from "../../trust/statements.ts";
import { ConsoleSection } from "../section.ts";
import { trustTexts } from "../texts/trust/index.ts";
import { ForeignKey } from "./upkeep.ts";

/** A key file is smaller than this, in bytes. */
const LARGEST = 65_536;

export class KeyFileForm extends ConsoleSection {
  static override styles = [
    ...ConsoleSection.styles,
    css`
      form {
        display: grid;
        gap: var(--visavis-space-4);
        max-width: 30rem;
      }

      input[type="file"] {
        padding-block: 0.55rem;
      }
    `,
  ];
  static override properties = {
    use: { attribute: false },
    action: {},
    expected: { attribute: false },
    unexpected: {},
    fileError: { state: true },
    passphraseError: { state: true },
    busy: { state: true },
  };

  /** What is done with the opened key; what it throws is shown. */
  declare use: (site: SiteKey) => Promise<void>;
  /** The word on the button. */
  declare action: string | undefined;
  /** Any other key is refused, with this sentence. */
  declare expected: Key | undefined;
  declare unexpected: string;
  declare fileError: string | undefined;
  declare passphraseError: string | undefined;
  declare busy: boolean;
  readonly #texts = new TextsController(this, trustTexts);

  constructor() {
    super();
    this.unexpected = "";
    this.busy = false;
  }

  protected override render(): TemplateResult {
    const texts = this.#texts.now.keyFile;
    return html`<form novalidate @submit=${this.#open}>
      <div class="field">
        <label for="file">${texts.file}</label>
        <input
          id="file"
          type="file"
          accept=".pem,.key,.p8,.txt"
          aria-invalid=${this.fileError ? "true" : "false"}
          aria-describedby="file-error local"
          @change=${() => {
            this.fileError = undefined;
          }}
        />
        ${this.fieldError("file-error", this.fileError)}
      </div>
      <div class="field">
        <label for="passphrase">${texts.passphrase}</label>
        <input
          id="passphrase"
          type="password"
          autocomplete="current-password"
          aria-invalid=${this.passphraseError ? "true" : "false"}
          aria-describedby="passphrase-error"
          @input=${() => {
            this.passphraseError = undefined;
          }}
        />
        ${this.fieldError("passphrase-error", this.passphraseError)}
      </div>
      <p class="hint" id="local">${texts.local}</p>
      ${this.noticeBanner()}
      <div class="actions">
        <button class="primary" ?disabled=${this.busy}>
          ${
            this.busy
              ? html`<span class="spinner"></span>${texts.opening}`
              : html`${icon("file")}${this.action ?? texts.open}`
          }
        </button>
        <slot></slot>
      </div>
    </form>`;
  }

  #field(id: string): HTMLInputElement | null {
    return this.renderRoot.querySelector<HTMLInputElement>(`#${id}`);
  }

  async #open(event: Event): Promise<void> {
    event.preventDefault();
    if (this.busy) return;
    const texts = this.#texts.now.keyFile;
    const file = this.#field("file")?.files?.[0];
    const passphrase = this.#field("passphrase")?.value ?? "";
    this.notice = undefined;
    this.fileError = file ? undefined : texts.missingFile;
    this.passphraseError = passphrase === "" ? texts.missingPassphrase : undefined;
    if (!file || passphrase === "") return this.#focusError();
    this.busy = true;
    try {
      if (file.size > LARGEST) throw new KeyFileError("not-a-key-file");
      const site = await openKeyFile(await file.text(), passphrase);
      if (this.expected !== undefined && site.publicKey !== this.expected) {
        this.fileError = this.unexpected;
        return this.#focusError();
      }
      await this.use(site);
      // What opened it is not left lying about.
      const field = this.#field("passphrase");
      if (field) field.value = "";
    } catch (error) {
      if (error instanceof KeyFileError && error.problem === "passphrase") {
        this.passphraseError = texts.problems["passphrase"];
      } else if (error instanceof KeyFileError) {
        this.fileError = texts.problems[error.problem];
      } else if (error instanceof ForeignKey) {
        this.fileError = texts.problems["foreign"];
      } else {
        this.notice = { name: "failure", error };
      }
      this.#focusError();
    } finally {
      this.busy = false;
    }
  }

  #focusError(): void {
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
  }
}

customElements.define("visavis-key-file", KeyFileForm);
