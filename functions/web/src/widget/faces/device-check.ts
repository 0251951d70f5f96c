// A look at oneself before it rings: picture, level, devices, name, and what does not work.

import { html, nothing, type TemplateResult } from "lit";
import type { Problem } from "../../call/api.ts";
import type { DeviceProblem, InputKind, LocalMedia } from "../../call/media.ts";
import type { Media } from "../../call/types.ts";
import type { PanelTexts } from "../../text/panel/en.ts";
import type { ViewTexts } from "../../text/view/en.ts";
import { icon } from "../../theme/icons.ts";

export interface DeviceCheck {
  texts: PanelTexts;
  viewTexts: ViewTexts;
  media: Media;
  local: LocalMedia | undefined;
  /** The camera's picture. */
  picture: MediaStream | null;
  name: string;
  problem: Problem | undefined;
  /** All is prepared and nothing is under way. */
  ready: boolean;
  /** Waits in line instead of ringing once. */
  waits: boolean;
  /** Whether the choice of devices is open. */
  choosing: boolean;
  rename(name: string): void;
  toggleChoice(): void;
  /** Goes on with less. */
  settleFor(media: Media): void;
  submit(): void;
}

export function deviceCheck(check: DeviceCheck): TemplateResult {
  const { texts, media, ready, waits } = check;
  const action = waits ? texts.busy.wait : media === "chat" ? texts.check.chat_now : texts.check.call;
  const submit = (event: Event): void => {
    event.preventDefault();
    check.submit();
  };
  return html`<form @submit=${submit}>
    <h1>${texts.check[media]}</h1>
    ${media === "video" ? preview(check) : nothing} ${media === "chat" ? nothing : sound(check)} ${nameField(check)}
    <p class="hint">${texts.check.consent}</p>
    <div class="foot">
      <button class="primary large" ?data-focus=${media !== "chat"} aria-disabled=${ready ? nothing : "true"}>
        ${ready ? icon(media === "chat" ? "chat" : "phone") : html`<span class="spinner"></span>`} ${action}
      </button>
    </div>
  </form>`;
}

function preview(check: DeviceCheck): TemplateResult {
  const { texts, picture } = check;
  const starting = check.local?.state.camera.status === "starting";
  return html`<div class="preview">
    <video autoplay playsinline .muted=${true} .srcObject=${picture} aria-label=${texts.check.preview}></video>
    ${
      picture
        ? nothing
        : html`<p role="status">
          ${starting ? html`<span class="spinner"></span>` : icon("camera-off")}
          ${starting ? texts.check.asking : texts.check.cameraOff}
        </p>`
    }
    <div class="switches">${toggle(check, "microphone")} ${toggle(check, "camera")}</div>
  </div>`;
}

function sound(check: DeviceCheck): unknown {
  const { texts, viewTexts, media, local, choosing } = check;
  const asking = media === "audio" && local?.state.microphone.status === "starting";
  return html`${asking ? html`<p class="muted" role="status">${texts.check.askingMicrophone}</p>` : nothing}
    <div class="line">
      ${media === "audio" ? toggle(check, "microphone") : icon("microphone")}
      <visavis-level .track=${local?.state.microphoneTrack ?? null} label=${viewTexts.level}></visavis-level>
      <button type="button" class="quiet" aria-expanded=${choosing} @click=${check.toggleChoice}>
        ${icon("settings")}${texts.check.settings}
      </button>
    </div>
    ${
      choosing
        ? html`<visavis-devices
          .media=${local}
          .texts=${viewTexts}
          kinds=${media === "video" ? "camera microphone speaker" : "microphone speaker"}
        ></visavis-devices>`
        : problems(check)
    }`;
}

function toggle({ viewTexts, local }: DeviceCheck, kind: InputKind): TemplateResult {
  const on = local?.state[kind].status === "on";
  const { mute, unmute, cameraOff, cameraOn } = viewTexts;
  const label = kind === "microphone" ? (on ? mute : unmute) : on ? cameraOff : cameraOn;
  return html`<button
    type="button"
    class="icon-only ${on ? "" : "off"}"
    aria-label=${label}
    title=${label}
    @click=${() => void turn(local, kind, !on)}
  >
    ${icon(on ? kind : `${kind}-off`)}
  </button>`;
}

function turn(local: LocalMedia | undefined, kind: InputKind, on: boolean): Promise<void> | undefined {
  return kind === "microphone" ? local?.setMicrophone(on) : local?.setCamera(on);
}

/** What does not work, why, and how to go on without it. */
function problems(check: DeviceCheck): unknown {
  const { texts, viewTexts, local, media } = check;
  const { camera, microphone } = local?.state ?? {};
  const banner = (kind: InputKind, problem: DeviceProblem, less: Media, label: string): TemplateResult => html`<div
    class="banner warning"
    role="alert"
  >
    ${icon("alert")}
    <div>
      <p>${viewTexts.problem[kind][problem]}</p>
      <p class="row">
        <button type="button" @click=${() => void turn(local, kind, true)}>${texts.check.tryAgain}</button>
        <button type="button" @click=${() => check.settleFor(less)}>${label}</button>
      </p>
    </div>
  </div>`;
  if (microphone?.problem) return banner("microphone", microphone.problem, "chat", texts.check.chatOnly);
  if (camera?.problem && media === "video") return banner("camera", camera.problem, "audio", texts.check.voiceOnly);
  return nothing;
}

function nameField({ texts, name, problem, rename }: DeviceCheck): TemplateResult {
  const wrong = nameProblem(problem, texts);
  return html`<div class="field">
    <label for="name">${texts.check.name} <span class="hint">(${texts.check.optional})</span></label>
    <input
      id="name"
      name="name"
      autocomplete="name"
      maxlength="80"
      .value=${name}
      aria-invalid=${wrong ? "true" : nothing}
      aria-describedby=${wrong ? "wrong" : nothing}
      @input=${(event: Event) => rename((event.target as HTMLInputElement).value)}
    />
    ${wrong ? html`<p class="error" id="wrong" role="alert">${wrong}</p>` : nothing}
  </div>`;
}

/** What the service has against the name. */
export function nameProblem(problem: Problem | undefined, texts: PanelTexts): string | undefined {
  if (problem?.slug === "card-number") return texts.check.cardNumber;
  if (problem?.slug === "malformed") return texts.check.nameWrong;
  return undefined;
}
