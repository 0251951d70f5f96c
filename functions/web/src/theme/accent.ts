// The organisation's accent colour as tokens: readable in light and dark whatever colour was chosen.

import { formatColour, parseColour, type Rgb, readableOn, withContrast } from "./colour.ts";

// The backgrounds of `tokens.ts` on which accented text is hardest to read.
const LIGHT = [238, 241, 240] as const;
const DARK = [38, 49, 47] as const;

/** WCAG 2.2, 1.4.3 asks for 4.5; the rest is for the soft tint of the accent behind it. */
const TEXT_CONTRAST = 5.3;

/** The shades of a colour that are readable as text on light and on dark pages: the colour itself where it can be. */
export function readableShades(colour: Rgb): { light: string; dark: string } {
  return {
    light: formatColour(withContrast(colour, LIGHT, TEXT_CONTRAST)),
    dark: formatColour(withContrast(colour, DARK, TEXT_CONTRAST)),
  };
}

/** The custom properties for an accent `#rrggbb`; none where it is not one, so the product's own colour stays. */
export function accentTokens(accent: string): Record<string, string> {
  const colour = parseColour(accent);
  if (!colour) return {};
  const { light, dark } = readableShades(colour);
  return {
    "--visavis-accent": formatColour(colour),
    "--visavis-on-accent": formatColour(readableOn(colour)),
    "--visavis-accent-text": `light-dark(${light}, ${dark})`,
  };
}

/** Puts an accent on a root element. Through the object model: a style attribute is against a strict policy. */
export function applyAccent(element: HTMLElement, accent: string): void {
  for (const [name, value] of Object.entries(accentTokens(accent))) element.style.setProperty(name, value);
}
