// The icons of the service's own pages, beside those of a call.

import { type SVGTemplateResult, svg } from "lit";
import { addIcons } from "./icons.ts";
import "./later-icons.ts";

const shapes = {
  bell: svg`<path d="M6 10a6 6 0 0 1 12 0c0 5 2 6 2 6H4s2-1 2-6"/><path d="M10 19.5a2.2 2.2 0 0 0 4 0"/>`,
  "bell-off": svg`<path d="M8 5.5A6 6 0 0 1 18 10c0 2.2.4 3.7.8 4.6M15.5 16H4s2-1 2-6c0-.7.1-1.3.3-1.9"/><path d="M10 19.5a2.2 2.2 0 0 0 4 0M3 3l18 18"/>`,
  code: svg`<path d="m8.5 7-5 5 5 5M15.5 7l5 5-5 5"/>`,
  copy: svg`<rect x="8.5" y="8.5" width="11.5" height="11.5" rx="2"/><path d="M15.5 8.5V6a2 2 0 0 0-2-2H6a2 2 0 0 0-2 2v7.5a2 2 0 0 0 2 2h2.5"/>`,
  edit: svg`<path d="m4 20 .8-4L16 4.8a1.7 1.7 0 0 1 2.4 0l.8.8a1.7 1.7 0 0 1 0 2.4L8 19.2z"/>`,
  globe: svg`<circle cx="12" cy="12" r="9"/><path d="M3 12h18M12 3c3 3 3.5 6 3.5 9s-.5 6-3.5 9c-3-3-3.5-6-3.5-9S9 6 12 3z"/>`,
  link: svg`<path d="M10 14a4 4 0 0 0 5.7 0l3.3-3.3a4 4 0 0 0-5.7-5.7l-1 1"/><path d="M14 10a4 4 0 0 0-5.7 0L5 13.3A4 4 0 0 0 10.7 19l1-1"/>`,
  page: svg`<rect x="3" y="4.5" width="18" height="15" rx="2"/><path d="M3 9h18M6.3 6.8h.1M9 6.8h.1"/>`,
  plus: svg`<path d="M12 5v14M5 12h14"/>`,
  "sign-out": svg`<path d="M14 4h4a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2h-4M10 16l-4-4 4-4M6 12h9"/>`,
  "sound-off": svg`<path d="M4 9.5h3.5L12 6v12l-4.5-3.5H4z"/><path d="m16 9.5 5 5M21 9.5l-5 5"/>`,
  trash: svg`<path d="M4.5 7h15M9.5 7V4.5h5V7M6.5 7l.8 12a1.5 1.5 0 0 0 1.5 1.5h6.4a1.5 1.5 0 0 0 1.5-1.5l.8-12M10 11v5.5M14 11v5.5"/>`,
} satisfies Record<string, SVGTemplateResult>;

export type StaffIcon = keyof typeof shapes;

addIcons(shapes);
