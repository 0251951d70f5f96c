// The checks of the handshake that failed: what, how often, when, and what to do.

import { html, nothing, type TemplateResult } from "lit";

import "../staff/confirm.ts";
import type { Confirm } from "../staff/confirm.ts";
import { formatTime, locale, TextsController } from "../staff/language.ts";
import { Loaded } from "../staff/loaded.ts";
import { icon } from "../theme/icons.ts";
import type { CheckReason } from "../trust/failure.ts";
import type { Alarm } from "./client.ts";
import { ConsoleSection } from "./section.ts";
import { tableStyles } from "./table.ts";
import { type TrustTexts, trustTexts } from "./texts/trust/index.ts";

/** What to do about each. */
const TODOS: Record<CheckReason, keyof TrustTexts["alarms"]["todos"]> = {
  unsealed: "snippet",
  version: "update",
  malformed: "update",
  "no-device": "upkeep",
  organisation: "tampering",
  chain: "snippet",
  expired: "upkeep",
  "not-yet-valid": "clock",
  revoked: "tampering",
  "revocations-missing": "upkeep",
  "revocations-old": "upkeep",
  "wrong-expert": "tampering",
  signature: "tampering",
  fingerprint: "tampering",
  "certificate-changed": "tampering",
  "second-answer": "tampering",
  continuity: "tampering",
  "short-code": "tampering",
};

export class AlarmList extends ConsoleSection {
  static override styles = [...ConsoleSection.styles, tableStyles];
  static override properties = { clearing: { state: true } };

  declare clearing: boolean;
  readonly #texts = new TextsController(this, trustTexts);
  #alarms = new Loaded<Alarm[]>(this, () => this.client.alarms());

  protected override render(): TemplateResult {
    const { alarms: texts } = this.#texts.now;
    const alarms = this.#alarms.value;
    return html`<div class="head">
        <div>
          <h2>${texts.heading}</h2>
          <p class="muted">${texts.help}</p>
        </div>
        <div class="actions">
          ${
            alarms && alarms.length > 0
              ? html`<button ?disabled=${this.clearing} @click=${() => void this.#clear()}>
                ${this.clearing ? html`<span class="spinner"></span>` : icon("trash")}${texts.clear}
              </button>`
              : nothing
          }
        </div>
      </div>
      ${this.noticeBanner()}
      ${this.loaded(
        this.#alarms.state,
        () => void this.#alarms.load(),
        (list) =>
          list.length === 0
            ? html`<p class="empty card">${icon("shield")}${texts.empty}</p>`
            : this.#table([...list].sort((one, other) => other.last_at.localeCompare(one.last_at))),
      )}
      <visavis-confirm></visavis-confirm>`;
  }

  /** Reads again. */
  async load(): Promise<void> {
    await this.#alarms.load();
  }

  #table(alarms: Alarm[]): TemplateResult {
    const { alarms: texts } = this.#texts.now;
    return html`<div class="card table" tabindex="0" role="region" aria-label=${texts.heading}>
      <table>
        <thead>
          <tr>
            <th scope="col">${texts.what}</th>
            <th scope="col">${texts.side}</th>
            <th scope="col">${texts.count}</th>
            <th scope="col">${texts.first}</th>
            <th scope="col">${texts.last}</th>
            <th scope="col">${texts.todo}</th>
          </tr>
        </thead>
        <tbody>
          ${alarms.map(
            ({ reason, side, count, first_at, last_at }) => html`<tr>
              <td data-label=${texts.what}><span>${texts.reasons[reason] ?? reason}</span></td>
              <td data-label=${texts.side}><span>${texts[side]}</span></td>
              <td data-label=${texts.count}>
                <span class="number">${new Intl.NumberFormat(locale()).format(count)}</span>
              </td>
              <td data-label=${texts.first}><span class="time">${formatTime(first_at)}</span></td>
              <td data-label=${texts.last}><span class="time">${formatTime(last_at)}</span></td>
              <td data-label=${texts.todo}><span>${texts.todos[TODOS[reason] ?? "tampering"]}</span></td>
            </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
  }

  async #clear(): Promise<void> {
    const { alarms: texts } = this.#texts.now;
    const confirmed = await this.renderRoot.querySelector<Confirm>("visavis-confirm")?.ask({
      title: texts.clearTitle,
      body: texts.clearText,
      confirm: this.texts.now.clearConfirm,
    });
    if (!confirmed) return;
    this.clearing = true;
    this.notice = undefined;
    try {
      await this.client.clearAlarms();
      this.#alarms.value = [];
      this.notice = { name: "success", text: texts.cleared };
    } catch (error) {
      this.notice = { name: "failure", error };
    } finally {
      this.clearing = false;
    }
  }
}

customElements.define("visavis-alarms", AlarmList);
