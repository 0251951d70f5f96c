// Who is in the call beside the visitor, and the ways to bring somebody in.

import { css, html, LitElement, nothing, type TemplateResult } from "lit";

import type { CallSession } from "../call/session.ts";
import type { Availability, Id, StaffAccess } from "../call/types.ts";
import { Watching } from "../call/view/watching.ts";
import { writeLink } from "../join/link.ts";
import "../staff/copy.ts";
import { TextsController } from "../staff/language.ts";
import { problemText } from "../staff/problem.ts";
import { staffTexts } from "../staff/texts/index.ts";
import { base, buttons, fields } from "../theme/controls.ts";
import { icon } from "../theme/icons.ts";
import { surfaces } from "../theme/surfaces.ts";
import { type Device, siteKeyOf } from "../trust/handshake.ts";
import type { ClockedApi } from "./clock.ts";
import type { Joiners } from "./joiners.ts";
import { participantTexts } from "./texts/participants.ts";

/** Beside the two ends. */
const MOST = 2;

/**
 * `<visavis-participants .joiners=${…} call=${…} .api=${…} .access=${…} .device=${…}>`; fires `knock` when somebody would
 * like to join.
 */
export class Participants extends LitElement {
  static override styles = [
    base,
    buttons,
    fields,
    surfaces,
    css`
      :host,
      section,
      ul,
      li,
      .ways {
        display: grid;
        gap: var(--visavis-space-3);
      }

      h2 {
        font-size: var(--visavis-size-m);
      }

      h3 {
        font-size: var(--visavis-size-s);
      }

      li > .row,
      .knock .row {
        justify-content: space-between;
        gap: var(--visavis-space-2);
      }

      .who {
        flex: 1 1 8rem;
        min-width: 0;
        display: grid;
        overflow-wrap: anywhere;
      }

      .knock {
        border-color: var(--visavis-accent-text);
        box-shadow: 0 0 0 1px var(--visavis-accent-text);
        gap: var(--visavis-space-3);
      }

      .knock button {
        flex: 1;
      }

      .add {
        justify-self: start;
      }

      input {
        font-size: var(--visavis-size-s);
      }
    `,
  ];
  static override properties = {
    joiners: { attribute: false },
    call: {},
    access: { attribute: false },
    open: { state: true },
    seen: { state: true },
    asked: { state: true },
    link: { state: true },
    error: { state: true },
    busy: { state: true },
  };

  declare joiners: Joiners;
  /** The call that goes on. */
  declare call: Id;
  declare api: ClockedApi;
  declare access: StaffAccess;
  /** The keys of this desk, once they are certified. */
  declare device: () => Promise<Device | undefined>;
  declare open: boolean;
  declare seen: Availability | undefined;
  /** Colleagues who were asked. */
  declare asked: readonly Id[];
  declare link: string;
  declare error: unknown;
  declare busy: boolean;
  #joined = 0;
  #knocking = 0;
  readonly #texts = new TextsController(this, participantTexts);
  readonly #staff = new TextsController(this, staffTexts);

  constructor() {
    super();
    this.asked = [];
    this.open = this.busy = false;
    this.link = "";
    this.error = undefined;
    new Watching(this, () => this.joiners);
  }

  protected override willUpdate(): void {
    const { joined, knocking } = this.joiners.state;
    // The link was used, or who was asked has come.
    if (joined.length > this.#joined) this.open = false;
    if (knocking.length > this.#knocking) this.dispatchEvent(new Event("knock"));
    this.#joined = joined.length;
    this.#knocking = knocking.length;
  }

  protected override render(): TemplateResult {
    const { knocking, joined } = this.joiners.state;
    const texts = this.#texts.now;
    return html`<div role="alert" class="ways">${knocking.map((session) => this.#knock(session))}</div>
      <section class="card" aria-labelledby="title">
        <h2 id="title">${texts.title}</h2>
        <div role="status">${this.#gone()}</div>
        ${joined.length > 0 ? html`<ul>${joined.map((session) => this.#member(session))}</ul>` : nothing}
        ${
          joined.length >= MOST
            ? html`<p class="small muted">${texts.full}</p>`
            : html`<button class="add" aria-expanded=${this.open} @click=${this.#toggle}>
                ${icon("plus")}${texts.add}
              </button>
              ${this.open ? this.#ways() : nothing}`
        }
      </section>`;
  }

  #name(session: CallSession): string {
    return session.state.call?.visitor?.name || this.#texts.now.somebody;
  }

  #kind({ state: { peer } }: CallSession): string {
    const { kinds } = this.#texts.now;
    return typeof peer === "object" ? kinds.colleague : peer === "anonymous" ? kinds.guest : kinds.unverified;
  }

  #knock(session: CallSession): TemplateResult {
    const texts = this.#texts.now;
    const { failure } = session.state;
    return html`<section class="card knock">
      <div>
        <h2>${texts.knocks(this.#name(session))}</h2>
        <p class="small muted">${failure ? texts.checkFailed(this.#name(session)) : this.#kind(session)}</p>
      </div>
      <div class="row">
        <button class="refuse" @click=${() => void this.joiners.refuse(session)}>${texts.refuse}</button>
        ${
          failure
            ? nothing
            : html`<button class="primary admit" @click=${() => void this.#try(() => this.joiners.admit(session))}>
              ${icon("check")}${texts.letIn}
            </button>`
        }
      </div>
    </section>`;
  }

  #member(session: CallSession): TemplateResult {
    const texts = this.#texts.now;
    const name = this.#name(session);
    const label = texts.remove(name);
    return html`<li>
      <div class="row">
        <div class="who">
          <strong>${name}</strong>
          <span class="small muted">${session.state.phase === "connected" ? this.#kind(session) : texts.joining}</span>
        </div>
        <button class="quiet icon-only" aria-label=${label} title=${label} @click=${() => void this.joiners.remove(session)}>
          ${icon("close")}
        </button>
      </div>
    </li>`;
  }

  #gone(): unknown {
    const { gone } = this.joiners.state;
    if (!gone || gone.outcome === "declined") return nothing;
    const texts = this.#texts.now;
    const name = gone.call?.visitor?.name || texts.somebody;
    const { close } = this.#staff.now;
    return html`<p class="row small">
      <span class="who">${gone.outcome === "check-failed" ? texts.checkFailed(name) : texts.left(name)}</span>
      <button class="quiet icon-only" aria-label=${close} title=${close} @click=${() => this.joiners.dismissGone()}>
        ${icon("close")}
      </button>
    </p>`;
  }

  #ways(): TemplateResult {
    const texts = this.#texts.now;
    const colleagues = this.seen?.experts.filter(({ id }) => id !== this.access.person.id);
    return html`<div class="ways">
      <h3>${texts.colleagues}</h3>
      ${
        colleagues === undefined
          ? html`<p role="status">${this.error ? nothing : html`<span class="spinner"></span>`}</p>`
          : colleagues.length === 0
            ? html`<p class="small muted">${texts.nobody}</p>`
            : html`<ul>
              ${colleagues.map(
                ({ id, name, title, state }) => html`<li>
                  <div class="row">
                    <div class="who">
                      <strong>${name}</strong>
                      <span class="small muted">${state === "busy" ? texts.busy : (title ?? "")}</span>
                    </div>
                    <button
                      class="ask"
                      ?disabled=${this.busy || state === "busy"}
                      @click=${() => void this.#try(() => this.#ask(id))}
                    >
                      ${icon(this.asked.includes(id) ? "check" : "bell")}${texts.ask}
                    </button>
                  </div>
                  ${this.asked.includes(id) ? html`<p class="small muted" role="status">${texts.asked}</p>` : nothing}
                </li>`,
              )}
            </ul>`
      }
      <h3>${texts.guest}</h3>
      <p class="small muted">${texts.guestText}</p>
      ${
        this.link
          ? html`<div class="field">
              <label for="link">${texts.made}</label>
              <input id="link" readonly .value=${this.link} @focus=${(event: Event) => (event.target as HTMLInputElement).select()} />
            </div>
            <div class="row">
              <visavis-copy .text=${this.link} label=${texts.made}></visavis-copy>
              <button class="quiet" @click=${() => void this.#try(() => this.#makeLink())}>${texts.another}</button>
            </div>`
          : html`<button class="add make" ?disabled=${this.busy} @click=${() => void this.#try(() => this.#makeLink())}>
            ${icon("link")}${texts.make}
          </button>`
      }
      ${
        this.error
          ? html`<p class="error" role="alert">${texts.failed} ${problemText(this.#staff.now, this.error)}</p>`
          : nothing
      }
    </div>`;
  }

  #toggle = (): void => {
    this.open = !this.open;
    this.asked = [];
    this.link = "";
    this.seen = undefined;
    if (this.open) void this.#try(() => this.#look());
  };

  async #look(): Promise<void> {
    this.seen = await this.api.availability(this.access.organisation.id);
  }

  async #ask(expert: Id): Promise<void> {
    await this.api.invite(this.call, expert);
    this.asked = [...this.asked, expert];
  }

  async #makeLink(): Promise<void> {
    const { secret } = await this.api.invite(this.call);
    const device = await this.device().catch(() => undefined);
    const { id: organisation } = this.access.organisation;
    // With the keys the guest's browser verifies who lets them in, and this one that they have the link.
    const keys = device ? { linkKey: this.joiners.newLinkKey(), siteKeys: [siteKeyOf(device)] } : { siteKeys: [] };
    // Behind the number sign: no server is told.
    this.link = `${location.origin}/join#${writeLink({ organisation, secret, ...keys })}`;
  }

  async #try(act: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.error = undefined;
    try {
      await act();
    } catch (error) {
      this.error = error;
    } finally {
      this.busy = false;
    }
  }
}

customElements.define("visavis-participants", Participants);
