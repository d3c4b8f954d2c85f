/**
 * What PostgreSQL and JSON can both hold. JavaScript's strings, numbers and times reach further than the columns that
 * keep them; whoever accepts a value asks here, so that what is accepted can be stored.
 */

/** NUL, which PostgreSQL's text lacks, and halves of surrogate pairs, which UTF-8 lacks. */
const UNSTORABLE = /[\0\p{Cs}]/u;
const UNSTORABLE_ALL = /[\0\p{Cs}]/gu;

/** Whether a text comes back from the store as it went in. */
export function isStorableText(text: string): boolean {
  return !UNSTORABLE.test(text);
}

/** The text with U+FFFD for every character that cannot be stored. */
export function storableText(text: string): string {
  return text.replace(UNSTORABLE_ALL, "\u{fffd}");
}

/**
 * An ISO 8601 time in UTC, as `timestamptz` takes it: PostgreSQL knows offsets up to ±15:59 only.
 *
 * @returns undefined for what is no time, and for what lies outside the years 1 to 9999 in UTC
 */
export function storableTime(iso: string): string | undefined {
  const milliseconds = Date.parse(iso);
  if (Number.isNaN(milliseconds)) return undefined;
  const utc = new Date(milliseconds).toISOString();
  return /^\d{4}-/.test(utc) && !utc.startsWith("0000") ? utc : undefined;
}

/** Whether a number has a nearest 32-bit one (`real`); a number too small for it is 0, as in the model. */
export function fitsFloat32(value: number): boolean {
  return Number.isFinite(Math.fround(value));
}
