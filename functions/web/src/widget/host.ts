// What the loader and the panel agree on: the loader is loaded with the page, the panel only after the click.

import type { Transport } from "../call/mailbox.ts";
import type { Availability, Id } from "../call/types.ts";

/** Who is there, as the loader last heard. */
export type Seen = Availability | "loading" | "unreachable" | "unknown";

/** The element `visavis-panel-<language>`. */
export interface PanelElement extends HTMLElement {
  base: string;
  organisation: Id;
  transport: Transport;
  /** The organisation's site keys, as the page has them. */
  siteKeys: string[];
  /** What experts see as the page's title. */
  pageLabel: string;
  seen: Seen;
  /** Opens the panel and puts the focus into it; again for one that was closed. */
  open(): void;
  /** Goes on with a call of before a reload. */
  resume(): void;
}

/** The panel was closed: the launcher is shown again and takes the focus. */
export const CLOSED = "visavis-closed";
