// Finds payment card numbers in text, by the service's rule (`functions/service/src/text.rs`): chat refuses them too.

/** Full-width and Arabic-Indic digits; the last four bits are their value. */
const OTHER_DIGITS = /[\uff10-\uff19\u0660-\u0669\u06f0-\u06f9]/g;
/** Groups of digits with single separators between them. */
const GROUPS = /\d+(?:[ ./_\-\u00a0\u2009\u202f\u2010-\u2015]\d+)*/g;

/**
 * Whether some groups of digits in a row together have 13 to 19 digits, begin with 2 to 6 as card numbers do and pass the
 * check of ISO/IEC 7812-1 annex B (Luhn).
 */
export function holdsCardNumber(text: string): boolean {
  const plain = text.replace(OTHER_DIGITS, (digit) => String(digit.charCodeAt(0) & 0xf));
  return (plain.match(GROUPS) ?? []).some((row) => {
    const groups = row.split(/\D/);
    return groups.some((_, start) =>
      groups.some((_, end) => {
        const number = groups.slice(start, end + 1).join("");
        return /^[2-6]\d{12,18}$/.test(number) && luhn(number);
      }),
    );
  });
}

function luhn(number: string): boolean {
  const sum = [...number].reverse().reduce((total, digit, place) => {
    const value = Number(digit) * (place % 2 === 0 ? 1 : 2);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}
