// The desk, `/desk`: where experts see who waits, answer, talk, and are ready for the next.

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";

import type { CallSession } from "../call/session.ts";
import type { Call, StaffAccess } from "../call/types.ts";
import { defineCallView } from "../call/view/call-view.ts";
import { defineMore } from "../call/view/more.ts";
import "../staff/confirm.ts";
import type { Confirm } from "../staff/confirm.ts";
import { language, TextsController } from "../staff/language.ts";
import { StaffPage } from "../staff/page.ts";
import { problemText } from "../staff/problem.ts";
import { icon } from "../theme/icons.ts";
import { Enrolment } from "../trust/enrolment.ts";
import type { Device } from "../trust/handshake.ts";
import { loadDevice } from "../trust/key-store.ts";
import { Alerts, type AlertTexts } from "./alerts.ts";
import { callDetails } from "./call-details.ts";
import { ClockedApi } from "./clock.ts";
import "./desk-settings.ts";
import "./device-check.ts";
import type { DeviceCheck } from "./device-check.ts";
import "./enrolment.ts";
import { Inbox } from "./inbox.ts";
import "./inbox-face.ts";
import { quietDesk } from "./illustration.ts";
import "./invitations.ts";
import { newsText } from "./news.ts";
import "./participants.ts";
import { Reception } from "./reception.ts";
import { type DeskSettings, loadSettings, saveSettings } from "./settings.ts";
import { deskTexts, viewTexts } from "./texts/index.ts";
import { Visits } from "./visit.ts";
import "./visit-face.ts";
import "./visitor-card.ts";
import { deskStyles } from "./desk.styles.ts";

defineCallView();
defineMore();

export class DeskPage extends StaffPage {
  static override styles = [...StaffPage.styles, deskStyles];
  static override properties = { settings: { state: true } };

  declare settings: DeskSettings;
  readonly #api: ClockedApi;
  readonly #texts = new TextsController(this, deskTexts);
  readonly #alerts = new Alerts(
    () => {
      document.title = this.documentTitle();
    },
    () => this.requestUpdate(),
  );
  #reception: Reception | undefined;
  #enrolment: Enrolment | undefined;
  #inbox: Inbox | undefined;
  #visits: Visits | undefined;
  /** Whose desk is open. */
  #owner = "";
  #device: () => Promise<Device | undefined> = async () => undefined;
  #ticker: ReturnType<typeof setInterval> | undefined;
  #leaving = new AbortController();

  constructor() {
    const api = new ClockedApi({ base: "" });
    super("expert", api);
    this.#api = api;
    this.settings = loadSettings();
    this.session.addEventListener("change", () => this.#signedInOrOut());
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#leaving = new AbortController();
    const { signal } = this.#leaving;
    document.addEventListener("keydown", this.#key, { signal });
    this.#alerts.listen(signal);
    this.#ticker = setInterval(() => {
      if (this.#reception?.state.current) this.requestUpdate();
    }, 1_000);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#leaving.abort();
    clearInterval(this.#ticker);
    this.#alerts.stop();
  }

  #signedInOrOut(): void {
    const { state } = this.session;
    if (state.name === "signed-in") this.#open(state.access);
    else if (state.name === "signed-out") this.#shut();
  }

  #open(access: StaffAccess): void {
    const owner = `${access.mailbox.name} ${access.mailbox.key}`;
    if (this.#reception && this.#owner === owner) return;
    this.#shut();
    this.#owner = owner;
    const device = () => loadDevice(access.organisation.id, access.person.id);
    this.#device = device;
    const reception: Reception = new Reception({
      api: this.#api,
      access,
      available: this.settings.available,
      prepare: () => this.settings.prepare,
      devices: () => this.settings,
      device,
      onInvited: (envelope) => {
        if (this.#visits?.hear(envelope) && !reception.occupied) this.#alerts.ring.once();
      },
      onRefused: () => void this.session.renew(),
    });
    this.#reception = reception;
    reception.subscribe(() => this.#changed());
    this.#enrolment = new Enrolment({
      api: this.#api,
      organisation: access.organisation.id,
      expert: access.person.id,
    });
    this.#enrolment.subscribe(() => this.requestUpdate());
    this.#visits = new Visits({
      access,
      device,
      media: () => reception.newMedia(),
      now: () => this.#api.clock.now(),
      free: () => !reception.occupied,
      onVisit: (visiting) => void reception.setVisiting(visiting),
    });
    this.#visits.subscribe(() => this.requestUpdate());
    // Without a site key nobody can leave one.
    if (access.organisation.site_key) {
      this.#inbox = new Inbox({ api: this.#api, organisation: access.organisation.id, device });
    }
    void this.#alerts.unlock();
  }

  #shut(): void {
    void this.#reception?.close();
    this.#reception = undefined;
    this.#enrolment?.close();
    this.#enrolment = undefined;
    this.#inbox?.close();
    this.#inbox = undefined;
    this.#visits?.close();
    this.#visits = undefined;
    this.#alerts.stop();
  }

  get #access(): StaffAccess | undefined {
    const { state } = this.session;
    return state.name === "signed-in" ? state.access : undefined;
  }

  #changed(): void {
    this.#alert();
    // A call that went well is as good as a check.
    const phase = this.#reception?.state.current?.state.phase;
    if (phase === "connected" && !this.settings.checked) this.#change({ checked: true });
    this.requestUpdate();
  }

  #alert(): void {
    const reception = this.#reception;
    const first = reception?.occupied ? undefined : reception?.state.waiting[0];
    this.#alerts.update(first, this.settings, first && this.#alertTexts(first));
  }

  #alertTexts(session: CallSession): AlertTexts {
    const texts = this.#texts.now;
    const { call } = session.state;
    const name = this.#name(call);
    const page = call?.visitor?.page.title;
    return {
      title: texts.titleCalling(name),
      heading: texts.calling(name),
      body: page ? `${texts[call.media]} · ${page}` : texts[call?.media ?? "video"],
    };
  }

  #name(call: Call | undefined): string {
    return call?.visitor?.name ?? this.#texts.now.visitor;
  }

  #key = (event: KeyboardEvent): void => {
    const first = this.#reception?.state.waiting[0];
    if (!this.settings.shortcuts || !first || this.#reception?.occupied || event.repeat || event.defaultPrevented)
      return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event
      .composedPath()
      .some(
        (target) =>
          target instanceof HTMLElement &&
          target.matches("input:not([type=checkbox], [type=range]), textarea, select, dialog"),
      );
    if (typing) return;
    const key = event.key.toLowerCase();
    if (key !== "a" && key !== "d") return;
    event.preventDefault();
    if (key === "a") void this.#reception?.answer(first);
    else void this.#reception?.decline(first);
  };

  #change(change: Partial<DeskSettings>): void {
    this.settings = { ...this.settings, ...change };
    saveSettings(this.settings);
    this.#alert();
  }

  protected override signOut = async (): Promise<void> => {
    if (this.#reception?.state.current || this.#visits?.state.visit) {
      const texts = this.#texts.now;
      const confirmed = await this.renderRoot.querySelector<Confirm>("visavis-confirm")?.ask({
        title: texts.signOutInCall,
        body: texts.signOutInCallText,
        confirm: texts.signOutConfirm,
      });
      if (!confirmed) return;
    }
    // Before the token is gone: the call is hung up and the lease given back.
    const reception = this.#reception;
    this.#reception = undefined;
    this.#alerts.stop();
    this.#visits?.close();
    await reception?.close();
    await this.session.signOut().catch(() => {});
  };

  protected override documentTitle(): string {
    return this.#alerts.title ?? super.documentTitle();
  }

  // ---- Faces

  protected override actions(): unknown {
    const { available, current } = this.#reception?.state ?? {};
    if (available === undefined) return nothing;
    const texts = this.#texts.now;
    return html`${current || this.#visits?.state.visit ? html`<span class="badge accent wide">${icon("phone")}${texts.inCall}</span>` : nothing}
      <button
        class="switch"
        role="switch"
        aria-checked=${available}
        aria-label=${texts.availability}
        title=${texts.availability}
        @click=${() => this.#setAvailable(!available)}
      >
        <span aria-hidden="true">${available ? texts.available : texts.away}</span>
      </button>`;
  }

  #setAvailable(available: boolean): void {
    this.#change({ available });
    void this.#reception?.setAvailable(available);
  }

  protected override content(): unknown {
    const reception = this.#reception;
    if (!reception) return nothing;
    return html`${this.#face(reception)}
      <visavis-device-check @checked=${this.#checked}></visavis-device-check>
      <visavis-confirm></visavis-confirm>`;
  }

  #face(reception: Reception): TemplateResult {
    const { current, resuming } = reception.state;
    if (current) return this.#inCall(reception, current);
    if (this.#visits?.state.visit) return this.#visit(reception);
    if (!resuming) return this.#atRest(reception);
    return html`<p class="alone muted" role="status"><span class="spinner"></span>${this.#texts.now.answering}</p>`;
  }

  #connecting(): TemplateResult {
    return html`<p class="empty" role="status"><span class="spinner"></span>${this.#texts.now.connecting}</p>`;
  }

  #atRest(reception: Reception): TemplateResult {
    const { waiting } = reception.state;
    const texts = this.#texts.now;
    const first = waiting[0];
    return html`<div class="desk">
      <div class="line" tabindex="-1">
        ${this.#banners(reception)}
        ${
          this.#visits
            ? html`<visavis-invitations
              .visits=${this.#visits}
              @dismissed=${() => this.renderRoot.querySelector<HTMLElement>(".line")?.focus({ preventScroll: true })}
            ></visavis-invitations>`
            : nothing
        }
        <p class="visually-hidden" role="alert">
          ${first ? texts.callingPage(this.#name(first.state.call), first.state.call?.visitor?.page.title ?? "") : ""}
        </p>
        ${
          first
            ? html`<h1>${waiting.length === 1 ? texts.waitingTitle : texts.waitingMany(waiting.length)}</h1>
              <ul class="waiting">
                ${waiting.map((session) => html`<li>${this.#card(session, session === first)}</li>`)}
              </ul>`
            : this.#empty(reception)
        }
        ${this.#inbox ? html`<visavis-inbox .inbox=${this.#inbox}></visavis-inbox>` : nothing}
      </div>
      <aside class="card">
        <visavis-desk-settings
          .settings=${this.settings}
          @settings-changed=${(event: CustomEvent<Partial<DeskSettings>>) => this.#change(event.detail)}
          @try-ring=${() => this.#alerts.ring.once()}
          @check-devices=${this.#checkDevices}
        ></visavis-desk-settings>
        ${this.#enrolmentFace("aside")}
      </aside>
    </div>`;
  }

  #enrolmentFace(place: "line" | "aside"): unknown {
    const wanted = this.#access?.organisation.site_key === true;
    return this.#enrolment
      ? html`<visavis-enrolment .enrolment=${this.#enrolment} place=${place} ?wanted=${wanted}></visavis-enrolment>`
      : nothing;
  }

  #card(session: CallSession, first: boolean): TemplateResult {
    return html`<visavis-visitor-card
      .session=${session}
      .clock=${this.#api.clock}
      ?first=${first}
      ?keys=${this.settings.shortcuts}
      @answer=${() => void this.#reception?.answer(session)}
      @decline=${() => void this.#reception?.decline(session)}
    ></visavis-visitor-card>`;
  }

  #empty({ state }: Reception): TemplateResult {
    const texts = this.#texts.now;
    if (state.connection === "connecting") return this.#connecting();
    return html`<section class="quiet-desk">
      ${quietDesk(!state.available)}
      <h1>${state.available ? texts.emptyTitle : texts.emptyAway}</h1>
      <p class="muted">${state.available ? texts.emptyText : texts.emptyAwayText}</p>
    </section>`;
  }

  /** Whether this desk can open what visitors of a page with a site key say to it. */
  get #opensSealed(): boolean {
    return !this.#access?.organisation.site_key || this.#enrolment?.state.standing === "certified";
  }

  #banners(reception: Reception): TemplateResult {
    const { connection, elsewhere, news, available } = reception.state;
    const texts = this.#texts.now;
    return html`<div class="live" role="status">
        ${
          connection === "lost"
            ? html`<div class="banner warning"><span class="spinner"></span><span>${texts.lost}</span></div>`
            : nothing
        }
        ${
          news && news.name !== "failed"
            ? html`<div class="banner">
              ${icon(news.name !== "over" ? "bell" : news.outcome === "check-failed" ? "alert" : "check")}<span>${newsText(news, texts, this.#api.clock, this.#access?.person.id)}</span>${this.#dismiss(reception)}
            </div>`
            : nothing
        }
      </div>
      <div class="live" role="alert">
        ${
          news?.name === "failed"
            ? html`<div class="banner danger">
              ${icon("alert")}<span>${texts.news.failed} ${problemText(this.staff.now, news.error)}</span>${this.#dismiss(
                reception,
              )}
            </div>`
            : nothing
        }
      </div>
      ${
        elsewhere
          ? html`<div class="banner warning">
            ${icon("phone")}<span>${texts.elsewhere(this.#name(elsewhere))}</span>
            ${
              this.#opensSealed
                ? html`<button @click=${() => void reception.takeOver()}>${texts.takeOver}</button>`
                : nothing
            }
          </div>`
          : nothing
      }
      ${
        this.#alerts.silent && available
          ? html`<div class="banner warning">
            ${icon("sound-off")}<span>${texts.soundOff}</span>
            <button @click=${this.#alerts.unlock}>${texts.soundOn}</button>
          </div>`
          : nothing
      }
      ${
        this.settings.checked
          ? nothing
          : html`<div class="banner">
            ${icon("camera")}<span>${texts.devicesFirst}</span>
            <button @click=${this.#checkDevices}>${texts.devicesCheck}</button>
          </div>`
      }
      ${this.#enrolmentFace("line")}`;
  }

  #dismiss(reception: Reception): TemplateResult {
    const { close } = this.staff.now;
    return html`<button class="quiet icon-only" aria-label=${close} title=${close} @click=${() => reception.dismissNews()}>
      ${icon("close")}
    </button>`;
  }

  #inCall(reception: Reception, session: CallSession): TemplateResult {
    const texts = this.#texts.now;
    const { call } = session.state;
    return html`<div class="call">
      <div class="stage" tabindex="-1">
        ${
          session.state.phase === "ringing"
            ? html`<p class="alone" role="status"><span class="spinner"></span>${texts.answering}</p>`
            : html`<visavis-call-view
              .session=${session}
              .texts=${viewTexts[language()]}
              language=${language()}
              peer=${this.#name(call)}
            ></visavis-call-view>`
        }
      </div>
      <aside class="details">
        ${this.#participants(reception, session)}
        ${callDetails(call, texts, this.#api.clock)}
        ${this.#moreWaiting(reception)}
      </aside>
    </div>`;
  }

  #participants({ state: { joiners } }: Reception, { id, state }: CallSession): unknown {
    if (!joiners || !this.#access || state.phase === "ringing") return nothing;
    return html`<visavis-participants
      .joiners=${joiners}
      call=${id}
      .api=${this.#api}
      .access=${this.#access}
      .device=${this.#device}
      @knock=${() => this.#alerts.ring.once()}
    ></visavis-participants>`;
  }

  #visit(reception: Reception): TemplateResult {
    return html`<div class="call ${reception.state.waiting.length > 0 ? "" : "visit"}">
      <visavis-visit class="stage" tabindex="-1" .visits=${this.#visits}></visavis-visit>
      ${reception.state.waiting.length > 0 ? html`<aside class="details">${this.#moreWaiting(reception)}</aside>` : nothing}
    </div>`;
  }

  /** Beside a call: nothing to answer now. */
  #moreWaiting({ state: { waiting } }: Reception): TemplateResult {
    const texts = this.#texts.now;
    return html`<div class="live" role="status">
        ${waiting.length > 0 ? html`<p class="small muted">${texts.moreWaiting(waiting.length)}</p>` : nothing}
      </div>
      ${waiting.map(
        (other) =>
          html`<visavis-visitor-card quiet .session=${other} .clock=${this.#api.clock}></visavis-visitor-card>`,
      )}`;
  }

  #checkDevices = (): void => {
    void this.renderRoot.querySelector<DeviceCheck>("visavis-device-check")?.show(this.settings);
  };

  #checked = (event: CustomEvent<Partial<DeskSettings>>): void => this.#change({ ...event.detail, checked: true });

  #shown: object | undefined;

  /** The button that was pressed is gone with the face it was on: the focus goes where things go on. */
  #moveFocus(): void {
    const current = this.#reception?.state.current ?? this.#visits?.state.visit;
    if (current === this.#shown) return;
    this.#shown = current;
    this.toggleAttribute("in-call", current !== undefined);
    if (document.activeElement === document.body || document.activeElement === this) {
      this.renderRoot.querySelector<HTMLElement>(current ? ".stage" : ".line")?.focus({ preventScroll: true });
    }
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    this.#moveFocus();
    // The alerts speak the language that is chosen.
    this.#alert();
  }
}

customElements.define("visavis-desk", DeskPage);
