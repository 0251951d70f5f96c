// Whether a snippet holds what this browser knows: what it says is pinned in every page that it is copied into.

import type { Id } from "../../call/types.ts";
import type { Key } from "../../trust/statements.ts";

export interface Known {
  organisation: Id;
  /** The site keys that this browser approves for; nothing can be said where there is none. */
  own: ReadonlySet<Key>;
  /** Besides them, those that it has reason to trust. */
  trusted: ReadonlySet<Key>;
}

/** One script, one widget, and nothing beside them. */
const SNIPPET =
  /^\s*<script [^<>]*><\/script>\s*<visavis-widget organisation="([^"<>]*)"(?: site-key="([^"<>]*)")?><\/visavis-widget>\s*$/;

/** The site keys in a snippet, where it is one. */
export function siteKeysIn(snippet: string): string | undefined {
  return SNIPPET.exec(snippet)?.[2];
}

/** Whether a snippet is for another organisation, for other keys, or more than a snippet. */
export function isForeign(snippet: string, { organisation, own, trusted }: Known): boolean {
  if (own.size === 0) return false;
  const [, named, keys = ""] = SNIPPET.exec(snippet) ?? [];
  const pinned = keys.split(/\s+/).filter((key) => key !== "");
  return (
    named !== organisation ||
    !pinned.some((key) => own.has(key)) ||
    !pinned.every((key) => own.has(key) || trusted.has(key))
  );
}
