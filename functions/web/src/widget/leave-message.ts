// The form for a message when nobody is there: sealed here for those who are to read it.

import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { Api, Problem } from "../call/api.ts";
import { newId } from "../call/bytes.ts";
import { holdsCardNumber } from "../call/cards.ts";
import type { Id, VisitorAccess } from "../call/types.ts";
import { messageTexts } from "../text/message/all.ts";
import type { MessageTexts } from "../text/message/en.ts";
import { base, buttons, fields } from "../theme/controls.ts";
import { icon } from "../theme/icons.ts";
import { CheckFailed, Unsupported } from "../trust/failure.ts";
import { type LeftMessage, sealMessage } from "../trust/message.ts";

/** The longest message. */
const LONGEST = 4_000;

type Wrong = "empty" | "tooLong" | "card" | "nobody" | "browser" | "failed";

/** What is wrong with it before it is sent. */
export function wrongWith(fields: { text: string; name: string; contact: string }): Wrong | undefined {
  if (fields.text === "") return "empty";
  if (fields.text.length > LONGEST) return "tooLong";
  if (Object.values(fields).some(holdsCardNumber)) return "card";
  return undefined;
}

/** `<visavis-leave-message .base=${…} .organisation=${…} .siteKeys=${…} .page=${…} language="de">`; says `done`. */
export class LeaveMessage extends LitElement {
  static override styles = [
    base,
    buttons,
    fields,
    css`
      :host,
      form {
        flex: 1;
        display: flex;
        flex-direction: column;
        gap: var(--visavis-space-4);
      }

      form > :last-child {
        margin-block-start: auto;
        display: grid;
        grid-template-columns: auto 1fr;
        gap: var(--visavis-space-2);
      }

      textarea {
        min-height: 7rem;
        resize: vertical;
      }

      .sent {
        margin: auto;
        display: grid;
        justify-items: center;
        gap: var(--visavis-space-3);
        text-align: center;
      }
    `,
  ];
  static override properties = {
    base: {},
    organisation: {},
    siteKeys: { attribute: false },
    page: { attribute: false },
    language: {},
    state: { state: true },
    wrong: { state: true },
  };

  declare base: string;
  declare organisation: Id;
  declare siteKeys: string[];
  declare page: { url: string; title: string };
  declare language: string;
  declare state: "writing" | "sending" | "sent";
  declare wrong: Wrong | undefined;
  /** The same for each attempt, so that it arrives once. */
  #message: Id = newId();
  /** Of the visitor whose message it is. */
  #access: Promise<VisitorAccess> | undefined;

  constructor() {
    super();
    this.state = "writing";
    this.language = "en";
  }

  get #texts(): MessageTexts {
    return messageTexts[this.language as keyof typeof messageTexts] ?? messageTexts.en;
  }

  protected override firstUpdated(): void {
    this.renderRoot.querySelector<HTMLElement>("textarea")?.focus();
  }

  protected override render(): TemplateResult {
    const texts = this.#texts;
    if (this.state === "sent") {
      return html`<div class="sent" role="status" tabindex="-1">
        ${icon("check")}
        <h1>${texts.sent}</h1>
        <p class="muted">${texts.sentText}</p>
        <button class="primary" @click=${this.#done}>${texts.done}</button>
      </div>`;
    }
    const { wrong, state } = this;
    const bad = wrong === "empty" || wrong === "tooLong" || wrong === "card";
    const line = (
      name: "name" | "contact",
      hint: string,
      autocomplete: string,
    ): TemplateResult => html`<div class="field">
      <label for=${name}>${texts[name]} <span class="hint">(${texts.optional})</span></label>
      <input id=${name} name=${name} maxlength=${name === "name" ? 80 : 200} autocomplete=${autocomplete}
        aria-describedby=${hint ? "how" : nothing} />
      ${hint ? html`<p class="hint" id="how">${hint}</p>` : nothing}
    </div>`;
    return html`<form @submit=${this.#send}>
      <h1>${texts.title}</h1>
      <p class="muted">${texts.text}</p>
      <div class="field">
        <label for="text">${texts.message}</label>
        <textarea
          id="text"
          name="text"
          aria-invalid=${bad ? "true" : nothing}
          aria-describedby=${wrong ? "wrong" : nothing}
        ></textarea>
        <div role="alert">${wrong ? html`<p class="error" id="wrong">${texts[wrong]}</p>` : nothing}</div>
      </div>
      ${line("name", "", "name")} ${line("contact", texts.contactHint, "email")}
      <div>
        <button type="button" class="large" @click=${this.#done}>${texts.back}</button>
        <button class="primary large" aria-disabled=${state === "sending" ? "true" : nothing}>
          ${state === "sending" ? html`<span class="spinner"></span>${texts.sending}` : html`${icon("send")}${texts.send}`}
        </button>
      </div>
    </form>`;
  }

  #send = (event: SubmitEvent): void => {
    event.preventDefault();
    if (this.state === "sending") return;
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const [text, name, contact] = ["text", "name", "contact"].map((field) => String(form.get(field) ?? "").trim());
    const content = { text: text ?? "", name: name ?? "", contact: contact ?? "" };
    this.wrong = wrongWith(content);
    if (this.wrong) this.renderRoot.querySelector<HTMLElement>("textarea")?.focus();
    else void this.#leave(content);
  };

  async #leave({ text, name, contact }: { text: string; name: string; contact: string }): Promise<void> {
    this.state = "sending";
    const { organisation, page, language } = this;
    try {
      const api = new Api({ base: this.base });
      this.#access ??= api.createVisitor(organisation);
      const { token, trust } = await this.#access;
      api.token = token;
      const left: LeftMessage = { text, page, language, ...(name ? { name } : {}), ...(contact ? { contact } : {}) };
      const message = this.#message;
      const payload = await sealMessage({ organisation, message }, trust, this.siteKeys, left);
      await api.request("POST", "/messages", { body: { id: message, payload } });
      this.state = "sent";
      await this.updateComplete;
      this.renderRoot.querySelector<HTMLElement>(".sent")?.focus();
    } catch (error) {
      this.state = "writing";
      // One that was refused before it was sent may go to others, or with another token.
      if (!(error instanceof Problem && error.slug === "unreachable")) this.#access = undefined;
      const nobody = error instanceof CheckFailed || (error instanceof Problem && error.slug === "nobody-available");
      this.wrong = nobody ? "nobody" : error instanceof Unsupported ? "browser" : "failed";
    }
  }

  #done = (): void => void this.dispatchEvent(new Event("done"));
}
