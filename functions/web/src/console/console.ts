// The console, `/console`: the sections an administrator sees, each loaded when it is first opened and kept after.

import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";

import type { StaffAccess } from "../call/types.ts";
import { TextsController } from "../staff/language.ts";
import { StaffPage } from "../staff/page.ts";
import { applyAccent } from "../theme/accent.ts";
import { type Icon, icon } from "../theme/icons.ts";
import { daysLeft } from "../trust/approver.ts";
import { ConsoleClient, type Organisation } from "./client.ts";
import "./organisation.ts";
import "./people.ts";
import "./reports.ts";
import { ConsoleSection } from "./section.ts";
import "./snippet.ts";
import { consoleTexts } from "./texts/index.ts";
import { trustTexts } from "./texts/trust/index.ts";
import "./trust/section.ts";
import { StaffApi } from "../staff/api.ts";
import type { Known } from "./trust/snippet-check.ts";
import { Upkeep } from "./trust/upkeep.ts";

const SECTIONS = ["organisation", "people", "trust", "snippet", "reports"] as const;
type Section = (typeof SECTIONS)[number];
const icons: Record<Section, Icon> = {
  organisation: "settings",
  people: "people",
  trust: "shield",
  snippet: "code",
  reports: "alert",
};

function sectionOf(fragment: string): Section {
  return SECTIONS.find((section) => `#${section}` === fragment) ?? "organisation";
}

export class ConsolePage extends StaffPage {
  static override styles = [
    ...StaffPage.styles,
    css`
      .console {
        display: grid;
        grid-template-columns: 14rem minmax(0, 1fr);
        align-content: start;
        gap: var(--visavis-space-6);
        width: min(76rem, 100%);
        margin-inline: auto;
        padding: var(--visavis-space-6) clamp(var(--visavis-space-4), 3vw, var(--visavis-space-6)) var(--visavis-space-8);
      }

      nav ul {
        display: grid;
        gap: var(--visavis-space-1);
        position: sticky;
        inset-block-start: var(--visavis-space-5);
      }

      nav a {
        display: flex;
        align-items: center;
        gap: var(--visavis-space-3);
        min-height: 2.75rem;
        padding: 0.5rem 0.875rem;
        border-radius: var(--visavis-radius-s);
        color: var(--visavis-muted);
        font-weight: 560;
        text-decoration: none;
      }

      nav a:hover {
        background: color-mix(in srgb, var(--visavis-text) 6%, transparent);
      }

      nav a[aria-current] {
        background: var(--visavis-accent-soft);
        color: var(--visavis-accent-text);
      }

      @media (forced-colors: active) {
        nav a[aria-current] {
          text-decoration: underline;
        }
      }

      @media (max-width: 52rem) {
        .console {
          grid-template-columns: minmax(0, 1fr);
          gap: var(--visavis-space-4);
          padding-block-start: var(--visavis-space-3);
        }

        nav {
          overflow-x: auto;
          margin-inline: calc(-1 * var(--visavis-space-4));
          padding: var(--visavis-space-1) var(--visavis-space-4);
          scrollbar-width: none;
        }

        nav ul {
          display: flex;
        }

        nav a {
          white-space: nowrap;
        }

        nav .icon {
          display: none;
        }
      }
    `,
  ];
  static override properties = { section: { state: true }, organisation: { state: true } };

  declare section: Section;
  declare organisation: Organisation | undefined;
  readonly #client: ConsoleClient;
  readonly #texts = new TextsController(this, consoleTexts);
  readonly #trustTexts = new TextsController(this, trustTexts);
  readonly #opened = new Set<Section>();
  /** Renews what is due as long as the console is open, in whatever section. */
  #upkeep: Upkeep | undefined;
  /** Whose console is open. */
  #owner = "";

  constructor() {
    const api = new StaffApi({ base: "" });
    super("administrator", api);
    this.#client = new ConsoleClient(api, this.session);
    this.section = "organisation";
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#navigate();
    window.addEventListener("hashchange", this.#navigate);
    window.addEventListener("beforeunload", this.#keep);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener("hashchange", this.#navigate);
    window.removeEventListener("beforeunload", this.#keep);
    this.#upkeep?.close();
    this.#upkeep = undefined;
  }

  #navigate = (): void => {
    this.section = sectionOf(location.hash);
    void this.updateComplete.then(() =>
      this.renderRoot.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" }),
    );
  };

  /** Asks before what was typed and not saved is lost. */
  #keep = (event: Event): void => {
    const sections = [...this.renderRoot.querySelectorAll("*")].filter((element) => element instanceof ConsoleSection);
    if (sections.some((section) => section.unsaved)) event.preventDefault();
  };

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    if (this.organisation) applyAccent(this, this.organisation.accent);
    const { state } = this.session;
    if (state.name === "signed-in") this.#keepUp(state.access);
    else if (state.name === "signed-out") this.#signedOut();
  }

  #keepUp({ organisation, person }: StaffAccess): void {
    const owner = `${organisation.id}/${person.id}`;
    if (this.#upkeep && this.#owner === owner) return;
    this.#upkeep?.close();
    this.#owner = owner;
    this.#upkeep = new Upkeep({ client: this.#client, organisation: organisation.id, person: person.id });
    this.#upkeep.subscribe(() => this.requestUpdate());
  }

  #signedOut(): void {
    this.#opened.clear();
    this.#upkeep?.close();
    this.#upkeep = undefined;
  }

  protected override content(access: StaffAccess): TemplateResult {
    const texts = this.#texts.now;
    this.#opened.add(this.section);
    return html`<div class="console">
      <nav aria-label=${texts.sections}>
        <ul>
          ${SECTIONS.map(
            (section) => html`<li>
              <a href="#${section}" aria-current=${section === this.section ? "page" : nothing}
                >${icon(icons[section])}${section === "trust" ? this.#trustTexts.now.title : texts[section]}${this.#mark(section)}</a
              >
            </li>`,
          )}
        </ul>
      </nav>
      <div @organisation-read=${this.#read}>
        ${SECTIONS.map((section) => (this.#opened.has(section) ? this.#section(section, access) : nothing))}
      </div>
    </div>`;
  }

  /** The site keys that the service tells of. */
  get #siteKeys(): string {
    const ledger = this.#upkeep?.state.ledger;
    return ledger?.name === "ready" ? ledger.value.siteKeys.map(({ key }) => key).join(" ") : "";
  }

  #known({ organisation }: StaffAccess): Known | undefined {
    if (!this.#upkeep) return undefined;
    const { known, elsewhere, approver, ledger } = this.#upkeep.state;
    if (!known) return undefined;
    // Without an approver of one's own the ledger trusts whatever it is told.
    const trusted = ledger.name === "ready" && approver ? ledger.value.trusted : known;
    return { organisation: organisation.id, origin: location.origin, own: known, trusted, elsewhere };
  }

  /** How many things wait for the administrator in a section, beside its name. */
  #mark(section: Section): unknown {
    const { ledger, approver } = this.#upkeep?.state ?? {};
    if (section !== "trust" || ledger?.name !== "ready") return nothing;
    const ends = ledger.value.foreign ? 1 : approver && daysLeft(Date.now() / 1000, approver) !== undefined ? 1 : 0;
    const count = ends + ledger.value.devices.filter(({ standing }) => standing === "pending").length;
    return count === 0
      ? nothing
      : html`<span class="badge accent spread"
          >${count}<span class="visually-hidden">${this.#trustTexts.now.waiting}</span></span
        >`;
  }

  #section(section: Section, access: StaffAccess): TemplateResult {
    const hidden = section !== this.section;
    switch (section) {
      case "organisation":
        return html`<visavis-organisation ?hidden=${hidden} .client=${this.#client}></visavis-organisation>`;
      case "people":
        return html`<visavis-people ?hidden=${hidden} .client=${this.#client} .me=${access.person.id}></visavis-people>`;
      case "trust":
        return html`<visavis-trust
          ?hidden=${hidden}
          .client=${this.#client}
          .upkeep=${this.#upkeep}
          organisation=${this.organisationName(access)}
        ></visavis-trust>`;
      case "snippet":
        return html`<visavis-snippet
          ?hidden=${hidden}
          .client=${this.#client}
          .origins=${this.organisation?.origins.length}
          .siteKeys=${this.#siteKeys}
          .known=${this.#known(access)}
        ></visavis-snippet>`;
      case "reports":
        return html`<visavis-reports ?hidden=${hidden} .client=${this.#client}></visavis-reports>`;
    }
  }

  #read(event: CustomEvent<Organisation>): void {
    this.organisation = event.detail;
  }

  protected override organisationName(access: StaffAccess): string {
    return this.organisation?.name ?? access.organisation.name;
  }
}

customElements.define("visavis-console", ConsolePage);
