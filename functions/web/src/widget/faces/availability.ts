// Who is there, who is free, and the ways to talk.

import { html, nothing, type TemplateResult } from "lit";
import type { Media } from "../../call/types.ts";
import { initials } from "../../call/view/initials.ts";
import type { PanelTexts } from "../../text/panel/en.ts";
import { type Icon, icon } from "../../theme/icons.ts";
import type { Seen } from "../host.ts";
import { contactLink, message } from "./message.ts";

const FACES_SHOWN = 5;

/** `leave`: the way to leave a message. */
export function availability(
  seen: Seen,
  texts: PanelTexts,
  choose: (media: Media) => void,
  leave: unknown,
): TemplateResult {
  const { problem, nobody, busy } = texts;
  if (!("RTCPeerConnection" in globalThis)) return message("alert", problem.title, problem.unsupported);
  if (seen === "loading") {
    return html`<p class="centre muted" role="status"><span class="spinner"></span>${texts.loading}</p>`;
  }
  if (seen === "unknown") return message("alert", problem.title, problem.unknown);
  if (seen === "unreachable") {
    // The loader asks again every few seconds, and this gives way by itself.
    const text = navigator.onLine ? problem.unreachable : problem.offline;
    return message("alert", problem.title, text, html`<span class="spinner muted centre"></span>`);
  }
  const { experts, state, organisation } = seen;
  const contact = contactLink(organisation.contact, texts);
  if (state === "closed") return message("person", nobody.title, nobody.text, [leave, contact]);
  const [first, second] = experts.filter((expert) => expert.state === "free");
  const [title, text] =
    state === "busy"
      ? [busy.title, busy.text]
      : [texts.title(organisation.name), first && !second ? texts.available(first.name) : texts.availableMany];
  const way = (media: Media, symbol: Icon, primary = false): TemplateResult => html`<button
    class=${primary ? "primary large" : "large"}
    ?data-focus=${primary}
    @click=${() => choose(media)}
  >
    ${icon(symbol)}${texts[media]}
  </button>`;
  return html`
    <div class="intro">
      <h1>${title}</h1>
      <p class="muted">${text}</p>
    </div>
    <ul class="people">
      ${experts.slice(0, FACES_SHOWN).map(
        (expert) => html`<li>
          <span class="avatar ${expert.state}" aria-hidden="true">${initials(expert.name)}</span>
          <span class="who">
            <strong>${expert.name}</strong>
            ${expert.title ? html`<span class="small muted">${expert.title}</span>` : nothing}
          </span>
          <span class="badge ${expert.state}">${expert.state === "free" ? texts.free : texts.inCall}</span>
        </li>`,
      )}
    </ul>
    <div class="ways">
      ${way("video", "camera", true)}
      <div class="pair">${way("audio", "phone")} ${way("chat", "chat")}</div>
      ${state === "busy" ? contact : nothing}
    </div>
  `;
}
