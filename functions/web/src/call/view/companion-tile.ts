// One who is in a call beside the two ends: picture, voice, name.

import { css, html, LitElement, nothing, type PropertyValues } from "lit";
import type { ViewTexts } from "../../text/view/en.ts";
import { base } from "../../theme/controls.ts";
import { icon } from "../../theme/icons.ts";
import type { Companion } from "../companion.ts";
import { initials } from "./initials.ts";
import { shownName, spokenName } from "./names.ts";
import { tile } from "./tile.styles.ts";

/** `<visavis-companion .companion=${…} .texts=${…} speaker=…>`; fires `silenced` when the browser plays no sound. */
export class CompanionTile extends LitElement {
  static override styles = [
    base,
    tile,
    css`
      :host {
        display: grid;
        position: relative;
        min-width: 0;
        min-height: 0;
        overflow: hidden;
        border-radius: inherit;
      }

      :host > * {
        grid-area: 1 / 1;
      }
    `,
  ];
  static override properties = { companion: { attribute: false }, texts: { attribute: false }, speaker: {} };

  declare companion: Companion;
  declare texts: ViewTexts;
  declare speaker: string;

  constructor() {
    super();
    this.speaker = "";
  }

  protected override updated(_changed: PropertyValues): void {
    const video = this.renderRoot.querySelector<HTMLVideoElement & { sinkId?: string }>("video");
    if (!video) return;
    const { remote = null } = this.companion;
    if (video.srcObject !== remote) {
      video.srcObject = remote;
      if (remote) this.play();
    }
    if (video.setSinkId && video.sinkId !== this.speaker) video.setSinkId(this.speaker).catch(() => {});
  }

  play(): void {
    this.renderRoot
      .querySelector("video")
      ?.play()
      .catch((error: unknown) => {
        if (error instanceof DOMException && error.name === "NotAllowedError")
          this.dispatchEvent(new Event("silenced"));
      });
  }

  protected override render(): unknown {
    const { companion, texts } = this;
    if (!companion) return nothing;
    const { status, showing } = companion;
    const name = spokenName(texts, companion);
    const live = status === "connected";
    const picture = live && showing.camera;
    return html`<video autoplay playsinline class=${picture ? "" : "blank"} aria-label=${name}></video>
      ${
        picture
          ? nothing
          : html`<div class="nobody">
            <span class="avatar" aria-hidden="true">${initials(companion.name || name)}</span>
            ${live ? nothing : html`<span class="small" role="status">${texts.companion[status as "failed"]}</span>`}
          </div>`
      }
      <span class="name">
        ${live && !showing.microphone ? icon("microphone-off") : nothing}${shownName(texts, companion)}
        ${live && !showing.microphone ? html`<span class="visually-hidden">${texts.mutedThere}</span>` : nothing}
      </span>`;
  }
}
