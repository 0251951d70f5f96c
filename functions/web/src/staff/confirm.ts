// A dialog that asks before something is done that cannot be taken back easily.

import { css, html, LitElement, type TemplateResult } from "lit";

import { base, buttons } from "../theme/controls.ts";
import { surfaces } from "../theme/surfaces.ts";
import { TextsController } from "./language.ts";
import { staffTexts } from "./texts/index.ts";

export interface Question {
  title: string;
  /** What happens. */
  body: unknown;
  /** The word on the button that does it. */
  confirm: string;
}

export class Confirm extends LitElement {
  static override styles = [
    base,
    buttons,
    surfaces,
    css`
      form {
        display: grid;
        gap: var(--visavis-space-4);
      }

      .body {
        display: grid;
        gap: var(--visavis-space-2);
      }

      ul {
        display: grid;
        gap: var(--visavis-space-1);
        padding-inline-start: 1.25rem;
        list-style: disc;
      }

      .row {
        justify-content: flex-end;
        margin-block-start: var(--visavis-space-2);
      }
    `,
  ];
  static override properties = { question: { state: true } };

  declare question: Question | undefined;
  #texts = new TextsController(this, staffTexts);
  #settle: (confirmed: boolean) => void = () => {};

  /** Asks; `false` also where the dialog is closed in any other way. */
  async ask(question: Question): Promise<boolean> {
    this.question = question;
    await this.updateComplete;
    const dialog = this.renderRoot.querySelector("dialog");
    if (!dialog || dialog.open) return false;
    dialog.returnValue = "";
    dialog.showModal();
    return new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  protected override render(): TemplateResult {
    return html`<dialog aria-labelledby="title" @close=${this.#closed}>
      <form method="dialog">
        <h2 id="title">${this.question?.title}</h2>
        <div class="body">${this.question?.body}</div>
        <div class="row">
          <button value="" autofocus>${this.#texts.now.cancel}</button>
          <button class="danger" value="confirmed">${this.question?.confirm}</button>
        </div>
      </form>
    </dialog>`;
  }

  #closed(event: Event): void {
    this.#settle((event.target as HTMLDialogElement).returnValue === "confirmed");
  }
}

customElements.define("visavis-confirm", Confirm);
