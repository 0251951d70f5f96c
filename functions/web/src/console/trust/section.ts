// The section on trust: the site key, this browser as an approver, the devices.

import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";

import "../../staff/confirm.ts";
import type { Confirm } from "../../staff/confirm.ts";
import "../../staff/copy.ts";
import { formatTime, TextsController } from "../../staff/language.ts";
import { icon } from "../../theme/icons.ts";
import { daysLeft, valid } from "../../trust/approver.ts";
import type { SiteKey } from "../../trust/key-file.ts";
import { ConsoleSection } from "../section.ts";
import { trustTexts } from "../texts/trust/index.ts";
import "./ceremony.ts";
import type { Ceremony } from "./ceremony.ts";
import "./devices.ts";
import "./key-file-form.ts";
import type { ApproverEntry, Ledger } from "./ledger.ts";
import { picture, pictureStyles } from "./picture.ts";
import "./retirement.ts";
import type { Upkeep } from "./upkeep.ts";

export class TrustSection extends ConsoleSection {
  static override styles = [
    ...ConsoleSection.styles,
    pictureStyles,
    css`
      .sentences {
        display: grid;
        gap: var(--visavis-space-3);
        padding-inline-start: 1.5rem;
        list-style: decimal;
      }

      summary {
        min-height: 2.75rem;
        display: list-item;
        align-content: center;
        cursor: pointer;
        font-weight: 560;
      }

      details[open] > summary {
        margin-block-end: var(--visavis-space-4);
      }

      .rows li {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--visavis-space-2) var(--visavis-space-3);
        padding-block: var(--visavis-space-3);
        border-block-start: 1px solid var(--visavis-line);
        overflow-wrap: anywhere;
      }

      .rows li > code {
        overflow-wrap: anywhere;
      }

      section > button {
        justify-self: start;
      }
    `,
  ];
  static override properties = {
    upkeep: { attribute: false },
    organisation: {},
    ceremony: { state: true },
    opening: { state: true },
    retiring: { state: true },
  };

  declare upkeep: Upkeep;
  /** The organisation's name. */
  declare organisation: string;
  declare ceremony: "first" | "rotation" | undefined;
  /** The form for the key file is open. */
  declare opening: boolean;
  /** The form that gives the site key up is open. */
  declare retiring: boolean;
  readonly #texts = new TextsController(this, trustTexts);
  #unsubscribe: () => void = () => {};

  constructor() {
    super();
    this.organisation = "";
    this.opening = this.retiring = false;
  }

  override get unsaved(): boolean {
    return this.renderRoot.querySelector<Ceremony>("visavis-ceremony")?.unsaved ?? false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.requestUpdate("upkeep");
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#unsubscribe();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has("upkeep")) return;
    this.#unsubscribe();
    this.#unsubscribe = this.upkeep.subscribe(() => this.requestUpdate());
  }

  protected override render(): TemplateResult {
    const texts = this.#texts.now;
    const { ledger, supported } = this.upkeep.state;
    return html`<div class="head">
        <div>
          <h1>${texts.title}</h1>
          <p class="muted">${texts.help}</p>
        </div>
      </div>
      ${supported ? nothing : html`<p class="banner danger">${icon("alert")}<span>${texts.unsupported}</span></p>`}
      ${this.loaded(
        ledger,
        () => void this.upkeep.refresh(),
        (value) => this.#ready(value),
      )}
      <visavis-confirm></visavis-confirm>`;
  }

  #ready(ledger: Ledger): unknown {
    if (this.ceremony !== undefined) {
      return html`<visavis-ceremony
        .upkeep=${this.upkeep}
        name=${this.organisation}
        ?rotation=${this.ceremony === "rotation"}
        @ceremony-over=${() => {
          this.ceremony = undefined;
        }}
      ></visavis-ceremony>`;
    }
    if (this.retiring) return this.#retire();
    if (ledger.siteKeys.length === 0) return html`${this.#foreign(ledger)}${this.#first()}${this.#retired(ledger)}`;
    return html`${this.noticeBanner()}${this.#approver(ledger)}
      <visavis-devices
        .upkeep=${this.upkeep}
        .ledger=${ledger}
        organisation=${this.organisation}
        ?approves=${this.#approves(ledger)}
      ></visavis-devices>
      ${this.#site(ledger)}${this.#retired(ledger)}${this.#approvers(ledger)}
      <details class="card">
        <summary>${this.#texts.now.how}</summary>
        <div class="stack">${this.#explained()}</div>
      </details>`;
  }

  #explained(): TemplateResult {
    const texts = this.#texts.now;
    return html`${picture(texts)}
      <ol class="sentences">
        ${texts.sentences.map((sentence) => html`<li>${sentence}</li>`)}
      </ol>`;
  }

  #first(): TemplateResult {
    const texts = this.#texts.now;
    return html`<section class="card stack" aria-labelledby="how">
      <h2 id="how">${texts.how}</h2>
      ${this.#explained()}
      <p class="muted">${texts.beginText}</p>
      <button
        class="primary large"
        ?disabled=${!this.upkeep.state.supported}
        @click=${() => {
          this.ceremony = "first";
        }}
      >
        ${icon("shield")}${texts.begin}
      </button>
    </section>`;
  }

  #approves({ foreign, memory }: Ledger): boolean {
    const { approver } = this.upkeep.state;
    // What it signs leads to its own site key, whichever others there are.
    if (approver === undefined || foreign === "another" || foreign === "none") return false;
    return valid(now(), approver) && !Object.hasOwn(memory.revoked, approver.approverKey);
  }

  #approver(ledger: Ledger): TemplateResult {
    const texts = this.#texts.now.approver;
    const { approver, failure, supported } = this.upkeep.state;
    const revoked = approver !== undefined && Object.hasOwn(ledger.memory.revoked, approver.approverKey);
    const days = approver && daysLeft(now(), approver);
    const good = this.#approves(ledger) && days === undefined;
    const listEnded = ledger.list === undefined || ledger.list.notAfter <= now();
    let text = texts.none;
    if (approver && revoked) text = texts.revoked;
    else if (approver && days === 0) text = texts.ended;
    else if (approver && days !== undefined) text = texts.ends(days);
    else if (approver) text = texts.good(formatTime(new Date(approver.notAfter * 1000).toISOString()));
    return html`<section class="card stack" aria-labelledby="approver">
      <h2 id="approver">${texts.heading}</h2>
      ${this.#foreign(ledger)}
      ${
        ledger.foreign && ledger.foreign !== "besides"
          ? nothing
          : html`<p class="banner ${good ? "success" : approver ? "warning" : ""}">
            ${icon(good ? "check" : approver ? "alert" : "shield")}<span>${text}</span>
          </p>`
      }
      ${
        listEnded && ledger.devices.some(({ certificate }) => certificate)
          ? html`<p class="banner danger">${icon("alert")}<span>${texts.listEnded}</span></p>`
          : nothing
      }
      ${failure === undefined ? nothing : this.#failure(failure)}
      ${
        this.opening
          ? html`<visavis-key-file .use=${this.#renew}>
            <button
              type="button"
              class="quiet"
              @click=${() => {
                this.opening = false;
              }}
            >
              ${this.#texts.now.cancel}
            </button>
          </visavis-key-file>`
          : html`<button
            class=${good ? "" : "primary"}
            ?disabled=${!supported}
            @click=${() => {
              this.opening = true;
              this.notice = undefined;
            }}
          >
            ${icon("file")}${texts.renew}
          </button>`
      }
    </section>`;
  }

  #foreign({ foreign }: Ledger): unknown {
    const { approver } = this.#texts.now;
    if (foreign === undefined) return nothing;
    const text = { another: approver.foreign, none: approver.gone, besides: approver.besides }[foreign];
    return html`<p class="banner danger" role="alert">${icon("alert")}<span>${text}</span></p>`;
  }

  #retire(): TemplateResult {
    return html`<visavis-retirement
      .upkeep=${this.upkeep}
      name=${this.organisation}
      @retired=${() => {
        this.retiring = false;
        this.ceremony = "first";
      }}
      @retirement-over=${() => {
        this.retiring = false;
      }}
    ></visavis-retirement>`;
  }

  #retired({ retirements }: Ledger): unknown {
    const texts = this.#texts.now.retire;
    if (retirements.length === 0) return nothing;
    return html`<section class="card stack" aria-labelledby="retired">
      <h2 id="retired">${texts.listHeading}</h2>
      <ul class="rows">
        ${retirements.map(
          ({ site_key, because, by, at }) => html`<li>
            <code>${site_key}</code>
            <span class="badge">${texts[because]}</span>
            <span class="small muted">${texts.by(by.name, formatTime(at))}</span>
          </li>`,
        )}
      </ul>
      <p class="small muted">${texts.listText}</p>
    </section>`;
  }

  #failure(error: unknown): TemplateResult {
    return html`<p class="banner danger" role="alert">
      ${icon("alert")}<span>${this.#texts.now.approver.failed} ${this.problem(error)}</span>
    </p>`;
  }

  #renew = async (site: SiteKey): Promise<void> => {
    await this.upkeep.adopt(site);
    this.opening = false;
    this.notice = { name: "success", text: this.#texts.now.approver.renewed };
  };

  #site({ siteKeys, trusted }: Ledger): TemplateResult {
    const texts = this.#texts.now.site;
    const good = siteKeys.map(({ key }) => key).filter((key) => trusted.has(key));
    const keys = good.join(" ");
    const command = `cargo xtask check-pages https://… --site-key ${good[0] ?? ""}`;
    return html`<section class="card stack" aria-labelledby="site">
      <div class="head">
        <div>
          <h2 id="site">${texts.heading}</h2>
          <p class="muted">${texts.text}</p>
        </div>
        <visavis-copy .text=${keys} .label=${texts.heading}></visavis-copy>
      </div>
      <ul class="rows">
        ${siteKeys.map(
          ({ key, created }) => html`<li>
            <code>${key}</code>
            <span class="small muted">${texts.created(formatTime(new Date(created * 1000).toISOString()))}</span>
            ${
              !trusted.has(key)
                ? html`<span class="badge danger">${this.#texts.now.approvers.unknown}</span>`
                : key !== good[0]
                  ? html`<span class="badge">${texts.old}</span>`
                  : nothing
            }
          </li>`,
        )}
      </ul>
      <div class="stack">
        <p class="small muted" id="check">${texts.check}</p>
        <pre tabindex="0" aria-labelledby="check">${command}</pre>
      </div>
      <p class="muted">${texts.rotateText}</p>
      <button
        @click=${() => {
          this.ceremony = "rotation";
          this.notice = undefined;
        }}
      >
        ${texts.rotate}
      </button>
      <button
        class="quiet"
        @click=${() => {
          this.retiring = true;
          this.notice = undefined;
        }}
      >
        ${this.#texts.now.retire.open}
      </button>
    </section>`;
  }

  #approvers(ledger: Ledger): TemplateResult {
    const texts = this.#texts.now.approvers;
    const approves = this.#approves(ledger);
    return html`<section class="card stack" aria-labelledby="approvers">
      <h2 id="approvers">${texts.heading}</h2>
      <ul class="rows">
        ${ledger.approvers.map(
          (entry) => html`<li>
            <strong>${entry.person.name}</strong>
            ${entry.mine ? html`<span class="badge">${texts.you}</span>` : nothing}
            <span class="badge ${entry.standing === "good" ? "accent" : ""}">${texts[entry.standing]}</span>
            <span class="small muted"
              >${this.#texts.now.devices.until(formatTime(new Date(entry.certificate.notAfter * 1000).toISOString()))}</span
            >
            ${
              approves && !entry.mine && (entry.standing === "good" || entry.standing === "ended")
                ? html`<button
                  class="quiet spread"
                  aria-label=${texts.revokeOf(entry.person.name)}
                  @click=${() => void this.#revoke(entry)}
                >
                  ${this.#texts.now.devices.revoke}
                </button>`
                : nothing
            }
          </li>`,
        )}
      </ul>
    </section>`;
  }

  async #revoke({ certificate, person }: ApproverEntry): Promise<void> {
    const { approvers, revoke } = this.#texts.now;
    const confirmed = await this.renderRoot.querySelector<Confirm>("visavis-confirm")?.ask({
      title: approvers.revokeHeading(person.name),
      body: html`<p>${approvers.revokeText}</p>`,
      confirm: revoke.action,
    });
    if (!confirmed) return;
    try {
      await this.upkeep.revoke(certificate.approverKey);
      this.notice = { name: "success", text: approvers.revokedNow(person.name) };
    } catch (error) {
      this.notice = { name: "failure", error };
    }
  }
}

const now = (): number => Math.floor(Date.now() / 1000);

customElements.define("visavis-trust", TrustSection);
