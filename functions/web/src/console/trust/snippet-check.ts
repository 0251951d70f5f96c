// Whether a snippet holds what this browser knows: what it says is pinned in every page that it is copied into.

import type { Id } from "../../call/types.ts";
import type { Key } from "../../trust/statements.ts";

export interface Known {
  organisation: Id;
  /** Where the console comes from, and so the script. */
  origin: string;
  /** The site keys that this browser approves for. */
  own: ReadonlySet<Key>;
  /** Besides them, those that it has reason to trust. */
  trusted: ReadonlySet<Key>;
  /** It approves for other organisations only. */
  elsewhere: boolean;
}

/** One script, one widget, and nothing beside them. */
const SNIPPET =
  /^<script type="module" src="(https?:\/\/[^/"<>]+)\/[\w./-]+" integrity="sha384-[\w+/=]+" crossorigin="anonymous"><\/script>\s*<visavis-widget organisation="([^"<>]*)"(?: site-key="([^"<>]*)")?><\/visavis-widget>\s*$/;

/** The site keys in a snippet, where it is one. */
export function siteKeysIn(snippet: string): string | undefined {
  return SNIPPET.exec(snippet)?.[3];
}

/** Whether a snippet is for another organisation, for other keys, or more than a snippet, as far as this browser knows. */
export function isForeign(snippet: string, { organisation, origin, own, trusted, elsewhere }: Known): boolean {
  const [, from, named, keys = ""] = SNIPPET.exec(snippet) ?? [];
  const pinned = keys.split(/\s+/).filter((key) => key !== "");
  if (own.size === 0) return elsewhere && (named === undefined || pinned.length > 0);
  return (
    from !== origin ||
    named !== organisation ||
    !pinned.some((key) => own.has(key)) ||
    !pinned.every((key) => own.has(key) || trusted.has(key))
  );
}
