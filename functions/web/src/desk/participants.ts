// Who is in the call beside the visitor, and the ways to bring somebody in.

import { css, html, LitElement, nothing, type TemplateResult } from "lit";

import { Problem } from "../call/api.ts";
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

      h2:focus {
        outline: none;
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
  #admitting: CallSession | undefined;
  /** Why somebody could not be let in. */
  #failed: { session: CallSession; error: unknown } | undefined;
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
    // Who was asked has come, or the link was used: one that is not sent yet stays.
    const colleague = typeof joined.at(-1)?.state.peer === "object";
    if (joined.length > this.#joined && !(colleague && this.link)) this.open = false;
    if (knocking.length > this.#knocking) this.dispatchEvent(new Event("knock"));
    this.#joined = joined.length;
    this.#knocking = knocking.length;
  }

  protected override render(): TemplateResult {
    const { knocking, joined } = this.joiners.state;
    const texts = this.#texts.now;
    return html`<div role="alert" class="ways">${knocking.map((session) => this.#knock(session))}</div>
      <section class="card" aria-labelledby="title">
        <h2 id="title" tabindex="-1">${texts.title}</h2>
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
    // Where something is proven, nothing else counts.
    return session.other.name || this.#texts.now.somebody;
  }

  #kind({ state: { peer } }: CallSession): string {
    const { kinds } = this.#texts.now;
    return typeof peer === "object" ? kinds.colleague : peer === "anonymous" ? kinds.guest : kinds.unverified;
  }

  #knock(session: CallSession): TemplateResult {
    const texts = this.#texts.now;
    const { failure, peer } = session.state;
    // Until it is known who knocks nobody can be let in.
    const waits = peer === undefined || this.#admitting === session;
    const problem = this.#failed?.session === session ? this.#failed.error : undefined;
    return html`<section class="card knock">
      <div>
        <h2><bdi>${texts.knocks(this.#name(session))}</bdi></h2>
        <p class="small muted">${failure ? texts.checkFailed(this.#name(session)) : this.#kind(session)}</p>
        ${problem ? html`<p class="error">${texts.failed} ${problemText(this.#staff.now, problem)}</p>` : nothing}
      </div>
      <div class="row">
        <button class="refuse" @click=${() => this.#act(this.joiners.refuse(session))}>${texts.refuse}</button>
        ${
          failure
            ? nothing
            : html`<button
              class="primary admit"
              aria-disabled=${waits ? "true" : nothing}
              @click=${() => waits || this.#act(this.#admit(session))}
            >
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
          <strong><bdi>${name}</bdi></strong>
          <span class="small muted">${session.state.phase === "connected" ? this.#kind(session) : texts.joining}</span>
        </div>
        <button class="quiet icon-only" aria-label=${label} title=${label} @click=${() => this.#act(this.joiners.remove(session))}>
          ${icon("close")}
        </button>
      </div>
    </li>`;
  }

  #gone(): unknown {
    const { gone } = this.joiners.state;
    if (!gone || gone.outcome === "declined") return nothing;
    const texts = this.#texts.now;
    const name = gone.name || texts.somebody;
    const { close } = this.#staff.now;
    return html`<p class="row small">
      <span class="who">${gone.outcome === "check-failed" ? texts.disconnected(name) : texts.left(name)}</span>
      <button
        class="quiet icon-only"
        aria-label=${close}
        title=${close}
        @click=${() => {
          this.joiners.dismissGone();
          this.#act(undefined);
        }}
      >
        ${icon("close")}
      </button>
    </p>`;
  }

  /** The button that was pressed may be gone: the focus goes where the others are. */
  #act(done: Promise<void> | undefined): void {
    void Promise.resolve(done)
      .then(() => this.updateComplete)
      .then(() => {
        if (this.renderRoot.querySelector(":focus") === null)
          this.renderRoot.querySelector<HTMLElement>("#title")?.focus({ preventScroll: true });
      });
  }

  async #admit(session: CallSession): Promise<void> {
    if (this.#admitting === session) return;
    this.#admitting = session;
    this.#failed = undefined;
    this.requestUpdate();
    try {
      await this.joiners.admit(session);
    } catch (error) {
      this.#failed = { session, error };
    } finally {
      this.#admitting = undefined;
      this.requestUpdate();
    }
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
    const device = this.joiners.sealed ? await this.device() : undefined;
    if (this.joiners.sealed && !device) throw new Problem("unexpected", "this browser's keys are not there");
    const { secret } = await this.api.invite(this.call);
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
