// The icons of what comes behind the first picture of a call: chat and files.

import { type SVGTemplateResult, svg } from "lit";
import { addIcons } from "./icons.ts";

const shapes = {
  attach: svg`<path d="m20 11.5-8 8a5 5 0 0 1-7-7l8.5-8.5a3.3 3.3 0 0 1 4.7 4.7L9.8 17a1.6 1.6 0 0 1-2.3-2.3l7.6-7.5"/>`,
  download: svg`<path d="M12 4v11.5M7 11l5 5 5-5M4.5 20h15"/>`,
  file: svg`<path d="M6 3h8l5 5v12a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1z"/><path d="M14 3v5h5"/>`,
  send: svg`<path d="M4 12 20.5 4.5 15 20.5l-3-7z"/><path d="m12 13.5 8.5-9"/>`,
} satisfies Record<string, SVGTemplateResult>;

export type LaterIcon = keyof typeof shapes;

addIcons(shapes);
