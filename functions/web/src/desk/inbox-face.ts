// The messages that visitors have left, as the expert reads them.

import { css, html, LitElement, nothing, type TemplateResult } from "lit";

import { Watching } from "../call/view/watching.ts";
import "../staff/confirm.ts";
import type { Confirm } from "../staff/confirm.ts";
import { formatTime, TextsController } from "../staff/language.ts";
import { problemText } from "../staff/problem.ts";
import { staffTexts } from "../staff/texts/index.ts";
import { base, buttons } from "../theme/controls.ts";
import { icon } from "../theme/icons.ts";
import { surfaces } from "../theme/surfaces.ts";
import type { Inbox, InboxEntry } from "./inbox.ts";
import { inboxTexts } from "./texts/inbox.ts";

/** `<visavis-inbox .inbox=${…}>`: nothing as long as there is no message. */
export class InboxFace extends LitElement {
  static override styles = [
    base,
    buttons,
    surfaces,
    css`
      section,
      ul {
        display: grid;
        gap: var(--visavis-space-3);
      }

      li {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        gap: var(--visavis-space-2) var(--visavis-space-4);
        padding: var(--visavis-space-4) var(--visavis-space-5);
      }

      .text {
        grid-column: 1 / -1;
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }

      .who {
        overflow-wrap: anywhere;
      }

      .older {
        justify-self: start;
      }
    `,
  ];
  static override properties = { inbox: { attribute: false } };

  declare inbox: Inbox;
  readonly #texts = new TextsController(this, inboxTexts);
  readonly #staff = new TextsController(this, staffTexts);

  constructor() {
    super();
    new Watching(this, () => this.inbox);
  }

  protected override render(): unknown {
    const { entries, more, error } = this.inbox.state;
    const texts = this.#texts.now;
    if (entries.length === 0) return nothing;
    return html`<section aria-labelledby="title">
        <h2 id="title">${texts.title}</h2>
        <div role="alert">
          ${
            error === undefined
              ? nothing
              : html`<div class="banner danger">${icon("alert")}<span>${problemText(this.#staff.now, error)}</span></div>`
          }
        </div>
        <ul>
          ${entries.map((entry) => this.#entry(entry))}
        </ul>
        ${more ? html`<button class="older" @click=${() => void this.inbox.loadOlder()}>${texts.older}</button>` : nothing}
      </section>
      <visavis-confirm></visavis-confirm>`;
  }

  #entry(entry: InboxEntry): TemplateResult {
    const texts = this.#texts.now;
    const { content } = entry;
    const name = content?.name ?? texts.somebody;
    return html`<li class="card">
      <div class="who">
        <h3>${name}</h3>
        <p class="small muted">
          ${formatTime(entry.at)}${entry.mine ? html` · ${texts.mine}` : nothing}${content ? html` · ${content.page.title}` : nothing}
        </p>
      </div>
      <button
        class="quiet icon-only"
        aria-label=${texts.remove(name)}
        title=${texts.remove(name)}
        @click=${() => void this.#remove(entry)}
      >
        ${icon("trash")}
      </button>
      ${
        content
          ? html`<p class="text">${content.text}</p>
            ${content.contact ? html`<p class="text">${reach(content.contact)}</p>` : nothing}`
          : html`<p class="text muted">${texts.closed}</p>`
      }
    </li>`;
  }

  async #remove({ id }: InboxEntry): Promise<void> {
    const { sure, sureText, removeConfirm } = this.#texts.now;
    const dialog = this.renderRoot.querySelector<Confirm>("visavis-confirm");
    if (await dialog?.ask({ title: sure, body: sureText, confirm: removeConfirm })) await this.inbox.remove(id);
  }
}

/** An address or a number to be reached by becomes a link. */
function reach(contact: string): unknown {
  if (/^[^\s@:?&]+@[^\s@:?&]+$/.test(contact)) return html`<a href="mailto:${contact}">${contact}</a>`;
  if (/^\+?[\d\s()/.-]{5,}$/.test(contact)) return html`<a href="tel:${contact.replace(/[^\d+]/g, "")}">${contact}</a>`;
  return contact;
}

customElements.define("visavis-inbox", InboxFace);
