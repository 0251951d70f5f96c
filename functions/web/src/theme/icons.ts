// The icons: line drawings on a grid of 24, in the colour of the text, hidden from screen readers. Here those that a call
// begins with; what comes behind is in later-icons.ts, and in staff-icons.ts what visitors do not need.

import { html, type SVGTemplateResult, svg, type TemplateResult } from "lit";
import type { LaterIcon } from "./later-icons.ts";
import type { StaffIcon } from "./staff-icons.ts";

const common = {
  alert: svg`<path d="M12 4 2.8 20h18.4z"/><path d="M12 10v4.5M12 17.3v.2"/>`,
  back: svg`<path d="M19.5 12h-15M11 5.5 4.5 12l6.5 6.5"/>`,
  camera: svg`<rect x="3" y="6" width="12" height="12" rx="2.5"/><path d="m15 10.5 6-3.5v10l-6-3.5"/>`,
  "camera-off": svg`<path d="M10 6h2.5A2.5 2.5 0 0 1 15 8.5V11l6-4v10l-2-1.3M15 15.5A2.5 2.5 0 0 1 12.5 18h-7A2.5 2.5 0 0 1 3 15.5v-7A2.5 2.5 0 0 1 5.5 6M3 3l18 18"/>`,
  chat: svg`<path d="M4 5.5h16a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1h-8.5L7 21v-3.5H4a1 1 0 0 1-1-1v-10a1 1 0 0 1 1-1z"/>`,
  check: svg`<path d="m5 12.5 4.5 4.5L19 7"/>`,
  close: svg`<path d="m6 6 12 12M18 6 6 18"/>`,
  enlarge: svg`<path d="M14 4h6v6M20 4l-7 7M10 20H4v-6M4 20l7-7"/>`,
  microphone: svg`<rect x="9" y="3" width="6" height="11" rx="3"/><path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3"/>`,
  "microphone-off": svg`<path d="M9 9V6a3 3 0 0 1 6 0v5c0 .4-.1.8-.2 1.2M12.5 14A3 3 0 0 1 9 11M5.5 11.5a6.5 6.5 0 0 0 10 5.5M18 14a6.5 6.5 0 0 0 .5-2.5M12 18v3M3 3l18 18"/>`,
  more: svg`<path d="M5.5 12h.01M12 12h.01M18.5 12h.01" stroke-width="3"/>`,
  people: svg`<circle cx="9" cy="8.5" r="3.5"/><path d="M2.5 19.5c.5-3.5 3-5.5 6.5-5.5s6 2 6.5 5.5"/><path d="M15.5 5.3a3.5 3.5 0 0 1 0 6.4M18 14.5c2 .8 3.2 2.5 3.5 5"/>`,
  person: svg`<circle cx="12" cy="8" r="4"/><path d="M4.5 20.5c.7-4 3.5-6 7.5-6s6.8 2 7.5 6"/>`,
  phone: svg`<path d="M5 3.5h3.3l1.7 4.3-2.2 1.7a12 12 0 0 0 6.7 6.7l1.7-2.2 4.3 1.7V19a1.7 1.7 0 0 1-1.8 1.7C10.5 20 4 13.5 3.3 5.3A1.7 1.7 0 0 1 5 3.5z"/>`,
  "phone-down": svg`<path d="M2.5 15.2c5-5.5 14-5.5 19 0l-1.7 3-4.3-1.3-.4-2.8a12 12 0 0 0-6.2 0l-.4 2.8-4.3 1.3z"/>`,
  screen: svg`<rect x="3" y="4.5" width="18" height="12" rx="2"/><path d="M8.5 20.5h7M12 16.5v4"/>`,
  settings: svg`<path d="M4 7h9M17.5 7H20M4 17h2.5M11 17h9"/><circle cx="15.2" cy="7" r="2.3"/><circle cx="8.7" cy="17" r="2.3"/>`,
  shield: svg`<path d="M12 3 5 5.8V11c0 4.7 2.8 8 7 10 4.2-2 7-5.3 7-10V5.8z"/><path d="m8.8 12 2.3 2.3 4.2-4.5"/>`,
  shrink: svg`<path d="M20 10h-6V4M14 10l7-7M4 14h6v6M10 14l-7 7"/>`,
  sound: svg`<path d="M4 9.5h3.5L12 6v12l-4.5-3.5H4z"/><path d="M15.5 9a4.5 4.5 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11"/>`,
} satisfies Record<string, SVGTemplateResult>;

/** The name of an icon. */
export type Icon = keyof typeof common | LaterIcon | StaffIcon;

const shapes: Partial<Record<Icon, SVGTemplateResult>> = common;

/** Adds those that not all pages need. */
export function addIcons(more: Partial<Record<Icon, SVGTemplateResult>>): void {
  Object.assign(shapes, more);
}

/** An icon in the size of the text around it. Style it as `svg.icon`. */
export function icon(name: Icon): TemplateResult {
  return html`<svg
    class="icon"
    viewBox="0 0 24 24"
    width="1.25em"
    height="1.25em"
    fill="none"
    stroke="currentColor"
    stroke-width="1.75"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
    focusable="false"
  >${shapes[name]}</svg>`;
}

/** Visavis' mark: two faces turned to each other. */
export function mark(): TemplateResult {
  return html`<svg class="mark" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true" focusable="false">
    <rect width="32" height="32" rx="9" fill="var(--visavis-accent)"></rect>
    <g fill="none" stroke="var(--visavis-on-accent)" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round">
      <path d="M7 8c4.5 0 6.5 2.5 6.5 5.2L15 16l-2 .8V20c0 1.5-1 2.4-2.6 2.4H7"></path>
      <path d="M25 8c-4.5 0-6.5 2.5-6.5 5.2L17 16l2 .8V20c0 1.5 1 2.4 2.6 2.4H25"></path>
    </g>
  </svg>`;
}
