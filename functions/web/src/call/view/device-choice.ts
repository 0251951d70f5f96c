// The choice of microphone, camera and loudspeaker, with what is wrong with them and how to go on.

import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import type { ViewTexts } from "../../text/view/en.ts";
import { base, buttons, fields } from "../../theme/controls.ts";
import type { DeviceChoice, InputKind, LocalMedia } from "../media.ts";
import { Watching } from "./watching.ts";

/** `<visavis-devices .media=${…} .texts=${…} kinds="camera microphone level speaker">`, with what is wanted in its order. */
export class DeviceChoices extends LitElement {
  static override styles = [
    base,
    buttons,
    fields,
    css`
      :host {
        display: grid;
        gap: var(--visavis-space-3);
      }

      .error button {
        flex: none;
        min-height: 2rem;
        padding-block: 0.1rem;
        margin-inline-start: auto;
      }
    `,
  ];
  static override properties = { media: { attribute: false }, texts: { attribute: false }, kinds: {} };

  declare media: LocalMedia | undefined;
  declare texts: ViewTexts;
  declare kinds: string;

  constructor() {
    super();
    this.kinds = "camera microphone level speaker";
    new Watching(this, () => this.media);
  }

  protected override render(): unknown {
    const { media, texts } = this;
    if (!media) return nothing;
    const { microphones, cameras, speakers, microphoneTrack } = media.state;
    const outputs = speakers.length > 0 && "setSinkId" in HTMLMediaElement.prototype;
    const parts: Record<string, () => unknown> = {
      camera: () => this.#choice("camera", texts.camera, cameras),
      microphone: () => this.#choice("microphone", texts.microphone, microphones),
      level: () => html`<visavis-level .track=${microphoneTrack} label=${texts.level}></visavis-level>`,
      speaker: () => (outputs ? this.#choice("speaker", texts.speaker, speakers) : nothing),
    };
    return html`${this.kinds.split(" ").map((kind) => parts[kind]?.())}`;
  }

  #choice(kind: InputKind | "speaker", label: string, devices: readonly DeviceChoice[]): TemplateResult {
    const { media, texts } = this;
    const chosen = media?.state.chosen[kind];
    const problem = kind === "speaker" ? undefined : media?.state[kind].problem;
    const choose = (event: Event): void => void media?.choose(kind, (event.target as HTMLSelectElement).value);
    return html`<div class="field">
      <label for=${kind}>${label}</label>
      <select id=${kind} @change=${choose} ?disabled=${devices.length === 0}>
        ${devices.length === 0 ? html`<option>${texts.defaultDevice}</option>` : nothing}
        ${devices.map(
          ({ id, label: name }, at) =>
            html`<option value=${id} ?selected=${id === chosen} .selected=${id === chosen}>
              ${name || `${label} ${at + 1}`}
            </option>`,
        )}
      </select>
      ${
        problem && kind !== "speaker"
          ? html`<div class="error" role="alert">
            <span>${texts.problem[kind][problem]}</span>
            <button @click=${() => this.#again(kind)}>${texts.tryAgain}</button>
          </div>`
          : nothing
      }
    </div>`;
  }

  #again(kind: InputKind): void {
    void (kind === "microphone" ? this.media?.setMicrophone(true) : this.media?.setCamera(true));
  }
}
