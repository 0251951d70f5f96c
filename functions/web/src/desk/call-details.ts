// Beside a call: who it is with, from which page, for how long.

import { html, nothing, type TemplateResult } from "lit";

import type { Call } from "../call/types.ts";
import { language } from "../staff/language.ts";
import { icon } from "../theme/icons.ts";
import type { ServiceClock } from "./clock.ts";
import type { DeskTexts } from "./texts/en.ts";
import { formatDuration } from "./time.ts";
import { mediaIcons, pageLink } from "./visitor-card.ts";

export function callDetails(call: Call | undefined, texts: DeskTexts, clock: ServiceClock): TemplateResult {
  const since = call?.answered_at;
  return html`<section class="card stack" aria-labelledby="visitor">
  <h1 id="visitor">${call?.visitor?.name ?? texts.visitor}</h1>
  <dl class="small">
    <dt class="muted">${texts.page}</dt>
    <dd class="page">${pageLink(call)}</dd>
    <dt class="muted">${texts.language}</dt>
    <dd>${languageName(call?.visitor?.language)}</dd>
    ${
      since && call
        ? html`<dt class="muted">${texts.since}</dt>
          <dd class="time">
            <span role="timer" aria-live="off">${formatDuration(clock.since(since))}</span>
          </dd>
          <dt class="muted">${texts.waitedFor}</dt>
          <dd class="time">${formatDuration(Date.parse(since) - Date.parse(call.created_at))}</dd>`
        : nothing
    }
  </dl>
  <span class="badge">${icon(mediaIcons[call?.media ?? "video"])}${texts[call?.media ?? "video"]}</span>
</section>`;
}

/** A language in the reader's own. */
function languageName(tag: string | undefined): string {
  if (!tag) return "–";
  try {
    return new Intl.DisplayNames(language(), { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}
