// How long a passphrase keeps a stolen key file shut: an estimate that would rather be too low.

/** Guesses a second: a thousand graphics cards of today at 15,000 each, which is what 600,000 rounds leave of them. */
const GUESSES = 15_000_000;
/** A word that people think of: one of about two thousand. */
const WORD = 11;
/** Below this, in bits, no key is made. */
const LEAST = 50;
const STRONG = 65;

export interface Strength {
  grade: "weak" | "fair" | "strong";
  /** How long such a thief would need on average, in seconds. */
  seconds: number;
}

export function strengthOf(passphrase: string): Strength {
  const bits = bitsOf(passphrase);
  const grade = bits < LEAST ? "weak" : bits < STRONG ? "fair" : "strong";
  return { grade, seconds: 2 ** (bits - 1) / GUESSES };
}

/** Five groups of four letters and digits by chance: 100 bits. */
export function suggestion(): string {
  const letters = "0123456789abcdefghjkmnpqrstvwxyz";
  const groups = Array.from({ length: 5 }, () =>
    Array.from(crypto.getRandomValues(new Uint8Array(4)), (byte) => letters[byte % 32]).join(""),
  );
  return groups.join("-");
}

function bitsOf(passphrase: string): number {
  return Math.min(wordBits(passphrase), walkBits(passphrase));
}

/** Taken as words, numbers and signs. */
function wordBits(passphrase: string): number {
  const tokens = passphrase.toLowerCase().match(/[\p{L}\p{M}]+|\p{N}+|[^\p{L}\p{M}\p{N}\s]+/gu) ?? [];
  return [...new Set(tokens)].reduce((sum, token) => sum + tokenBits(token), 0);
}

const KEYBOARDS = [
  ["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"],
  ["1234567890", "qwertzuiop", "asdfghjkl", "yxcvbnm"],
  ["1234567890", "azertyuiop", "qsdfghjklm", "wxcvbn"],
].map((rows) => new Map(rows.flatMap((row, y) => [...row].map((key, x) => [key, { x, y }] as const))));
/** With the shift key. */
const SHIFTED = new Map(
  ["!1", "@2", "#3", "$4", "%5", "^6", "&7", "*8", "(9", ")0"].map(([sign = "", key = ""]) => [sign, key]),
);

/** Taken as a walk over the keyboard: a step to a key beside the last costs one bit, a jump five. */
function walkBits(passphrase: string): number {
  const keys = [...passphrase.toLowerCase()].map((sign) => SHIFTED.get(sign) ?? sign).filter((key) => /\S/u.test(key));
  return keys.reduce((sum, key, at) => sum + (at > 0 && areNeighbours(keys[at - 1] ?? "", key) ? 1 : 5), 0);
}

function areNeighbours(one: string, other: string): boolean {
  return KEYBOARDS.some((keyboard) => {
    const [from, to] = [keyboard.get(one), keyboard.get(other)];
    return from !== undefined && to !== undefined && Math.abs(from.x - to.x) <= 1 && Math.abs(from.y - to.y) <= 1;
  });
}

function tokenBits(token: string): number {
  if (/^\p{N}/u.test(token)) return runs(token) * 2.5;
  if (/^\p{L}/u.test(token)) return looksSpoken(token) ? Math.min(WORD, 3 * runs(token)) : runs(token) * 3.5;
  return Math.min(runs(token) * 3, 12);
}

/** How many of its characters are not just the one before, or the next after it: `aaa` and `1234` are one each. */
function runs(token: string): number {
  const codes = [...token].map((character) => character.codePointAt(0) ?? 0);
  return codes.filter((code, at) => at === 0 || Math.abs(code - (codes[at - 1] ?? 0)) > 1).length;
}

/** Whether it has vowels as words have them, and no heap of consonants. */
function looksSpoken(token: string): boolean {
  const plain = token.normalize("NFD").replace(/\p{M}/gu, "");
  const vowels = plain.replace(/[^aeiouy]/gu, "").length;
  return vowels / plain.length >= 0.2 && !/[bcdfghjklmnpqrstvwxz]{6}/u.test(plain);
}
