// A length of time in the reader's language, roughly.

import { locale } from "../../staff/language.ts";

const UNITS = [
  ["year", 31_556_952],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
] as const;

/** What `Intl` leaves out between a million and its years. */
const MILLIONS: Record<string, string> = { fr: "d’années", it: "di anni" };

/** One or two digits that count: `40 years`, `3 days`; never less than a minute. */
export function duration(seconds: number, tag = locale()): string {
  const [unit, length] = UNITS.find(([, length]) => seconds >= length) ?? (["minute", 60] as const);
  const count = Math.max(1, seconds / length);
  const format = new Intl.NumberFormat(tag, {
    style: "unit",
    unit,
    unitDisplay: "long",
    maximumSignificantDigits: count < 100 ? 2 : 1,
    ...(count >= 1e6 ? { notation: "compact", compactDisplay: "long" } : {}),
  });
  const years = count >= 1e6 ? MILLIONS[tag.slice(0, 2)] : undefined;
  return format
    .formatToParts(count)
    .map(({ type, value }) => (type === "unit" ? (years ?? value) : value))
    .join("");
}
