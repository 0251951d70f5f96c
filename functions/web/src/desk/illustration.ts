// The picture of a quiet desk: a window, a lamp, a cup that steams.

import { html, nothing, svg, type TemplateResult } from "lit";

/** `asleep` while the expert is away: the lamp is off. */
export function quietDesk(asleep: boolean): TemplateResult {
  return html`<svg class="illustration" viewBox="0 0 320 200" width="320" height="200" aria-hidden="true" focusable="false">
    <g fill="none" stroke="var(--visavis-line-strong)" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round">
      <rect x="92" y="22" width="136" height="96" rx="10" fill="var(--visavis-accent-soft)" stroke="var(--visavis-line)"></rect>
      <circle cx="192" cy="56" r="14" fill="var(--visavis-surface)" stroke="none"></circle>
      <path
        d="M92 104c24-26 44-26 62-8 14-16 32-14 74 12v0a10 10 0 0 1-10 10H102a10 10 0 0 1-10-10z"
        fill="var(--visavis-accent-text)"
        stroke="none"
        opacity=".28"
      ></path>
      <path d="M160 22v96" stroke="var(--visavis-line)"></path>
      <path d="M36 152h248"></path>
      <path d="M62 152v28M258 152v28"></path>
      <path d="M82 152v-40l22-22"></path>
      <path d="m94 84 20 20-26 6z" fill="var(--visavis-surface)"></path>
      ${asleep ? nothing : svg`<circle cx="110" cy="108" r="5" fill="var(--visavis-warning)" stroke="none"></circle>`}
      <path d="M72 152h20"></path>
      <rect x="132" y="126" width="56" height="26" rx="4" fill="var(--visavis-surface)"></rect>
      <path d="M124 152h72"></path>
      <path d="M222 134h22v10a8 8 0 0 1-8 8h-6a8 8 0 0 1-8-8z" fill="var(--visavis-surface)"></path>
      <path d="M244 137h4a4 4 0 0 1 0 9h-4"></path>
      <path class="steam" d="M229 126c-3-4 3-6 0-10M238 126c-3-4 3-6 0-10" stroke="var(--visavis-accent-text)"></path>
    </g>
  </svg>`;
}
