// A fresh sign-in link, shown once: closing the dialog forgets it.

import { css, html, nothing, type TemplateResult } from "lit";

import "../staff/copy.ts";
import { formatTime } from "../staff/language.ts";
import { icon } from "../theme/icons.ts";
import type { Person, SignInLink } from "./client.ts";
import { ConsoleSection } from "./section.ts";

export class SignInLinkDialog extends ConsoleSection {
  static override styles = [
    ...ConsoleSection.styles,
    css`
      :host {
        display: contents;
      }

      dialog > div {
        display: grid;
        gap: var(--visavis-space-4);
      }

      pre {
        user-select: all;
      }

      .actions {
        justify-content: flex-end;
      }
    `,
  ];
  static override properties = { shown: { state: true } };

  declare shown: { person: Person; link: SignInLink } | undefined;

  async show(person: Person, link: SignInLink): Promise<void> {
    this.shown = { person, link };
    await this.updateComplete;
    this.renderRoot.querySelector("dialog")?.showModal();
  }

  protected override render(): TemplateResult {
    const texts = this.texts.now;
    const { shown } = this;
    return html`<dialog aria-labelledby="heading" @close=${this.#forget}>
      ${
        shown
          ? html`<div>
            <h2 id="heading">${texts.linkTitle(shown.person.name)}</h2>
            <p>${texts.linkText}</p>
            <pre id="link">${shown.link.url}</pre>
            <p class="small muted">${texts.linkExpires(formatTime(shown.link.expires_at))} ${texts.linkVoids}</p>
            <div class="actions">
              <visavis-copy .text=${shown.link.url} .label=${texts.link}></visavis-copy>
              <button class="primary" autofocus @click=${this.#close}>${icon("check")}${texts.done}</button>
            </div>
          </div>`
          : nothing
      }
    </dialog>`;
  }

  #close(): void {
    this.renderRoot.querySelector("dialog")?.close();
  }

  #forget(): void {
    this.shown = undefined;
  }
}

customElements.define("visavis-sign-in-link", SignInLinkDialog);
