// The violations of the content security policy that browsers have reported, and below them the failed checks of calls.

import { html, nothing, type TemplateResult } from "lit";

import "../staff/confirm.ts";
import type { Confirm } from "../staff/confirm.ts";
import { formatTime, locale } from "../staff/language.ts";
import { Loaded } from "../staff/loaded.ts";
import { icon } from "../theme/icons.ts";
import "./alarms.ts";
import type { AlarmList } from "./alarms.ts";
import type { Report } from "./client.ts";
import { ConsoleSection } from "./section.ts";
import { tableStyles } from "./table.ts";

export class ReportsSection extends ConsoleSection {
  static override styles = [...ConsoleSection.styles, tableStyles];
  static override properties = { clearing: { state: true } };

  declare clearing: boolean;
  #reports = new Loaded<Report[]>(this, () => this.client.reports());

  protected override render(): TemplateResult {
    const texts = this.texts.now;
    const reports = this.#reports.value;
    return html`<div class="head">
        <div>
          <h1>${texts.reports}</h1>
          <p class="muted">${texts.reportsHelp}</p>
        </div>
        <div class="actions">
          <button @click=${() => void this.#refresh()}>${texts.refresh}</button>
          ${
            reports && reports.length > 0
              ? html`<button ?disabled=${this.clearing} @click=${() => void this.#clear()}>
                ${this.clearing ? html`<span class="spinner"></span>` : icon("trash")}${texts.clear}
              </button>`
              : nothing
          }
        </div>
      </div>
      ${this.noticeBanner()}
      ${this.loaded(
        this.#reports.state,
        () => void this.#reports.load(),
        (list) =>
          list.length === 0
            ? html`<p class="empty card">${icon("shield")}${texts.reportsEmpty}</p>`
            : this.#table([...list].sort((one, other) => other.last_at.localeCompare(one.last_at))),
      )}
      <visavis-alarms .client=${this.client}></visavis-alarms>
      <visavis-confirm></visavis-confirm>`;
  }

  #table(reports: Report[]): TemplateResult {
    const texts = this.texts.now;
    return html`<div class="card table" tabindex="0" role="region" aria-label=${texts.reports}>
      <table>
        <thead>
          <tr>
            <th scope="col">${texts.directive}</th>
            <th scope="col">${texts.blocked}</th>
            <th scope="col">${texts.page}</th>
            <th scope="col">${texts.count}</th>
            <th scope="col">${texts.first}</th>
            <th scope="col">${texts.last}</th>
          </tr>
        </thead>
        <tbody>
          ${reports.map(
            (report) => html`<tr>
              <td data-label=${texts.directive}><code>${report.directive}</code></td>
              <td data-label=${texts.blocked}><span>${report.blocked}</span></td>
              <td data-label=${texts.page}><span>${report.page}</span></td>
              <td data-label=${texts.count}>
                <span class="number">${new Intl.NumberFormat(locale()).format(report.count)}</span>
              </td>
              <td data-label=${texts.first}><span class="time">${formatTime(report.first_at)}</span></td>
              <td data-label=${texts.last}><span class="time">${formatTime(report.last_at)}</span></td>
            </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
  }

  async #refresh(): Promise<void> {
    this.notice = undefined;
    await Promise.all([this.#reports.load(), this.renderRoot.querySelector<AlarmList>("visavis-alarms")?.load()]);
  }

  async #clear(): Promise<void> {
    const texts = this.texts.now;
    const confirmed = await this.renderRoot.querySelector<Confirm>("visavis-confirm")?.ask({
      title: texts.clearTitle,
      body: texts.clearText,
      confirm: texts.clearConfirm,
    });
    if (!confirmed) return;
    this.clearing = true;
    this.notice = undefined;
    try {
      await this.client.clearReports();
      this.#reports.value = [];
      this.notice = { name: "success", text: texts.cleared };
    } catch (error) {
      this.notice = { name: "failure", error };
    } finally {
      this.clearing = false;
    }
  }
}

customElements.define("visavis-reports", ReportsSection);
