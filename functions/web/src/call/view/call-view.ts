// The face of a call, the same for visitors and experts: pictures, controls, chat, devices, what goes wrong.

import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import type { ViewTexts } from "../../text/view/en.ts";
import { base, buttons } from "../../theme/controls.ts";
import { icon } from "../../theme/icons.ts";
import type { Companion } from "../companion.ts";
import type { CallSession, Phase, SessionState } from "../session.ts";
import { type Controls, callControls, type Side } from "./call-controls.ts";
import { callViewStyles } from "./call-view.styles.ts";
import type { CompanionTile } from "./companion-tile.ts";
import { initials } from "./initials.ts";
import { spokenName, spokenSender } from "./names.ts";
import { tile } from "./tile.styles.ts";
import { define, Watching } from "./watching.ts";

type DeviceKind = "microphone" | "camera" | "screen";

/** A screen, and who shows it unless that is the other side. */
interface Shared {
  remoteScreen: MediaStream | undefined;
  by?: Companion;
}

const isLive = (phase: Phase): boolean => phase === "connected" || phase === "reconnecting";

/** After so long without a connection the view says more than "connecting". Milliseconds. */
const LONG = 8_000;

/**
 * `<visavis-call-view .session=${…} .texts=${…} language="de" peer="Anna Keller">`.
 *
 * Fills the box it is given, from the size of a phone up. `texts` is a catalogue of `src/text/view/`, `peer` the other
 * side's name. It shows a session from `connecting` on; its owner takes it away when the session is `over`. It inherits
 * the design tokens.
 */
export class CallView extends LitElement {
  static override styles = [base, buttons, tile, callViewStyles];
  static override properties = {
    session: { attribute: false },
    texts: { attribute: false },
    language: {},
    peer: {},
    side: { state: true },
    more: { state: true },
    full: { state: true },
    silenced: { state: true },
    long: { state: true },
    said: { state: true },
    asked: { state: true },
  };

  declare session: CallSession | undefined;
  declare texts: ViewTexts;
  declare language: string;
  declare peer: string;
  declare side: Side;
  declare more: boolean;
  declare full: boolean;
  /** The browser refused to play sound without a click. */
  declare silenced: boolean;
  declare long: boolean;
  /** For the live region: the latest message that is not shown. */
  declare said: string;
  /** Devices whose failure is worth a word, because somebody has just asked for them. */
  declare asked: readonly DeviceKind[];
  #drafts = false;
  /** How many entries of the other side have been on show, and have been said. */
  #seen = 0;
  #heardEntries = 0;
  /** Who was said to be there, beside the other side. */
  #present = "";
  #longTimer: ReturnType<typeof setTimeout> | undefined;
  #leaving = new AbortController();
  #awake: WakeLockSentinel | undefined;

  constructor() {
    super();
    this.language = "en";
    this.peer = "";
    this.side = undefined;
    this.more = false;
    this.full = false;
    this.silenced = false;
    this.long = false;
    this.said = "";
    this.asked = [];
    new Watching(
      this,
      () => this.session,
      () => this.#hear(),
    );
    new Watching(this, () => this.session?.media);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#leaving = new AbortController();
    const { signal } = this.#leaving;
    document.addEventListener("fullscreenchange", () => this.#fullChanged(), { signal });
    document.addEventListener("visibilitychange", () => void this.#stayAwake(), { signal });
    void this.#stayAwake();
    this.#longTimer = setTimeout(() => {
      this.long = true;
    }, LONG);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#leaving.abort();
    this.#awake?.release().catch(() => {});
    clearTimeout(this.#longTimer);
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("session") && this.session) {
      this.#seen = 0;
      // Who chats only begins with the chat.
      if (this.session.state.call?.media === "chat") this.side = "chat";
    }
  }

  protected override updated(changed: PropertyValues): void {
    const { session } = this;
    if (!session) return;
    this.#play("#remote", session.state.remote);
    this.#play("#screen", this.#shared(session.state)?.remoteScreen);
    const { cameraTrack, chosen } = session.media.state;
    const own = this.renderRoot.querySelector<HTMLVideoElement>("#own");
    const shown = own?.srcObject instanceof MediaStream ? own.srcObject.getVideoTracks()[0] : undefined;
    if (own && shown !== (cameraTrack ?? undefined))
      own.srcObject = cameraTrack ? new MediaStream([cameraTrack]) : null;
    const video = this.renderRoot.querySelector<HTMLVideoElement & { sinkId?: string }>("#remote");
    const speaker = chosen.speaker ?? "";
    if (video?.setSinkId && video.sinkId !== speaker) video.setSinkId(speaker).catch(() => {});
    if (changed.has("side")) this.#focusSide(changed.get("side") as Side);
    if (changed.has("more") && this.more) this.renderRoot.querySelector<HTMLElement>(".menu button")?.focus();
  }

  protected override render(): unknown {
    const { session, texts } = this;
    if (!session || !texts) return nothing;
    const { showing, phase, companions } = session.state;
    const { camera, screen, chosen } = session.media.state;
    const name = this.peer || texts.other;
    const live = isLive(phase);
    const picture = live && showing.camera;
    const shared = this.#shared(session.state);
    const theirScreen = shared !== undefined;
    const group = companions.length > 0;
    // Then the mark has the name.
    const verified = typeof session.state.peer === "object";
    return html`
      <div class="frame ${this.side ? "open" : ""}" @keydown=${this.#key}>
        <section class="stage ${theirScreen ? "screened" : ""} ${group ? "group" : ""}" aria-label=${`${texts.call}: ${name}`}>
          <video id="screen" autoplay playsinline muted ?hidden=${!theirScreen} aria-label=${texts.screenThere(spokenSender(texts, this.peer, shared?.by))}></video>
          <div class="tiles"><div class="them">
            <video id="remote" autoplay playsinline class=${picture ? "" : "blank"} aria-label=${name}></video>
            ${
              picture
                ? nothing
                : html`<div class="nobody">
                  <span class="avatar" aria-hidden="true">${initials(name)}</span>
                  <strong><bdi>${name}</bdi></strong>
                  ${
                    live && session.state.call?.media === "video"
                      ? html`<span class="small">${texts.cameraOffThere}</span>`
                      : nothing
                  }
                </div>`
            }
            ${group ? html`<span class="name"><bdi>${name}</bdi></span>` : nothing}
          </div>
          ${companions.map(
            (companion) => html`<visavis-companion
              .companion=${companion}
              .texts=${texts}
              speaker=${chosen.speaker ?? ""}
              @silenced=${() => {
                this.silenced = true;
              }}
            ></visavis-companion>`,
          )}</div>
          <div class="top">
            <visavis-proof .state=${session.state} .texts=${texts.proof}></visavis-proof>
            <span class="plate" ?hidden=${(!picture && !theirScreen) || verified || group}><bdi>${name}</bdi></span>
            ${live && !showing.microphone ? html`<span class="plate">${icon("microphone-off")}${texts.mutedThere}</span>` : nothing}
            <span class="spread"></span>
            <visavis-quality .state=${session.state} .texts=${texts.quality}></visavis-quality>
          </div>
          ${this.#notices(session.state)}
          <div class="own ${camera.status === "on" ? "" : "blank"}">
            <video id="own" autoplay playsinline muted aria-label=${texts.you}></video>
          </div>
          ${
            screen.status === "on"
              ? html`<p class="sharing plate">
                ${icon("screen")}<span>${texts.screenHere}</span>
                <button @click=${this.#share}>${texts.stopSharing}</button>
              </p>`
              : nothing
          }
        </section>
        ${callControls({
          ...{ session, texts, side: this.side, full: this.full, more: this.more },
          unread: this.#unread(session.state),
          act: this.#act,
        })}
        ${this.#sides(session)}
      </div>
      <p class="visually-hidden" role="log" aria-live="polite">${this.said}</p>
    `;
  }

  /** Whose screen is shown: one at a time. */
  #shared({ phase, showing, remoteScreen, companions }: SessionState): Shared | undefined {
    if (isLive(phase) && showing.screen) return { remoteScreen };
    const by = companions.find((one) => one.status === "connected" && one.showing.screen);
    return by && { remoteScreen: by.remoteScreen, by };
  }

  #notices({ phase, trouble }: SessionState): TemplateResult {
    const { texts, session } = this;
    let text = "";
    if (phase === "connecting") {
      text =
        trouble === "offline" || trouble === "service"
          ? texts[trouble]
          : texts[this.long ? "connectingLong" : "connecting"];
    } else if (phase === "reconnecting") {
      text = texts[trouble ?? "path"];
    }
    const problems = (["microphone", "camera", "screen"] as const).flatMap((kind) => {
      const { status, problem } = session?.media.state[kind] ?? {};
      const worth = status === "failed" && (problem === "unplugged" || this.asked.includes(kind));
      return worth && problem ? [{ kind, text: texts.problem[kind][problem] }] : [];
    });
    return html`<div class="notices">
      <div role="status">${text ? html`<p class="plate"><span class="spinner"></span>${text}</p>` : nothing}</div>
      <div role="alert">
        ${problems.map(
          ({ kind, text }) => html`<p class="plate">
            ${icon("alert")}<span>${text}</span>
            ${
              this.asked.includes(kind)
                ? html`<button
                  class="quiet icon-only"
                  aria-label=${texts.close}
                  title=${texts.close}
                  @click=${() => {
                    this.asked = this.asked.filter((one) => one !== kind);
                  }}
                >
                  ${icon("close")}
                </button>`
                : nothing
            }
          </p>`,
        )}
      </div>
      ${
        this.silenced
          ? html`<button class="primary" @click=${this.#sound}>${icon("sound")}${texts.playSound}</button>`
          : nothing
      }
    </div>`;
  }

  /** The chat stays once it was open, so that what is half written is not lost. */
  #sides(session: CallSession): unknown {
    this.#drafts ||= this.side === "chat";
    const { texts } = this;
    return [
      this.#drafts
        ? this.#sidePanel(
            "chat",
            html`<visavis-chat
              .session=${session}
              .texts=${texts}
              language=${this.language}
              peer=${this.peer}
            ></visavis-chat>`,
          )
        : nothing,
      this.side === "devices"
        ? this.#sidePanel("devices", html`<visavis-devices .media=${session.media} .texts=${texts}></visavis-devices>`)
        : nothing,
    ];
  }

  #sidePanel(side: "chat" | "devices", content: TemplateResult): TemplateResult {
    const { texts } = this;
    return html`<aside aria-label=${texts[side]} ?hidden=${this.side !== side}>
      <header>
        <h2>${texts[side]}</h2>
        <button class="quiet icon-only" aria-label=${texts.close} title=${texts.close} @click=${() => this.#toggle(side)}>
          ${icon("close")}
        </button>
      </header>
      ${content}
    </aside>`;
  }

  #act: Controls["act"] = {
    mute: () => this.#mute(),
    camera: () => this.#camera(),
    share: () => this.#share(),
    toggle: (side) => this.#toggle(side),
    toggleFull: () => this.#toggleFull(),
    showMore: (more) => {
      this.more = more;
    },
  };

  #unread({ chat, files }: SessionState): number {
    const count = [...chat, ...files].filter(({ mine }) => !mine).length;
    if (this.side === "chat") this.#seen = count;
    return count - this.#seen;
  }

  /** Says aloud what came, also while the chat is open: its list is not live. */
  #hear(): void {
    const { session, texts } = this;
    if (!session) return;
    const present = session.state.companions.map(({ id }) => id).join();
    if (present !== this.#present) {
      this.#present = present;
      this.said = texts.present(session.state.companions.map((one) => spokenName(texts, one)).join(", "));
    }
    const theirs = [...session.state.chat, ...session.state.files].filter(({ mine }) => !mine);
    if (theirs.length <= this.#heardEntries) return;
    this.#heardEntries = theirs.length;
    const latest = theirs.reduce((last, entry) => (entry.at >= last.at ? entry : last));
    const name = spokenSender(texts, this.peer, "text" in latest ? latest.from : latest.with);
    this.said = "text" in latest ? texts.newMessage(name, latest.text) : texts.newFile(name, latest.name);
  }

  /** A phone's screen stays on as long as the call is seen; browsers drop the lock whenever the page is hidden. */
  async #stayAwake(): Promise<void> {
    if (document.hidden || !("wakeLock" in navigator)) return;
    // Refused when the battery is low or by a policy.
    const lock = await navigator.wakeLock.request("screen").catch(() => undefined);
    if (this.isConnected) this.#awake = lock;
    else await lock?.release();
  }

  #play(selector: string, stream: MediaStream | undefined): void {
    const video = this.renderRoot.querySelector<HTMLVideoElement>(selector);
    if (!video || video.srcObject === (stream ?? null)) return;
    video.srcObject = stream ?? null;
    if (selector !== "#remote" || !stream) return;
    video.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === "NotAllowedError") this.silenced = true;
    });
  }

  #sound = (): void => {
    void this.renderRoot.querySelector<HTMLVideoElement>("#remote")?.play();
    for (const tile of this.renderRoot.querySelectorAll<CompanionTile>("visavis-companion")) tile.play();
    this.silenced = false;
  };

  #ask(kind: DeviceKind): void {
    if (!this.asked.includes(kind)) this.asked = [...this.asked, kind];
  }

  #mute = (): void => {
    const { media } = this.session ?? {};
    this.#ask("microphone");
    void media?.setMicrophone(media.state.microphone.status !== "on");
  };

  #camera = (): void => {
    const { media } = this.session ?? {};
    this.#ask("camera");
    void media?.setCamera(media.state.camera.status !== "on");
  };

  #share = (): void => {
    const { media } = this.session ?? {};
    this.#ask("screen");
    if (media?.state.screen.status === "on") media.stopScreen();
    else void media?.shareScreen();
  };

  #toggle(side: "chat" | "devices"): void {
    this.side = this.side === side ? undefined : side;
  }

  #focusSide(before: Side): void {
    if (this.side) {
      const panel = this.renderRoot.querySelector<HTMLElement>(
        this.side === "chat" ? "visavis-chat" : "aside:not([hidden]) button",
      );
      void this.updateComplete.then(() => panel?.focus());
    } else if (before && this.renderRoot.querySelector(".frame:focus-within") === null) {
      this.renderRoot.querySelector<HTMLElement>(`.controls .${before}`)?.focus();
    }
  }

  #toggleFull = (): void => {
    if (document.fullscreenElement) void document.exitFullscreen().catch(() => {});
    else void this.requestFullscreen().catch(() => {});
  };

  #fullChanged(): void {
    this.full = (this.getRootNode() as Document | ShadowRoot).fullscreenElement === this;
  }

  #key = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || (!this.side && !this.more)) return;
    event.stopPropagation();
    if (this.more) this.#closeMenu();
    else this.side = undefined;
  };

  #closeMenu(): void {
    this.more = false;
    this.renderRoot.querySelector<HTMLElement>(".more > button")?.focus();
  }
}

/** Defines what a call needs to be seen and heard, once; the rest of its face is in more.ts. */
export function defineCallView(): void {
  define({ "visavis-call-view": CallView });
}
