// What an administrator types, made tidy or refused before it is sent. The service has the last word.

import { formatColour, parseColour } from "../theme/colour.ts";

/** The tidy value, or why there is none. */
export type Checked<Value, Why extends string> = { value: Value } | { why: Why };

export const LONGEST_NAME = 80;
const LONGEST_EMAIL = 254;
const LONGEST_CONTACT = 500;

/** A name of a person or an organisation. */
export function checkName(text: string): Checked<string, "empty" | "long"> {
  const value = text.trim().replace(/\s+/gu, " ");
  if (value === "") return { why: "empty" };
  return value.length > LONGEST_NAME ? { why: "long" } : { value };
}

export function checkEmail(text: string): Checked<string, "empty" | "email"> {
  const value = text.trim();
  if (value === "") return { why: "empty" };
  const looksRight = value.length <= LONGEST_EMAIL && /^[^\s@<>"]+@[^\s@<>".]+(\.[^\s@<>".]+)+$/u.test(value);
  return looksRight ? { value } : { why: "email" };
}

export function checkAccent(text: string): Checked<string, "colour"> {
  const short = /^#?([0-9a-f])([0-9a-f])([0-9a-f])$/iu.exec(text.trim());
  const long = short
    ? `#${short
        .slice(1)
        .map((digit) => digit + digit)
        .join("")}`
    : `#${text.trim().replace(/^#/u, "")}`;
  const colour = parseColour(long);
  return colour ? { value: formatColour(colour) } : { why: "colour" };
}

/** An origin of the organisation's pages: taken out of whatever address of a page is typed or pasted. */
export function checkOrigin(
  text: string,
  existing: readonly string[] = [],
): Checked<string, "empty" | "wildcard" | "address" | "insecure" | "there"> {
  const typed = text.trim();
  if (typed === "") return { why: "empty" };
  if (typed.includes("*")) return { why: "wildcard" };
  const address = /^[a-z][a-z0-9+.-]*:\/\//iu.test(typed) ? typed : `https://${typed}`;
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    return { why: "address" };
  }
  const local = ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  if (url.username || url.password || !(local || url.hostname.includes("."))) return { why: "address" };
  if (url.protocol === "http:" ? !local : url.protocol !== "https:") return { why: "insecure" };
  return existing.includes(url.origin) ? { why: "there" } : { value: url.origin };
}

/** Where visitors turn to when nobody is there: a web address, an e-mail address or a telephone number. May be empty. */
export function checkContact(text: string): Checked<string, "contact"> {
  const typed = text.trim();
  if (typed === "") return { value: "" };
  const link = /^(https|mailto|tel):/iu.test(typed) ? typed : asLink(typed);
  if (link === undefined || link.length > LONGEST_CONTACT || !URL.canParse(link)) return { why: "contact" };
  if (link.startsWith("mailto:") && !link.includes("@")) return { why: "contact" };
  if (link.startsWith("tel:") && !/\d{3}/u.test(link)) return { why: "contact" };
  return { value: link };
}

function asLink(typed: string): string | undefined {
  if (/^[^\s@]+@[^\s@]+\.[^\s@]+$/u.test(typed)) return `mailto:${typed}`;
  if (/^\+?[\d\s()./-]{3,}$/u.test(typed)) return `tel:${typed.replace(/[^\d+]/gu, "")}`;
  if (/^[^\s:/]+\.[^\s:]+$/u.test(typed)) return `https://${typed}`;
  return undefined;
}
