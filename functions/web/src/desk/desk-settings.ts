// What an expert can choose for this desk: the ring, notifications, devices, keys.

import { css, html, LitElement, nothing, type TemplateResult } from "lit";

import { TextsController } from "../staff/language.ts";
import { base, buttons, fields } from "../theme/controls.ts";
import { icon } from "../theme/icons.ts";
import { staffFields } from "../theme/staff-controls.ts";
import { surfaces } from "../theme/surfaces.ts";
import { notificationsAllowed } from "./alerts.ts";
import type { DeskSettings } from "./settings.ts";
import { deskTexts } from "./texts/index.ts";

export class DeskSettingsPanel extends LitElement {
  static override styles = [
    base,
    buttons,
    fields,
    staffFields,
    surfaces,
    css`
      :host {
        display: grid;
        gap: var(--visavis-space-5);
        align-content: start;
      }

      .volume {
        display: flex;
        align-items: center;
        gap: var(--visavis-space-2);
      }

      .volume input {
        flex: 1;
        min-width: 6rem;
      }

      .choice > span {
        display: grid;
      }

      button.text {
        justify-self: start;
      }
    `,
  ];
  static override properties = { settings: { attribute: false }, refused: { state: true } };

  declare settings: DeskSettings;
  /** The browser does not let this page show notifications. */
  declare refused: boolean;
  #texts = new TextsController(this, deskTexts);

  constructor() {
    super();
    this.refused = false;
  }

  protected override render(): TemplateResult {
    const texts = this.#texts.now;
    const { muted, volume, notify, prepare, shortcuts } = this.settings;
    const silence = muted ? texts.unmute : texts.mute;
    return html`<h2>${texts.settings}</h2>
      <div class="field">
        <label for="volume">${texts.ring}: ${texts.volume}</label>
        <div class="volume">
          <button class="quiet icon-only" aria-label=${silence} title=${silence} @click=${() => this.#set({ muted: !muted })}>
            ${icon(muted ? "bell-off" : "bell")}
          </button>
          <input
            id="volume"
            type="range"
            min="0"
            max="1"
            step="0.05"
            .value=${String(volume)}
            @input=${(event: Event) => this.#set({ volume: Number((event.target as HTMLInputElement).value), muted: false })}
          />
        </div>
        ${muted ? html`<span class="hint" role="status">${texts.muted}</span>` : nothing}
        <button class="text" @click=${() => this.dispatchEvent(new CustomEvent("try-ring"))}>
          ${icon("sound")}${texts.tryRing}
        </button>
      </div>
      ${this.#choice("prepare", prepare, texts.prepare, texts.prepareText)}
      ${this.#choice("notify", notify && notificationsAllowed(), texts.notify, texts.notifyText)}
      ${this.refused ? html`<span class="error" role="alert">${icon("alert")}${texts.notifyRefused}</span>` : nothing}
      ${this.#choice("shortcuts", shortcuts, texts.shortcuts, texts.shortcutsText)}
      <button class="text" @click=${() => this.dispatchEvent(new CustomEvent("check-devices"))}>
        ${icon("camera")}${texts.devicesCheck}
      </button>`;
  }

  #choice(name: "prepare" | "notify" | "shortcuts", value: boolean, label: string, text: string): TemplateResult {
    return html`<label class="choice">
      <input
        type="checkbox"
        .checked=${value}
        @change=${(event: Event) => void this.#choose(name, event.target as HTMLInputElement)}
      />
      <span>${label}<span class="hint">${text}</span></span>
    </label>`;
  }

  async #choose(name: "prepare" | "notify" | "shortcuts", input: HTMLInputElement): Promise<void> {
    this.refused = false;
    if (name === "notify" && input.checked && !notificationsAllowed()) {
      const permission = "Notification" in globalThis ? await Notification.requestPermission() : "denied";
      if (permission !== "granted") {
        this.refused = true;
        input.checked = false;
        return;
      }
    }
    this.#set({ [name]: input.checked });
  }

  #set(change: Partial<DeskSettings>): void {
    this.dispatchEvent(new CustomEvent<Partial<DeskSettings>>("settings-changed", { detail: change }));
  }
}

customElements.define("visavis-desk-settings", DeskSettingsPanel);
