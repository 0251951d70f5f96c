// The conversation in text: messages and files in the order in which they came, and the line to write in.

import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import type { ViewTexts } from "../../text/view/en.ts";
import { base, buttons, fields } from "../../theme/controls.ts";
import { icon } from "../../theme/icons.ts";
import { type Author, LONGEST_TEXT } from "../chat.ts";
import { byArrival } from "../conversation.ts";
import { FileTooLarge, type FileTransfer } from "../files.ts";
import type { CallSession, ChatEntry } from "../session.ts";
import { shownSender } from "./names.ts";
import { Watching } from "./watching.ts";

/** `<visavis-chat .session=${…} .texts=${…} language="de" peer="Anna">`. */
export class ChatPanel extends LitElement {
  static override styles = [
    base,
    buttons,
    fields,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-height: 0;
        background: var(--visavis-surface);
      }

      ol {
        flex: 1;
        overflow-y: auto;
        overscroll-behavior: contain;
        display: flex;
        flex-direction: column;
        gap: var(--visavis-space-2);
        padding: var(--visavis-space-4);
      }

      ol::before {
        content: "";
        flex: 1;
      }

      li {
        max-width: 85%;
        align-self: flex-start;
        display: grid;
        gap: 0.125rem;
      }

      li.mine {
        align-self: flex-end;
        justify-items: end;
      }

      .bubble {
        padding: 0.5rem 0.8rem;
        border-radius: var(--visavis-radius-l);
        border-end-start-radius: 0.25rem;
        background: var(--visavis-sunken);
        overflow-wrap: anywhere;
        white-space: pre-line;
      }

      .mine .bubble {
        border-radius: var(--visavis-radius-l);
        border-end-end-radius: 0.25rem;
        background: var(--visavis-accent-soft);
      }

      time,
      .note {
        padding-inline: 0.3rem;
        color: var(--visavis-muted);
        font-size: 0.75rem;
      }

      .file {
        display: grid;
        gap: var(--visavis-space-2);
        min-width: 13rem;
        white-space: normal;
      }

      .file .row {
        flex-wrap: nowrap;
        gap: var(--visavis-space-2);
      }

      .file strong {
        font-weight: 560;
        display: block;
        line-height: 1.3;
      }

      .file button,
      .file .button {
        min-height: 2.25rem;
        padding: 0.25rem 0.8rem;
        font-size: var(--visavis-size-s);
      }

      progress {
        appearance: none;
        width: 100%;
        height: 0.375rem;
        border: 0;
        border-radius: var(--visavis-radius-round);
        background: var(--visavis-line);
        overflow: hidden;
      }

      progress::-webkit-progress-bar {
        background: var(--visavis-line);
      }

      progress::-webkit-progress-value {
        background: var(--visavis-accent-text);
      }

      progress::-moz-progress-bar {
        background: var(--visavis-accent-text);
      }

      .empty {
        margin: auto;
        max-width: 18rem;
        padding: var(--visavis-space-5);
        color: var(--visavis-muted);
        text-align: center;
        font-size: var(--visavis-size-s);
      }

      form {
        display: flex;
        align-items: flex-end;
        gap: var(--visavis-space-1);
        padding: var(--visavis-space-2);
        border-block-start: 1px solid var(--visavis-line);
      }

      textarea {
        flex: 1;
        min-width: 0;
        max-height: 8rem;
        field-sizing: content;
        resize: none;
        line-height: 1.4;
      }

      .problem {
        padding: var(--visavis-space-2) var(--visavis-space-4) 0;
      }
    `,
  ];
  static override properties = {
    session: { attribute: false },
    texts: { attribute: false },
    language: {},
    peer: {},
    problem: { state: true },
  };

  declare session: CallSession | undefined;
  declare texts: ViewTexts;
  declare language: string;
  declare peer: string;
  declare problem: string;
  /** The entry that was last when it was scrolled. */
  #shown: string | undefined;
  #urls = new Map<string, string>();

  constructor() {
    super();
    this.language = "en";
    this.peer = "";
    this.problem = "";
    new Watching(this, () => this.session);
  }

  /** Puts the cursor into the line to write in. */
  override focus(): void {
    this.requestUpdate();
    this.renderRoot.querySelector("textarea")?.focus();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const url of this.#urls.values()) URL.revokeObjectURL(url);
    this.#urls.clear();
  }

  protected override updated(_changed: PropertyValues): void {
    const list = this.renderRoot.querySelector("ol");
    const { chat = [], files = [] } = this.session?.state ?? {};
    const last = byArrival(chat, files).at(-1)?.id;
    // Hidden, it has no height, and is scrolled when it is seen.
    if (!list?.clientHeight || last === this.#shown) return;
    list.scrollTop = list.scrollHeight;
    this.#shown = last;
  }

  protected override render(): unknown {
    const { session, texts } = this;
    if (!session) return nothing;
    const entries = byArrival(session.state.chat, session.state.files);
    const over = session.state.phase === "over";
    return html`
      ${
        entries.length === 0
          ? html`<p class="empty">${texts.noMessages}</p>`
          : html`<ol tabindex="0" aria-label=${texts.chat}>
            ${entries.map((entry) => ("text" in entry ? this.#message(entry) : this.#file(entry)))}
          </ol>`
      }
      ${this.problem ? html`<p class="error problem" role="alert">${this.problem}</p>` : nothing}
      <form @submit=${this.#submit} ?hidden=${over}>
        <button type="button" class="quiet icon-only" title=${texts.attach} aria-label=${texts.attach} @click=${this.#pick}>
          ${icon("attach")}
        </button>
        <input type="file" multiple hidden aria-label=${texts.attach} @change=${this.#picked} />
        <textarea
          rows="1"
          maxlength=${LONGEST_TEXT}
          aria-label=${texts.message}
          placeholder=${texts.message}
          @keydown=${this.#key}
        ></textarea>
        <button class="primary icon-only" title=${texts.send} aria-label=${texts.send}>${icon("send")}</button>
      </form>
    `;
  }

  #message({ mine, text, at, sent, from }: ChatEntry): TemplateResult {
    return html`<li class=${mine ? "mine" : ""}>
      ${
        this.#several && !mine
          ? html`<span class="note">${this.#sender(from)}</span>`
          : html`<span class="visually-hidden">${mine ? this.texts.you : this.#sender(from)}:</span>`
      }
      <span class="bubble">${text}</span>
      ${sent ? html`<time datetime=${at}>${this.#time(at)}</time>` : html`<span class="note">${this.texts.notSent}</span>`}
    </li>`;
  }

  #file(file: FileTransfer): TemplateResult {
    const { texts, session } = this;
    const { id, mine, name, size, status, moved } = file;
    const said =
      status === "offered" && mine
        ? texts.file.offeredMine
        : status === "done" && mine
          ? texts.file.doneMine
          : texts.file[status];
    return html`<li class=${mine ? "mine" : ""}>
      <div class="bubble file">
        <div class="row">
          ${icon("file")}
          <div>
            <strong>${name}</strong>
            <span class="note">${this.#size(size)} · ${this.#whose(file)}${said}</span>
          </div>
        </div>
        ${
          status === "moving"
            ? html`<progress max=${Math.max(size, 1)} .value=${moved} aria-label=${name}></progress>`
            : nothing
        }
        <div class="row" ?hidden=${status !== "offered" && status !== "moving" && !file.blob}>
          ${
            status === "offered" && !mine
              ? html`<button class="primary" @click=${() => session?.acceptFile(id)}>${texts.accept}</button>
                <button @click=${() => session?.refuseFile(id)}>${texts.refuse}</button>`
              : status === "offered" || status === "moving"
                ? html`<button @click=${() => session?.cancelFile(id)}>${texts.cancel}</button>`
                : nothing
          }
          ${
            file.blob
              ? html`<a class="button" href=${this.#url(id, file.blob)} download=${name}>
                ${icon("download")}${texts.save}
              </a>`
              : nothing
          }
        </div>
      </div>
      <time datetime=${file.at}>${this.#time(file.at)}</time>
    </li>`;
  }

  /** More than two are in the call. */
  get #several(): boolean {
    return (this.session?.state.companions.length ?? 0) > 0;
  }

  #sender(from: Author | undefined): unknown {
    return shownSender(this.texts, this.peer, from);
  }

  /** Before what is said of a file: who offers it, and among several with whom it goes to and fro. */
  #whose({ mine, status, with: member }: FileTransfer): unknown {
    if (status === "offered" && !mine) return html`${this.#sender(member)} `;
    return this.#several ? html`${this.#sender(member)}: ` : nothing;
  }

  #time(at: string): string {
    const date = new Date(at);
    if (Number.isNaN(date.getTime())) return "";
    return new Intl.DateTimeFormat(this.language, { hour: "2-digit", minute: "2-digit" }).format(date);
  }

  #size(bytes: number): string {
    const [unit, divisor] = bytes < 1_000_000 ? (["kilobyte", 1_000] as const) : (["megabyte", 1_000_000] as const);
    return new Intl.NumberFormat(this.language, { style: "unit", unit, maximumFractionDigits: 1 }).format(
      bytes / divisor,
    );
  }

  #url(id: string, blob: Blob): string {
    const url = this.#urls.get(id) ?? URL.createObjectURL(blob);
    this.#urls.set(id, url);
    return url;
  }

  #key = (event: KeyboardEvent): void => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#submit(event);
  };

  #submit = (event: Event): void => {
    event.preventDefault();
    const line = this.renderRoot.querySelector("textarea");
    const said = line && this.session?.say(line.value);
    if (!said || said === "empty") return;
    this.problem = said === "said" ? "" : said === "too-long" ? this.texts.tooLong : this.texts.cardNumber;
    if (said === "said") line.value = "";
    line.focus();
  };

  #pick = (): void => this.renderRoot.querySelector<HTMLInputElement>("input[type=file]")?.click();

  #picked = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    this.problem = "";
    for (const file of input.files ?? []) {
      try {
        this.session?.sendFile(file);
      } catch (error) {
        if (!(error instanceof FileTooLarge)) throw error;
        this.problem = this.texts.fileTooLarge(file.name);
      }
    }
    input.value = "";
  };
}
