/**
 * Finds card numbers (PANs, ISO/IEC 7812-1) in text: 13 to 19 digits that an issuer could have given out (first
 * digits 22–27, 3, 4, 5, 6, 81, 82 or 9792) and that pass the Luhn check, either in one piece or in the groups that
 * cards are printed in, apart by a space or dash. Digits inside a longer number do not count, nor do digits of a
 * hexadecimal id (a UUID or trace id would be refused by chance once in a few thousand otherwise).
 */
const CANDIDATE =
  /(?<!\d)(?:\d{13,19}|\d{4}[ -]?\d{4}[ -]?\d{4}[ -]?\d{1,4}[ -]?\d{0,3}|\d{4}[ -]\d{6}[ -]\d{4,5})(?!\d)/g;

const ISSUER = /^(?:2[2-7]|3|4|5|6|81|82|9792)/;

/** Whether the text holds something that looks like a card number. */
export function containsPan(text: string): boolean {
  if (text.length < 13) return false;
  for (const match of text.matchAll(CANDIDATE)) {
    const digits = match[0].replace(/[ -]/g, "");
    if (digits.length < 13 || digits.length > 19 || !ISSUER.test(digits) || !passesLuhn(digits)) continue;
    if (!insideHexId(text, match.index, match[0].length)) return true;
  }
  return false;
}

/** ISO/IEC 7812-1 annex B: from the right every second digit doubled, the digits' sum a multiple of ten. */
export function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    let digit = digits.charCodeAt(digits.length - 1 - i) - 48;
    if (i % 2 === 1) {
      digit *= 2;
      if (digit > 9) digit -= 9;
    }
    sum += digit;
  }
  return sum % 10 === 0;
}

/** The alphanumeric word around the digits is hexadecimal with at least one letter, or the whole is a UUID. */
function insideHexId(text: string, start: number, length: number): boolean {
  let from = start;
  let to = start + length;
  while (from > 0 && /[0-9A-Za-z]/.test(text[from - 1] as string)) from--;
  while (to < text.length && /[0-9A-Za-z]/.test(text[to] as string)) to++;
  const word = text.slice(from, to);
  if (/^[0-9a-fA-F]+$/.test(word) && /[a-fA-F]/.test(word) && word.length >= 20) return true;
  return /[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}/.test(text);
}
