// A face that says one thing and offers the ways on.

import { html, nothing, type TemplateResult } from "lit";
import type { Problem } from "../../call/api.ts";
import type { PanelTexts } from "../../text/panel/en.ts";
import { type Icon, icon } from "../../theme/icons.ts";

export function message(symbol: Icon, title: string, text: string, ways: unknown = nothing): TemplateResult {
  return html`<div class="message" role="status">
    <span class="medallion">${icon(symbol)}</span>
    <h1>${title}</h1>
    <p class="muted">${text}</p>
    <div class="ways">${ways}</div>
  </div>`;
}

/** The organisation's other way to be reached, for when nobody is there. */
export function contactLink(contact: string | undefined, texts: PanelTexts): unknown {
  if (!contact || !/^(https|mailto|tel):/i.test(contact)) return nothing;
  const target = contact.startsWith("https:") ? "_blank" : nothing;
  return html`<a class="button" href=${contact} rel="noopener" target=${target}>${texts.contact}</a>`;
}

/** What went wrong with the service, and what to do. */
export function problemText(problem: Problem, texts: PanelTexts["problem"]): string {
  switch (problem.slug) {
    case "unreachable":
      return navigator.onLine ? texts.unreachable : texts.offline;
    case "too-many-requests":
      return texts.tooMany;
    case "origin-not-registered":
    case "not-found":
      return texts.unknown;
    case "token-expired":
    case "token-invalid":
    case "call-over":
      return texts.expired;
    default:
      return texts.other;
  }
}
