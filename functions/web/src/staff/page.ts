// The frame of the desk and of the console: signing in, the header, the states before anyone is signed in.

import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";

import type { StaffAccess, StaffRole } from "../call/types.ts";
import { applyAccent } from "../theme/accent.ts";
import { type Icon, icon, mark } from "../theme/icons.ts";
import { controls } from "../theme/staff-controls.ts";
import { tokens } from "../theme/tokens.ts";
import "../theme/staff-icons.ts";
import "./confirm.ts";
import type { StaffApi } from "./api.ts";
import type { Confirm } from "./confirm.ts";
import { chooseLanguage, type Language, language, languages, TextsController } from "./language.ts";
import { type SignedOut, StaffSession, secretOf } from "./session.ts";
import { staffTexts } from "./texts/index.ts";

const signedOutIcons: Record<SignedOut, Icon> = {
  "no-session": "person",
  link: "link",
  ended: "sign-out",
  left: "check",
  role: "shield",
};

const frame = css`
  :host {
    display: flex;
    flex-direction: column;
    min-height: 100dvh;
    background: var(--visavis-canvas);
  }

  header {
    display: flex;
    align-items: center;
    flex-wrap: wrap;
    gap: var(--visavis-space-2) var(--visavis-space-3);
    padding: var(--visavis-space-3) clamp(var(--visavis-space-4), 3vw, var(--visavis-space-6));
    border-block-end: 1px solid var(--visavis-line);
    background: var(--visavis-surface);
  }

  header .brand {
    display: grid;
    line-height: 1.25;
    margin-inline-end: auto;
    min-width: 0;
  }

  header .brand strong {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    font-weight: 620;
  }

  .language {
    position: relative;
    display: flex;
    align-items: center;
  }

  .language .icon {
    position: absolute;
    inset-inline-start: 0.7rem;
    color: var(--visavis-muted);
    pointer-events: none;
  }

  .language select {
    width: auto;
    padding-inline-start: 2.4rem;
    border-color: transparent;
    background: transparent;
    cursor: pointer;
  }

  .language option {
    background: var(--visavis-surface);
    color: var(--visavis-text);
  }

  main {
    flex: 1;
    display: grid;
    min-width: 0;
  }

  .alone {
    place-self: center;
    display: grid;
    justify-items: center;
    gap: var(--visavis-space-4);
    max-width: 30rem;
    padding: var(--visavis-space-6) var(--visavis-space-5);
    text-align: center;
  }

  .medallion {
    display: grid;
    place-items: center;
    width: 4rem;
    height: 4rem;
    border-radius: 50%;
    background: var(--visavis-accent-soft);
    color: var(--visavis-accent-text);
    font-size: 1.4rem;
  }

  @media (max-width: 40rem) {
    .person,
    .wide {
      display: none;
    }

    header .button,
    header button,
    .language select {
      padding-inline-end: 0.6rem;
    }

    .language select {
      width: 2.75rem;
      padding-inline: 2.75rem 0;
    }
  }
`;

/** The base of both pages. */
export abstract class StaffPage extends LitElement {
  static override styles = [tokens, ...controls, frame];

  readonly session: StaffSession;
  protected readonly staff = new TextsController(this, staffTexts);

  constructor(role: StaffRole, api: StaffApi) {
    super();
    this.session = new StaffSession(role, api);
    this.session.addEventListener("change", () => this.requestUpdate());
  }

  /** What is shown to whoever is signed in. */
  protected abstract content(access: StaffAccess): unknown;

  /** What else belongs into the header. */
  protected actions(_access: StaffAccess): unknown {
    return nothing;
  }

  protected organisationName(access: StaffAccess): string {
    return access.organisation.name;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener("hashchange", this.#followLink);
    if (!this.#followLink() && this.session.state.name === "starting") void this.session.start();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener("hashchange", this.#followLink);
  }

  /** Takes a link's secret out of the address bar at once, and signs in with it, also where the page is open already. */
  #followLink = (): boolean => {
    const secret = secretOf(location.hash);
    if (secret === undefined) return false;
    history.replaceState(history.state, "", location.pathname + location.search);
    void this.session.follow(secret, this.#mayReplace, () => this.signOut());
    return true;
  };

  #mayReplace = async (access: StaffAccess | undefined): Promise<boolean> => {
    await this.updateComplete;
    const { title, text, confirm } = this.staff.now.replace;
    const dialog = this.renderRoot.querySelector<Confirm>("#replace");
    return (await dialog?.ask({ title, body: text(access?.person.name), confirm })) ?? false;
  };

  protected override willUpdate(_changed: PropertyValues): void {
    const { state } = this.session;
    document.title = this.documentTitle();
    if (state.name === "signed-in") applyAccent(this, state.access.organisation.accent);
  }

  protected documentTitle(): string {
    const { state } = this.session;
    const page = this.session.role === "expert" ? this.staff.now.desk : this.staff.now.console;
    return state.name === "signed-in" ? `${page} · ${this.organisationName(state.access)}` : `${page} · Visavis`;
  }

  protected override render(): TemplateResult {
    return html`${this.#header()}<main>${this.#main()}</main>
      <visavis-confirm id="replace"></visavis-confirm>`;
  }

  #main(): unknown {
    const { state } = this.session;
    const texts = this.staff.now;
    switch (state.name) {
      case "starting":
        return html`<p class="alone muted" role="status"><span class="spinner"></span>${texts.starting}</p>`;
      case "unreachable":
        return html`<section class="alone" role="status">
          <span class="medallion">${icon("alert")}</span>
          <h1>${texts.unreachable.title}</h1>
          <p class="muted">${texts.unreachable.text}</p>
          <p class="muted small">${state.detail}</p>
          <span class="spinner muted"></span>
        </section>`;
      case "signed-out": {
        const { title, text } = texts.signedOut[state.because];
        const other = this.session.role === "expert" ? "/console" : "/desk";
        return html`<section class="alone">
          <span class="medallion">${icon(signedOutIcons[state.because])}</span>
          <h1>${title}</h1>
          <p class="muted">${text}</p>
          ${
            state.because === "role"
              ? html`<a class="button" href=${other}>${texts.otherPage[this.session.role]}</a>`
              : nothing
          }
        </section>`;
      }
      case "signed-in":
        return this.content(state.access);
    }
  }

  #header(): TemplateResult {
    const { state } = this.session;
    const texts = this.staff.now;
    const page = this.session.role === "expert" ? texts.desk : texts.console;
    const access = state.name === "signed-in" ? state.access : undefined;
    return html`<header>
      ${mark()}
      <div class="brand">
        <strong>${access ? this.organisationName(access) : "Visavis"}</strong>
        <span class="small muted">${page}</span>
      </div>
      ${access ? this.actions(access) : nothing} ${access ? this.#otherPage(access) : nothing}
      <label class="language">
        ${icon("globe")}<span class="visually-hidden">${texts.language}</span>
        <select @change=${this.#chooseLanguage}>
          ${Object.entries(languages).map(
            ([tag, name]) => html`<option value=${tag} lang=${tag} ?selected=${tag === language()}>${name}</option>`,
          )}
        </select>
      </label>
      ${
        access
          ? html`<span class="person small muted">${access.person.name}</span>
            <button class="quiet icon-only" title=${texts.signOut} aria-label=${texts.signOut} @click=${this.signOut}>
              ${icon("sign-out")}
            </button>`
          : nothing
      }
    </header>`;
  }

  #otherPage({ person }: StaffAccess): unknown {
    const { role } = this.session;
    const [other, href, symbol]: [StaffRole, string, Icon] =
      role === "expert" ? ["administrator", "/console", "settings"] : ["expert", "/desk", "bell"];
    if (!person.roles.includes(other)) return nothing;
    const label = role === "expert" ? this.staff.now.console : this.staff.now.desk;
    return html`<a class="button quiet" href=${href} aria-label=${label} title=${label}
      >${icon(symbol)}<span class="wide">${label}</span></a
    >`;
  }

  #chooseLanguage(event: Event): void {
    chooseLanguage((event.target as HTMLSelectElement).value as Language);
  }

  /** Signs out; the desk ends what goes on before. */
  protected signOut = async (): Promise<void> => {
    await this.session.signOut().catch(() => {});
  };
}
