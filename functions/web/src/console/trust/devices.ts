// The devices of the experts: who asks, who is certified until when, approving, refusing, revoking.

import { css, html, nothing, type TemplateResult } from "lit";

import "../../staff/confirm.ts";
import type { Confirm } from "../../staff/confirm.ts";
import { formatTime, TextsController } from "../../staff/language.ts";
import { icon } from "../../theme/icons.ts";
import { ConsoleSection } from "../section.ts";
import { trustTexts } from "../texts/trust/index.ts";
import "./compare.ts";
import { type CompareDialog, namesOf } from "./compare.ts";
import type { DeviceEntry, Ledger, Standing } from "./ledger.ts";
import type { Upkeep } from "./upkeep.ts";

/** Those that ask for something first. */
const ORDER: readonly Standing[] = ["pending", "unknown", "lapsed", "certified", "inactive", "revoked"];

export class DeviceList extends ConsoleSection {
  static override styles = [
    ...ConsoleSection.styles,
    css`
      ul {
        display: grid;
      }

      li {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        align-items: center;
        gap: var(--visavis-space-2) var(--visavis-space-4);
        padding-block: var(--visavis-space-4);
        border-block-start: 1px solid var(--visavis-line);
      }

      visavis-confirm {
        display: contents;
      }

      .who {
        display: grid;
        gap: var(--visavis-space-1);
        overflow-wrap: anywhere;
      }

      .buttons {
        display: flex;
        flex-wrap: wrap;
        justify-content: flex-end;
        gap: var(--visavis-space-2);
      }

      .badge.wait {
        background: var(--visavis-warning-soft);
        color: var(--visavis-warning);
      }

      .badge.bad {
        background: var(--visavis-danger-soft);
        color: var(--visavis-danger);
      }

      @media (max-width: 52rem) {
        li {
          grid-template-columns: minmax(0, 1fr);
        }

        .buttons {
          justify-content: flex-start;
        }
      }
    `,
  ];
  static override properties = {
    upkeep: { attribute: false },
    ledger: { attribute: false },
    organisation: {},
    approves: { type: Boolean },
    busy: { state: true },
  };

  declare upkeep: Upkeep;
  declare ledger: Ledger;
  /** The organisation's name. */
  declare organisation: string;
  /** This browser may sign. */
  declare approves: boolean;
  /** The device something is being done to. */
  declare busy: string | undefined;
  readonly #texts = new TextsController(this, trustTexts);

  protected override render(): TemplateResult {
    const texts = this.#texts.now.devices;
    const devices = [...this.ledger.devices].sort(
      (one, other) =>
        ORDER.indexOf(one.standing) - ORDER.indexOf(other.standing) || one.expert.name.localeCompare(other.expert.name),
    );
    const lapsed = devices.filter(({ standing, expert }) => standing === "lapsed" && expert.active).length;
    return html`<section class="card stack" aria-labelledby="devices">
      <div class="head">
        <div>
          <h2 id="devices">${texts.heading}</h2>
          <p class="muted">${texts.help}</p>
        </div>
        <button @click=${() => void this.upkeep.refresh()}>${texts.refresh}</button>
      </div>
      ${this.noticeBanner()}
      ${lapsed > 0 ? html`<p class="banner warning">${icon("alert")}<span>${texts.lapsing(lapsed)}</span></p>` : nothing}
      ${
        devices.length === 0
          ? html`<p class="empty">${icon("screen")}${texts.empty}</p>`
          : html`<ul>
              ${devices.map((device) => html`<li>${this.#device(device)}</li>`)}
            </ul>`
      }
      ${this.approves || devices.length === 0 ? nothing : html`<p class="small muted">${texts.needsApprover}</p>`}
      <visavis-compare
        .upkeep=${this.upkeep}
        organisation=${this.organisation}
        @approved=${(event: CustomEvent<DeviceEntry>) => this.#tell(texts.approved(event.detail.expert.name))}
      ></visavis-compare>
      <visavis-confirm></visavis-confirm>
    </section>`;
  }

  #device(device: DeviceEntry): TemplateResult {
    const texts = this.#texts.now.devices;
    const { expert, standing, certificate, code } = device;
    const busy = this.busy === device.id;
    const kind = { pending: "wait", unknown: "wait", lapsed: "bad", certified: "accent", inactive: "bad", revoked: "" };
    const ends = certificate && formatTime(new Date(certificate.notAfter * 1000).toISOString());
    const renamed =
      standing === "certified" &&
      certificate !== undefined &&
      (certificate.name !== expert.name ||
        certificate.title !== (expert.title ?? "") ||
        certificate.organisationName !== this.organisation);
    return html`<div class="who">
        <div class="row">
          <strong>${expert.name}</strong>
          ${expert.title ? html`<span class="muted">${expert.title}</span>` : nothing}
          <span class="badge ${kind[standing]}">${texts[standing]}</span>
        </div>
        <span class="small muted">
          ${
            ends === undefined
              ? texts.asked(formatTime(device.requestedAt))
              : standing === "lapsed"
                ? texts.ended(ends)
                : texts.until(ends)
          }${standing === "pending" || standing === "unknown" ? nothing : html` · ${texts.code} <code>${code}</code>`}
        </span>
        ${renamed ? html`<span class="small muted">${texts.renamed(nameOf(certificate))}</span>` : nothing}
      </div>
      <div class="buttons">
        ${busy ? html`<span class="spinner"></span>` : nothing}
        ${
          standing === "pending"
            ? html`<button
              class="quiet"
              aria-label=${texts.refuseOf(expert.name)}
              ?disabled=${busy}
              @click=${() => void this.#refuse(device)}
            >
              ${texts.refuse}
            </button>`
            : nothing
        }
        ${
          (standing === "pending" || standing === "unknown") && this.approves && expert.active
            ? html`<button
              class="primary"
              aria-label=${texts.approveOf(expert.name)}
              ?disabled=${busy}
              @click=${() => void this.renderRoot.querySelector<CompareDialog>("visavis-compare")?.show(device)}
            >
              ${icon("shield")}${texts.approve}
            </button>`
            : nothing
        }
        ${
          renamed && this.approves
            ? html`<button ?disabled=${busy} @click=${() => void this.#rename(device)}>${texts.rename}</button>`
            : nothing
        }
        ${
          standing !== "pending" && standing !== "revoked" && this.approves
            ? html`<button
              class="quiet"
              aria-label=${texts.revokeOf(expert.name)}
              ?disabled=${busy}
              @click=${() => void this.#revoke(device)}
            >
              ${texts.revoke}
            </button>`
            : nothing
        }
      </div>`;
  }

  async #refuse(device: DeviceEntry): Promise<void> {
    const { refuseDialog, devices } = this.#texts.now;
    const { name } = device.expert;
    const { heading, text, action } = refuseDialog;
    if (!(await this.#ask(heading(name), text, action))) return;
    await this.#do(device, () => this.upkeep.refuse(device), devices.refused(name));
  }

  async #revoke(device: DeviceEntry): Promise<void> {
    const { revoke, devices } = this.#texts.now;
    const { name } = device.expert;
    const body = html`<p>${revoke.text}</p>
      <p>${revoke.window}</p>
      <p>${revoke.undo}</p>`;
    if (!(await this.#ask(revoke.heading(name), body, revoke.action))) return;
    await this.#do(device, () => this.upkeep.revoke(device.request.signingKey), devices.revokedNow(name));
  }

  /** The keys are the same and were compared: what changes is what visitors read, which the administrator sees here. */
  async #rename(device: DeviceEntry): Promise<void> {
    const { compare, devices } = this.#texts.now;
    const names = namesOf(device, this.organisation);
    const body = html`<p>${compare.visitorsRead}</p>
      <p><strong>${names.name}</strong>${names.title ? `, ${names.title}` : ""}, ${names.organisationName}</p>`;
    if (!(await this.#ask(devices.rename, body, compare.action))) return;
    await this.#do(device, () => this.upkeep.approve(device, names), devices.approved(names.name));
  }

  async #ask(title: string, body: unknown, confirm: string): Promise<boolean> {
    const dialog = this.renderRoot.querySelector<Confirm>("visavis-confirm");
    return (await dialog?.ask({ title, body, confirm })) ?? false;
  }

  async #do(device: DeviceEntry, work: () => Promise<void>, done: string): Promise<void> {
    this.busy = device.id;
    this.notice = undefined;
    try {
      await work();
      this.#tell(done);
    } catch (error) {
      this.notice = { name: "failure", error };
    } finally {
      this.busy = undefined;
    }
  }

  #tell(text: string): void {
    this.notice = { name: "success", text };
  }
}

function nameOf({ name, title, organisationName }: { name: string; title: string; organisationName: string }): string {
  return [name, title, organisationName].filter((part) => part !== "").join(", ");
}

customElements.define("visavis-devices", DeviceList);
