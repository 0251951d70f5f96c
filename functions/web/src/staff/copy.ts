// A button that copies a text and says that it has.

import { html, LitElement, type TemplateResult } from "lit";

import { base, buttons } from "../theme/controls.ts";
import { icon } from "../theme/icons.ts";
import { TextsController } from "./language.ts";
import { staffTexts } from "./texts/index.ts";

const SHOWN_FOR = 2_500;

export class CopyButton extends LitElement {
  static override styles = [base, buttons];
  static override properties = { text: {}, label: {}, outcome: { state: true } };

  declare text: string;
  /** What is copied, for those who do not see it. */
  declare label: string;
  declare outcome: "copied" | "failed" | undefined;
  #texts = new TextsController(this, staffTexts);
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.text = "";
    this.label = "";
  }

  protected override render(): TemplateResult {
    const texts = this.#texts.now;
    const copied = this.outcome === "copied";
    return html`<button @click=${this.#copy} aria-label=${this.label ? `${texts.copy}: ${this.label}` : texts.copy}>
        ${icon(copied ? "check" : "copy")}${copied ? texts.copied : texts.copy}
      </button>
      <span role="status" class=${this.outcome === "failed" ? "small muted" : "visually-hidden"}
        >${this.outcome === "failed" ? texts.copyFailed : copied ? texts.copied : ""}</span
      >`;
  }

  async #copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.text);
      this.outcome = "copied";
    } catch {
      this.outcome = "failed";
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.outcome = undefined;
    }, SHOWN_FOR);
  }
}

customElements.define("visavis-copy", CopyButton);
