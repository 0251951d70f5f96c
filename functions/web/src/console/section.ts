// What the sections of the console have in common: their client, their texts, their notices.

import { css, html, LitElement, nothing, type PropertyDeclarations, type TemplateResult } from "lit";

import { TextsController } from "../staff/language.ts";
import type { LoadedState } from "../staff/loaded.ts";
import { problemText } from "../staff/problem.ts";
import { staffTexts } from "../staff/texts/index.ts";
import { icon } from "../theme/icons.ts";
import { controls } from "../theme/staff-controls.ts";
import type { ConsoleClient } from "./client.ts";
import { consoleTexts } from "./texts/index.ts";

/** What a section tells after something was done, or was not. */
export type Notice = { name: "success"; text: string } | { name: "failure"; error: unknown; text?: string };

const styles = css`
  :host {
    display: grid;
    gap: var(--visavis-space-5);
    align-content: start;
    min-width: 0;
  }

  .head {
    display: flex;
    align-items: flex-start;
    gap: var(--visavis-space-4);
    flex-wrap: wrap;
  }

  .head > div:first-child {
    flex: 1;
    display: grid;
    gap: var(--visavis-space-1);
    min-width: min(18rem, 100%);
  }

  .card {
    min-width: 0;
  }

  .actions {
    display: flex;
    align-items: center;
    gap: var(--visavis-space-3);
    flex-wrap: wrap;
  }
`;

export abstract class ConsoleSection extends LitElement {
  static override styles = [...controls, styles];
  static override properties: PropertyDeclarations = { client: { attribute: false }, notice: { state: true } };

  declare client: ConsoleClient;
  declare notice: Notice | undefined;
  protected readonly staff = new TextsController(this, staffTexts);
  protected readonly texts = new TextsController(this, consoleTexts);

  /** Whether something was typed that is not saved. */
  get unsaved(): boolean {
    return false;
  }

  /** Success is read out politely, failure at once. */
  protected noticeBanner(): TemplateResult {
    const { notice } = this;
    return html`<div class="live" role="status">
        ${
          notice?.name === "success"
            ? html`<div class="banner success">${icon("check")}<span>${notice.text}</span></div>`
            : nothing
        }
      </div>
      <div class="live" role="alert">
        ${
          notice?.name === "failure"
            ? html`<div class="banner danger">
              ${icon("alert")}<span>${notice.text} ${problemText(this.staff.now, notice.error)}</span>
            </div>`
            : nothing
        }
      </div>`;
  }

  /** The face of something that is being read, could not be read, or is there. */
  protected loaded<Value>(state: LoadedState<Value>, retry: () => void, ready: (value: Value) => unknown): unknown {
    if (state.name === "ready") return ready(state.value);
    if (state.name === "loading") {
      return html`<p class="empty card" role="status"><span class="spinner"></span>${this.texts.now.loading}</p>`;
    }
    return html`<div class="empty card" role="alert">
      ${icon("alert")}
      <p>${this.texts.now.loadFailed} ${problemText(this.staff.now, state.error)}</p>
      <button @click=${retry}>${this.staff.now.tryAgain}</button>
    </div>`;
  }

  /** What went wrong and what to do, in the reader's words. */
  protected problem(error: unknown): string {
    return problemText(this.staff.now, error);
  }

  /** An error beside its field. */
  protected fieldError(id: string, text: string | undefined): unknown {
    return text === undefined ? nothing : html`<span class="error" id=${id}>${icon("alert")}${text}</span>`;
  }
}
