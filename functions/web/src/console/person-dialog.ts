// The form for a person, new or known. What was typed stays until it is saved or cancelled.

import { css, html, nothing, type TemplateResult } from "lit";

import type { Id, StaffRole } from "../call/types.ts";
import { fieldOf, problemText } from "../staff/problem.ts";
import type { Person, PersonInput } from "./client.ts";
import { ConsoleSection } from "./section.ts";
import { checkEmail, checkName } from "./validation.ts";

const FIELDS = ["name", "title", "email", "roles"] as const;
type Field = (typeof FIELDS)[number];
const ROLES: readonly StaffRole[] = ["expert", "administrator"];

export class PersonDialog extends ConsoleSection {
  static override styles = [
    ...ConsoleSection.styles,
    css`
      :host {
        display: contents;
      }

      form {
        display: grid;
        gap: var(--visavis-space-4);
      }

      .choices {
        display: grid;
        gap: var(--visavis-space-2);
        margin-block-start: var(--visavis-space-2);
      }

      .choice span {
        display: grid;
      }

      .actions {
        justify-content: flex-end;
      }
    `,
  ];
  static override properties = {
    known: { attribute: false },
    me: {},
    shown: { state: true },
    person: { state: true },
    draft: { state: true },
    errors: { state: true },
    saving: { state: true },
  };

  /** The ids of those who are there already. */
  declare known: ReadonlySet<Id>;
  /** The id of whoever is signed in. */
  declare me: string;
  declare shown: boolean;
  declare person: Person | undefined;
  declare draft: Required<PersonInput>;
  declare errors: Partial<Record<Field, string | undefined>>;
  declare saving: boolean;

  constructor() {
    super();
    this.known = new Set();
    this.shown = false;
    this.#begin(undefined);
  }

  get #dialog(): HTMLDialogElement | null {
    return this.renderRoot.querySelector("dialog");
  }

  show(person?: Person): void {
    this.#begin(person);
    this.shown = true;
    void this.updateComplete.then(() => this.#dialog?.showModal());
  }

  #begin(person: Person | undefined): void {
    this.person = person;
    this.draft = {
      name: person?.name ?? "",
      title: person?.title ?? "",
      email: person?.email ?? "",
      roles: person?.roles ?? ["expert"],
    };
    this.errors = {};
    this.saving = false;
    this.notice = undefined;
  }

  protected override render(): TemplateResult {
    const texts = this.texts.now;
    const closed = (): void => {
      this.shown = false;
    };
    if (!this.shown) return html`<dialog></dialog>`;
    return html`<dialog aria-labelledby="heading" @close=${closed}>
      <form novalidate @submit=${this.#save}>
        <h2 id="heading">${this.person ? texts.personEdit(this.person.name) : texts.personAdd}</h2>
        ${this.#field("name", texts.name, undefined, { autofocus: true })}
        ${this.#field("title", texts.title, texts.titleHint, {})}
        ${this.#field("email", texts.email, texts.emailHint, { type: "email", fixed: this.person !== undefined })}
        <fieldset aria-describedby="roles-error">
          <legend class="label">${texts.roles}</legend>
          <div class="choices">${ROLES.map((role) => this.#role(role))}</div>
          ${this.fieldError("roles-error", this.errors.roles)}
        </fieldset>
        ${this.noticeBanner()}
        <div class="actions">
          <button type="button" class="quiet" @click=${() => this.#dialog?.close()}>${this.staff.now.cancel}</button>
          <button class="primary" ?disabled=${this.saving}>
            ${this.saving ? html`<span class="spinner"></span>${texts.saving}` : texts.save}
          </button>
        </div>
      </form>
    </dialog>`;
  }

  #field(
    name: "name" | "title" | "email",
    label: string,
    hint: string | undefined,
    options: { type?: "email"; fixed?: boolean; autofocus?: boolean },
  ): TemplateResult {
    return html`<div class="field">
      <label for=${name}>${label}</label>
      <input
        id=${name}
        type=${options.type ?? "text"}
        autocomplete="off"
        ?readonly=${options.fixed}
        ?autofocus=${options.autofocus}
        .value=${this.draft[name]}
        aria-invalid=${this.errors[name] ? "true" : "false"}
        aria-describedby="${name}-hint ${name}-error"
        @input=${(event: Event) => this.#type(name, (event.target as HTMLInputElement).value)}
      />
      ${hint ? html`<span class="hint" id="${name}-hint">${hint}</span>` : nothing}
      ${this.fieldError(`${name}-error`, this.errors[name])}
    </div>`;
  }

  #role(role: StaffRole): TemplateResult {
    const texts = this.texts.now;
    // The service refuses it as well: nobody might be left to undo it.
    const fixed = role === "administrator" && this.person !== undefined && this.person.id === this.me;
    const hint = role === "expert" ? texts.expertHint : texts.administratorHint;
    return html`<label class="choice">
      <input
        type="checkbox"
        ?disabled=${fixed}
        .checked=${this.draft.roles.includes(role)}
        @change=${(event: Event) => this.#choose(role, (event.target as HTMLInputElement).checked)}
      />
      <span>${texts[role]}<span class="hint">${fixed ? texts.deactivateSelf : hint}</span></span>
    </label>`;
  }

  #type(field: "name" | "title" | "email", value: string): void {
    this.draft = { ...this.draft, [field]: value };
    this.errors = { ...this.errors, [field]: undefined };
  }

  #choose(role: StaffRole, chosen: boolean): void {
    const roles = ROLES.filter((other) => (other === role ? chosen : this.draft.roles.includes(other)));
    this.draft = { ...this.draft, roles };
    this.errors = { ...this.errors, roles: undefined };
  }

  async #save(event: Event): Promise<void> {
    event.preventDefault();
    if (this.saving) return;
    const texts = this.texts.now;
    const name = checkName(this.draft.name);
    const title = this.draft.title.trim() === "" ? { value: "" } : checkName(this.draft.title);
    const email = checkEmail(this.draft.email);
    const { roles } = this.draft;
    this.notice = undefined;
    this.errors = {
      ...("why" in name ? { name: texts.errors[name.why] } : {}),
      ...("why" in title ? { title: texts.errors[title.why] } : {}),
      ...("why" in email ? { email: texts.errors[email.why] } : {}),
      ...(roles.length === 0 ? { roles: texts.errors.roles } : {}),
    };
    if ("why" in name || "why" in title || "why" in email || roles.length === 0) return this.#focusError();
    this.saving = true;
    try {
      const person = this.person
        ? await this.client.changePerson(this.person.id, { name: name.value, title: title.value, roles })
        : await this.client.addPerson({
            name: name.value,
            ...(title.value === "" ? {} : { title: title.value }),
            email: email.value,
            roles,
          });
      if (!this.person && this.known.has(person.id)) {
        // The service adds nobody twice.
        this.errors = { email: texts.personThere(person.name) };
        return this.#focusError();
      }
      this.#dialog?.close();
      this.dispatchEvent(new CustomEvent("person-saved", { detail: { person, added: this.person === undefined } }));
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
}

customElements.define("visavis-person", PersonDialog);
