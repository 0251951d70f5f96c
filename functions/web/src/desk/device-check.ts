// The check of camera and microphone before the first call. The devices are let go when the dialog closes.

import { css, html, LitElement, nothing, type TemplateResult } from "lit";

import { LocalMedia } from "../call/media.ts";
import { Watching } from "../call/view/watching.ts";
import { language, TextsController } from "../staff/language.ts";
import { staffTexts } from "../staff/texts/index.ts";
import { base, buttons } from "../theme/controls.ts";
import { icon } from "../theme/icons.ts";
import { surfaces } from "../theme/surfaces.ts";
import type { DeskSettings } from "./settings.ts";
import { deskTexts, viewTexts } from "./texts/index.ts";

type Devices = Pick<DeskSettings, "microphone" | "camera" | "speaker">;

export class DeviceCheck extends LitElement {
  static override styles = [
    base,
    buttons,
    surfaces,
    css`
      dialog > div {
        display: grid;
        gap: var(--visavis-space-4);
      }

      .picture {
        position: relative;
        display: grid;
        place-items: center;
        aspect-ratio: 16 / 9;
        border-radius: var(--visavis-radius-m);
        background: #0c100f;
        color: #e9efed;
        overflow: hidden;
      }

      video {
        position: absolute;
        inset: 0;
        width: 100%;
        height: 100%;
        object-fit: cover;
        scale: -1 1;
      }

      .row {
        justify-content: flex-end;
      }
    `,
  ];
  static override properties = { media: { state: true } };

  declare media: LocalMedia | undefined;
  #texts = new TextsController(this, deskTexts);
  #staff = new TextsController(this, staffTexts);

  constructor() {
    super();
    new Watching(this, () => this.media);
  }

  async show(devices: Devices): Promise<void> {
    const media = new LocalMedia();
    this.media = media;
    for (const kind of ["microphone", "camera", "speaker"] as const) {
      const id = devices[kind];
      if (id) await media.choose(kind, id);
    }
    await this.updateComplete;
    this.renderRoot.querySelector("dialog")?.showModal();
    await media.start({ microphone: true, camera: true });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.media?.close();
  }

  protected override render(): TemplateResult {
    const texts = this.#texts.now;
    const { media } = this;
    const { status } = media?.state.camera ?? {};
    const works = status === "on" && media?.state.microphone.status === "on";
    return html`<dialog aria-labelledby="heading" @close=${this.#closed}>
      ${
        media
          ? html`<div>
            <h2 id="heading">${texts.devices}</h2>
            <div class="picture">
              ${status === "starting" ? html`<span class="spinner"></span>` : texts.devicesNoCamera}
              <video autoplay playsinline muted ?hidden=${status !== "on"} aria-label=${texts.devices}></video>
            </div>
            <p class="muted small">${texts.devicesText}</p>
            <visavis-devices .media=${media} .texts=${viewTexts[language()]}></visavis-devices>
            <div class="row">
              <button class="quiet" @click=${this.#close}>${this.#staff.now.cancel}</button>
              <button class=${works ? "primary" : ""} autofocus @click=${this.#good}>
                ${works ? html`${icon("check")}${texts.devicesGood}` : texts.devicesAnyway}
              </button>
            </div>
          </div>`
          : nothing
      }
    </dialog>`;
  }

  protected override updated(): void {
    const video = this.renderRoot.querySelector("video");
    const track = this.media?.state.cameraTrack ?? null;
    const shown = video?.srcObject instanceof MediaStream ? (video.srcObject.getVideoTracks()[0] ?? null) : null;
    if (video && shown !== track) video.srcObject = track ? new MediaStream([track]) : null;
  }

  #good(): void {
    this.dispatchEvent(new CustomEvent<Devices>("checked", { detail: { ...this.media?.state.chosen } }));
    this.#close();
  }

  #close(): void {
    this.renderRoot.querySelector("dialog")?.close();
  }

  #closed(): void {
    this.media?.close();
    this.media = undefined;
  }
}

customElements.define("visavis-device-check", DeviceCheck);
