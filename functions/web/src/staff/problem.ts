// A problem of the service in the reader's words.

import { Problem } from "../call/api.ts";
import type { StaffTexts } from "./texts/index.ts";

/** These say too little without the service's own sentence. */
const WITH_DETAIL = new Set(["malformed", "misconfigured", "unexpected"]);

/** What went wrong and what to do. */
export function problemText(texts: StaffTexts, error: unknown): string {
  if (!(error instanceof Problem)) return `${texts.problems["other"]} ${String(error)}`;
  const known = texts.problems[error.slug];
  if (known === undefined) return `${texts.problems["other"]} ${error.detail}`;
  return WITH_DETAIL.has(error.slug) ? `${known} ${error.detail}` : known;
}

/** Which of these fields the problem is about, where its detail names one: `accent must be …`. */
export function fieldOf(error: unknown, fields: readonly string[]): string | undefined {
  if (!(error instanceof Problem) || !["malformed", "card-number"].includes(error.slug)) return undefined;
  return fields.find((field) => new RegExp(`(^|[\\s\`'"])${field}([\\s\`'".:,]|$)`, "u").test(error.detail));
}
