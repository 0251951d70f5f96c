// The people: who answers and who administers; their roles, their sign-in links, taking them out.

import { css, html, nothing, type TemplateResult } from "lit";

import "../staff/confirm.ts";
import type { Confirm } from "../staff/confirm.ts";
import { formatTime } from "../staff/language.ts";
import { Loaded } from "../staff/loaded.ts";
import { icon } from "../theme/icons.ts";
import type { Person, SignInLink } from "./client.ts";
import "./person-dialog.ts";
import type { PersonDialog } from "./person-dialog.ts";
import { ConsoleSection } from "./section.ts";
import "./sign-in-link.ts";
import type { SignInLinkDialog } from "./sign-in-link.ts";

export class PeopleSection extends ConsoleSection {
  static override styles = [
    ...ConsoleSection.styles,
    css`
      .people {
        padding: 0;
        overflow: hidden;
      }

      .people li {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr) auto;
        align-items: center;
        gap: var(--visavis-space-3) var(--visavis-space-4);
        padding: var(--visavis-space-4) var(--visavis-space-5);
      }

      .people li + li {
        border-block-start: 1px solid var(--visavis-line);
      }

      .initials {
        display: grid;
        place-items: center;
        width: 2.75rem;
        height: 2.75rem;
        border-radius: 50%;
        background: var(--visavis-accent-soft);
        color: var(--visavis-accent-text);
        font-weight: 620;
      }

      .inactive .initials {
        background: var(--visavis-sunken);
        color: var(--visavis-muted);
      }

      .who {
        display: grid;
        gap: var(--visavis-space-1);
        overflow-wrap: anywhere;
      }

      .who .row {
        gap: var(--visavis-space-1) var(--visavis-space-2);
      }

      .buttons {
        display: flex;
        flex-wrap: wrap;
        justify-content: flex-end;
        gap: var(--visavis-space-1);
      }

      @media (max-width: 52rem) {
        .people li {
          grid-template-columns: auto minmax(0, 1fr);
          padding-inline: var(--visavis-space-4);
        }

        .buttons {
          grid-column: 1 / -1;
          justify-content: flex-start;
        }

        .buttons button {
          padding-inline: 0.625rem;
        }

        .buttons .icon {
          display: none;
        }
      }
    `,
  ];
  static override properties = { me: {}, busy: { state: true } };

  /** The id of whoever is signed in. */
  declare me: string;
  /** The person something is being done to. */
  declare busy: string | undefined;
  #people = new Loaded<Person[]>(this, () => this.client.people());

  override get unsaved(): boolean {
    return this.#dialog?.shown ?? false;
  }

  get #dialog(): PersonDialog | null {
    return this.renderRoot.querySelector<PersonDialog>("visavis-person");
  }

  protected override render(): TemplateResult {
    const texts = this.texts.now;
    return html`<div class="head">
        <div>
          <h1>${texts.people}</h1>
          <p class="muted">${texts.peopleHelp}</p>
        </div>
        <button class="primary" ?disabled=${!this.#people.value} @click=${() => this.#dialog?.show()}>
          ${icon("plus")}${texts.personAdd}
        </button>
      </div>
      ${this.noticeBanner()}
      ${this.loaded(
        this.#people.state,
        () => void this.#people.load(),
        (people) =>
          people.length === 0
            ? html`<p class="empty card">${icon("people")}${texts.peopleEmpty}</p>`
            : html`<ul class="card people">
                ${people.map((person) => this.#person(person))}
              </ul>`,
      )}
      <visavis-person
        .client=${this.client}
        .me=${this.me}
        .known=${new Set(this.#people.value?.map(({ id }) => id))}
        @person-saved=${this.#saved}
      ></visavis-person>
      <visavis-sign-in-link></visavis-sign-in-link>
      <visavis-confirm></visavis-confirm>`;
  }

  #person(person: Person): TemplateResult {
    const texts = this.texts.now;
    const self = person.id === this.me;
    const busy = this.busy === person.id;
    return html`<li class=${person.active ? "" : "inactive"}>
      <span class="initials" aria-hidden="true">${initials(person.name)}</span>
      <div class="who">
        <div class="row">
          <strong>${person.name}</strong>
          ${person.title ? html`<span class="muted">${person.title}</span>` : nothing}
          ${self ? html`<span class="badge">${texts.you}</span>` : nothing}
          ${person.roles.map((role) => html`<span class="badge accent">${texts[role]}</span>`)}
          ${person.active ? nothing : html`<span class="badge">${texts.inactive}</span>`}
        </div>
        <span class="small muted">${person.email}</span>
        <span class="small muted"
          >${person.signed_in_at ? texts.signedInAt(formatTime(person.signed_in_at)) : texts.neverSignedIn}</span
        >
      </div>
      <div class="buttons">
        ${busy ? html`<span class="spinner"></span>` : nothing}
        ${
          person.active
            ? html`<button
              class="quiet"
              aria-label=${texts.linkMake(person.name)}
              ?disabled=${busy}
              @click=${() => void this.#makeLink(person)}
            >
              ${icon("link")}${texts.link}
            </button>`
            : nothing
        }
        <button
          class="quiet"
          aria-label=${texts.personEdit(person.name)}
          ?disabled=${busy}
          @click=${() => this.#dialog?.show(person)}
        >
          ${icon("edit")}${texts.edit}
        </button>
        ${
          person.active
            ? html`<button
              class="quiet"
              aria-label="${texts.deactivate}: ${person.name}"
              ?disabled=${busy || self}
              title=${self ? texts.deactivateSelf : ""}
              @click=${() => void this.#deactivate(person)}
            >
              ${texts.deactivate}
            </button>`
            : html`<button
              class="quiet"
              aria-label="${texts.activate}: ${person.name}"
              ?disabled=${busy}
              @click=${() => void this.#setActive(person, true)}
            >
              ${texts.activate}
            </button>`
        }
      </div>
    </li>`;
  }

  #saved(event: CustomEvent<{ person: Person; added: boolean }>): void {
    const { person, added } = event.detail;
    const texts = this.texts.now;
    this.#put(person);
    this.notice = { name: "success", text: added ? texts.personAdded(person.name) : texts.personSaved(person.name) };
  }

  #put(person: Person): void {
    const people = this.#people.value ?? [];
    const known = people.some((other) => other.id === person.id);
    this.#people.value = known ? people.map((other) => (other.id === person.id ? person : other)) : [...people, person];
  }

  async #deactivate(person: Person): Promise<void> {
    const texts = this.texts.now;
    const confirmed = await this.renderRoot.querySelector<Confirm>("visavis-confirm")?.ask({
      title: texts.deactivateTitle(person.name),
      body: html`<p><strong>${person.name}</strong></p>
        <ul>
          ${texts.deactivateText.map((line) => html`<li>${line}</li>`)}
        </ul>
        <p>${texts.deactivateUndo}</p>`,
      confirm: texts.deactivate,
    });
    if (confirmed) await this.#setActive(person, false);
  }

  async #setActive(person: Person, active: boolean): Promise<void> {
    const texts = this.texts.now;
    await this.#do(person, async () => {
      this.#put(await this.client.changePerson(person.id, { active }));
      this.notice = { name: "success", text: active ? texts.activated(person.name) : texts.deactivated(person.name) };
    });
  }

  async #makeLink(person: Person): Promise<void> {
    await this.#do(person, async () => {
      const link: SignInLink = await this.client.signInLink(person.id);
      await this.renderRoot.querySelector<SignInLinkDialog>("visavis-sign-in-link")?.show(person, link);
    });
  }

  async #do(person: Person, work: () => Promise<void>): Promise<void> {
    this.busy = person.id;
    this.notice = undefined;
    try {
      await work();
    } catch (error) {
      this.notice = { name: "failure", error };
    } finally {
      this.busy = undefined;
    }
  }
}

/** At most two letters that stand for a name. */
function initials(name: string): string {
  const words = name.split(/\s+/u).filter(Boolean);
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined];
  return letters
    .map((word) => (word ? [...word][0] : ""))
    .join("")
    .toUpperCase();
}

customElements.define("visavis-people", PeopleSection);
