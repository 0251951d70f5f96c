// The organisation: its name, its look, its contact, and the origins from which visitors may call.

import { css, html, nothing, type TemplateResult } from "lit";

import "../staff/confirm.ts";
import type { Confirm } from "../staff/confirm.ts";
import { Loaded } from "../staff/loaded.ts";
import { fieldOf, problemText } from "../staff/problem.ts";
import { icon } from "../theme/icons.ts";
import "./accent-preview.ts";
import type { Organisation } from "./client.ts";
import { ConsoleSection } from "./section.ts";
import { type Checked, checkAccent, checkContact, checkName, checkOrigin } from "./validation.ts";

interface Draft {
  name: string;
  accent: string;
  contact: string;
}

const FIELDS = ["name", "accent", "contact"] as const;
type Field = (typeof FIELDS)[number];

/** A contact as it is shown: without the scheme of an e-mail address or a telephone number. */
function shownContact(link: string | undefined): string {
  return (link ?? "").replace(/^(mailto|tel):/u, "");
}

export class OrganisationSection extends ConsoleSection {
  static override styles = [
    ...ConsoleSection.styles,
    css`
      form {
        display: grid;
        gap: var(--visavis-space-5);
      }

      .look {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(18rem, 100%), 1fr));
        gap: var(--visavis-space-5) var(--visavis-space-6);
      }

      .accent {
        display: flex;
        gap: var(--visavis-space-2);
      }

      .origins {
        border: 1px solid var(--visavis-line);
        border-radius: var(--visavis-radius-m);
        overflow: hidden;
      }

      .origins li {
        display: flex;
        align-items: center;
        gap: var(--visavis-space-3);
        padding: var(--visavis-space-1) var(--visavis-space-2) var(--visavis-space-1) var(--visavis-space-4);
      }

      .origins li + li {
        border-block-start: 1px solid var(--visavis-line);
      }

      .origins span {
        flex: 1;
        min-width: 0;
        overflow-wrap: anywhere;
      }

      .add {
        display: grid;
        grid-template-columns: 1fr auto;
        gap: var(--visavis-space-1) var(--visavis-space-2);
      }

      .add label,
      .add .error {
        grid-column: 1 / -1;
      }
    `,
  ];
  static override properties = {
    draft: { state: true },
    errors: { state: true },
    saving: { state: true },
    origin: { state: true },
    originError: { state: true },
    originBusy: { state: true },
    originNotice: { state: true },
  };

  declare draft: Draft | undefined;
  declare errors: Partial<Record<Field, string | undefined>>;
  declare saving: boolean;
  declare origin: string;
  declare originError: string | undefined;
  declare originBusy: boolean;
  declare originNotice: string;
  #organisation = new Loaded<Organisation>(this, async () => this.#tell(await this.client.organisation()));

  constructor() {
    super();
    this.errors = {};
    this.saving = this.originBusy = false;
    this.origin = this.originNotice = "";
  }

  override get unsaved(): boolean {
    return this.draft !== undefined || this.origin.trim() !== "";
  }

  protected override render(): TemplateResult {
    const texts = this.texts.now;
    return html`<div class="head">
        <div>
          <h1>${texts.organisation}</h1>
          <p class="muted">${texts.organisationHelp}</p>
        </div>
      </div>
      ${this.loaded(
        this.#organisation.state,
        () => void this.#organisation.load(),
        (organisation) => html`${this.#form(organisation)}${this.#origins(organisation)}`,
      )}
      <visavis-confirm></visavis-confirm>`;
  }

  #form(organisation: Organisation): TemplateResult {
    const texts = this.texts.now;
    const draft = this.draft ?? asDraft(organisation);
    return html`<section class="card stack" aria-labelledby="look">
      <h2 id="look">${texts.look}</h2>
      <form novalidate @submit=${this.#save}>
        <div class="look">
          <div class="stack">
            ${this.#field("name", texts.name, texts.nameHint, draft.name, "organization")}
            <div class="field">
              <label for="accent">${texts.accent}</label>
              <div class="accent">
                <input
                  type="color"
                  aria-label=${texts.accentPick}
                  .value=${valueIn(checkAccent(draft.accent)) ?? organisation.accent}
                  @input=${(event: Event) => this.#type("accent", event)}
                />
                <input
                  id="accent"
                  spellcheck="false"
                  autocomplete="off"
                  .value=${draft.accent}
                  aria-invalid=${this.errors.accent ? "true" : "false"}
                  aria-describedby="accent-hint accent-error"
                  @input=${(event: Event) => this.#type("accent", event)}
                />
              </div>
              <span class="hint" id="accent-hint">${texts.accentHint}</span>
              ${this.fieldError("accent-error", this.errors.accent)}
            </div>
            ${this.#field("contact", texts.contact, texts.contactHint, draft.contact, "off")}
          </div>
          <visavis-accent-preview .accent=${valueIn(checkAccent(draft.accent)) ?? organisation.accent}>
          </visavis-accent-preview>
        </div>
        <div class="actions">
          <button class="primary" ?disabled=${this.saving}>
            ${this.saving ? html`<span class="spinner"></span>${texts.saving}` : texts.save}
          </button>
          ${
            this.draft && !this.saving
              ? html`<button type="button" class="quiet" @click=${this.#discard}>${texts.discard}</button>
                <span class="small muted">${texts.unsaved}</span>`
              : nothing
          }
        </div>
        ${this.noticeBanner()}
      </form>
    </section>`;
  }

  #field(name: "name" | "contact", label: string, hint: string, value: string, autocomplete: string): TemplateResult {
    return html`<div class="field">
      <label for=${name}>${label}</label>
      <input
        id=${name}
        .value=${value}
        autocomplete=${autocomplete as "off"}
        aria-invalid=${this.errors[name] ? "true" : "false"}
        aria-describedby="${name}-hint ${name}-error"
        @input=${(event: Event) => this.#type(name, event)}
      />
      <span class="hint" id="${name}-hint">${hint}</span>
      ${this.fieldError(`${name}-error`, this.errors[name])}
    </div>`;
  }

  #origins(organisation: Organisation): TemplateResult {
    const texts = this.texts.now;
    return html`<section class="card stack" aria-labelledby="origins">
      <div>
        <h2 id="origins">${texts.origins}</h2>
        <p class="muted">${texts.originsHelp}</p>
      </div>
      ${
        organisation.origins.length === 0
          ? html`<p class="banner">${icon("page")}<span>${texts.originsEmpty}</span></p>`
          : html`<ul class="origins">
            ${organisation.origins.map(
              (origin) => html`<li>
                <span>${origin}</span>
                <button
                  class="quiet icon-only"
                  aria-label=${texts.remove(origin)}
                  title=${texts.remove(origin)}
                  ?disabled=${this.originBusy}
                  @click=${() => void this.#removeOrigin(origin)}
                >
                  ${icon("trash")}
                </button>
              </li>`,
            )}
          </ul>`
      }
      <form class="add" novalidate @submit=${this.#addOrigin}>
        <label class="label" for="origin">${texts.originAdd}</label>
        <input
          id="origin"
          type="url"
          inputmode="url"
          autocomplete="off"
          spellcheck="false"
          placeholder=${texts.originPlaceholder}
          .value=${this.origin}
          aria-invalid=${this.originError ? "true" : "false"}
          aria-describedby="origin-error"
          @input=${this.#typeOrigin}
        />
        <button ?disabled=${this.originBusy}>
          ${this.originBusy ? html`<span class="spinner"></span>` : icon("plus")}${texts.add}
        </button>
        ${this.fieldError("origin-error", this.originError)}
      </form>
      <div class="live" role="status">
        ${
          this.originNotice
            ? html`<div class="banner success">${icon("check")}<span>${this.originNotice}</span></div>`
            : nothing
        }
      </div>
    </section>`;
  }

  /** Lets the page know, for its header and its other sections. */
  #tell(organisation: Organisation): Organisation {
    this.dispatchEvent(new CustomEvent("organisation-read", { detail: organisation, bubbles: true }));
    return organisation;
  }

  #type(field: Field, event: Event): void {
    const current = this.#organisation.value;
    if (!current) return;
    const draft = { ...(this.draft ?? asDraft(current)), [field]: (event.target as HTMLInputElement).value };
    const same = FIELDS.every((name) => draft[name] === asDraft(current)[name]);
    this.draft = same ? undefined : draft;
    this.errors = { ...this.errors, [field]: undefined };
    this.notice = undefined;
  }

  #discard(): void {
    this.draft = undefined;
    this.errors = {};
    this.notice = undefined;
  }

  async #save(event: Event): Promise<void> {
    event.preventDefault();
    const current = this.#organisation.value;
    if (!current || this.saving) return;
    const texts = this.texts.now;
    const draft = this.draft ?? asDraft(current);
    const name = checkName(draft.name);
    const accent = checkAccent(draft.accent);
    const contact = checkContact(draft.contact);
    this.notice = undefined;
    this.errors = {
      ...("why" in name ? { name: texts.errors[name.why] } : {}),
      ...("why" in accent ? { accent: texts.errors[accent.why] } : {}),
      ...("why" in contact ? { contact: texts.errors[contact.why] } : {}),
    };
    if ("why" in name || "why" in accent || "why" in contact) return this.#focusError();
    this.saving = true;
    try {
      const change = { name: name.value, accent: accent.value, contact: contact.value };
      this.#organisation.value = this.#tell(await this.client.changeOrganisation(change));
      this.draft = undefined;
      this.notice = { name: "success", text: texts.saved };
    } catch (error) {
      const field = fieldOf(error, FIELDS) as Field | undefined;
      if (field) this.errors = { [field]: problemText(this.staff.now, error) };
      else this.notice = { name: "failure", error, text: texts.saveFailed };
      this.#focusError();
    } finally {
      this.saving = false;
    }
  }

  #focusError(): void {
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
  }

  #typeOrigin(event: Event): void {
    this.origin = (event.target as HTMLInputElement).value;
    this.originError = undefined;
    this.originNotice = "";
  }

  async #addOrigin(event: Event): Promise<void> {
    event.preventDefault();
    const current = this.#organisation.value;
    if (!current || this.originBusy) return;
    const checked = checkOrigin(this.origin, current.origins);
    if ("why" in checked) {
      this.originError = this.texts.now.errors[checked.why];
      return this.#focusError();
    }
    if (await this.#changeOrigins([...current.origins, checked.value])) {
      this.origin = "";
      this.originNotice = this.texts.now.originSaved(checked.value);
    }
  }

  async #removeOrigin(origin: string): Promise<void> {
    const texts = this.texts.now;
    const confirmed = await this.renderRoot.querySelector<Confirm>("visavis-confirm")?.ask({
      title: texts.originRemoveTitle(origin),
      body: texts.originRemoveText,
      confirm: texts.removeConfirm,
    });
    const current = this.#organisation.value;
    if (!confirmed || !current) return;
    if (await this.#changeOrigins(current.origins.filter((other) => other !== origin))) {
      this.originNotice = texts.saved;
      this.renderRoot.querySelector<HTMLElement>("#origin")?.focus();
    }
  }

  async #changeOrigins(origins: string[]): Promise<boolean> {
    this.originBusy = true;
    this.originError = undefined;
    this.originNotice = "";
    try {
      this.#organisation.value = this.#tell(await this.client.changeOrganisation({ origins }));
      return true;
    } catch (error) {
      this.originError = problemText(this.staff.now, error);
      return false;
    } finally {
      this.originBusy = false;
    }
  }
}

function asDraft(organisation: Organisation): Draft {
  return { name: organisation.name, accent: organisation.accent, contact: shownContact(organisation.contact) };
}

function valueIn<Value>(checked: Checked<Value, string>): Value | undefined {
  return "value" in checked ? checked.value : undefined;
}

customElements.define("visavis-organisation", OrganisationSection);
