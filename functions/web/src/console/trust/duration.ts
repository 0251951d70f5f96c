// A length of time in the reader's language, roughly.

import { locale } from "../../staff/language.ts";

const UNITS = [
  ["year", 31_556_952],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
] as const;

/** One or two digits that count: `40 years`, `3 days`; never less than a minute. */
export function duration(seconds: number): string {
  const [unit, length] = UNITS.find(([, length]) => seconds >= length) ?? (["minute", 60] as const);
  const count = Math.max(1, seconds / length);
  return new Intl.NumberFormat(locale(), {
    style: "unit",
    unit,
    unitDisplay: "long",
    maximumSignificantDigits: count < 100 ? 2 : 1,
    ...(count >= 1e6 ? { notation: "compact", compactDisplay: "long" } : {}),
  }).format(count);
}
