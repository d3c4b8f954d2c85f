import { isBlank, quoted, readable } from "./text.ts";

/**
 * Decimal notation only: Number() alone would also read "", " 1", "0x10" and "Infinity".
 *
 * @returns undefined when the text is no such number, or one that is not finite
 */
export function readDecimal(text: string): number | undefined {
  const value = Number(text);
  return Number.isFinite(value) && isDecimal(text) ? value : undefined;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isDecimal(text: string): boolean {
  const first = text.charCodeAt(0);
  const last = text.charCodeAt(text.length - 1);
  if (!(isDigit(first) || first === 45 || first === 46 || first === 43) || !(isDigit(last) || last === 46)) {
    return false;
  }
  const second = text.charCodeAt(1) | 32;
  return second !== 120 && second !== 98 && second !== 111;
}

/** Whether a number that is not 0 would be 0 to a model, which reads 32-bit numbers (the least is 1.4e-45). */
export function vanishes(value: number, text: string): boolean {
  return Math.fround(value) === 0 && (value !== 0 || /[1-9]/.test(text.split(/e/i, 1)[0] ?? ""));
}

/** A yes or no: 0 and 1, also in the single quotes of OpenML, False and True, no and yes. */
export function readFlag(text: string): 0 | 1 | undefined {
  const plain = withoutQuotes(text);
  const value = readDecimal(plain);
  if (value === 0 || /^(false|no)$/i.test(plain)) return 0;
  if (value === 1 || /^(true|yes)$/i.test(plain)) return 1;
  return undefined;
}

/** Whether a payment was fraud: as {@link readFlag}, or by the word for it. */
export function readLabel(text: string): 0 | 1 | undefined {
  const plain = withoutQuotes(text);
  if (/^fraud(ulent)?$/i.test(plain)) return 1;
  if (/^(legit(imate)?|genuine|(no|non|not)[ _-]?fraud)$/i.test(plain)) return 0;
  return readFlag(text);
}

function withoutQuotes(text: string): string {
  return /^'.*'$/.test(text) ? text.slice(1, -1) : text;
}

/**
 * A number whose decimals stand behind a comma. A point could only part thousands, and nobody should have to guess.
 *
 * @returns undefined when the text is no such number
 */
export function readCommaDecimal(text: string): number | undefined {
  return text.includes(".") ? undefined : readDecimal(text.replace(",", "."));
}

/** Why a text is no number with a decimal comma, in words. */
export function notACommaNumber(latin1: string): string {
  if (isBlank(latin1)) return "has no value";
  const thousands = /^[+-]?[\d.' \u00a0\u202f]+(,\d+)?$/.test(readable(latin1).trim());
  const hint = thousands ? ": leave out what parts thousands" : " with a decimal comma";
  return `${quoted(latin1)} is not a number${hint}`;
}

const HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /^\d{4}-\d\d?-\d\d?|^\d{4}\/\d\d?\/|^\d\d?[./-]\d\d?[./-]\d{2,4}|\d:\d\d/,
    "a date or a clock's time stands there",
  ],
  [/^[+-]?\d+,\d+(e[+-]?\d+)?$/i, "write decimals with a point, or say --decimal comma"],
  [/\p{Sc}|^[A-Z]{3}\s?[\d.,]+$|^[\d.,]+\s?[A-Z]{3}$/u, "leave the currency out"],
  [
    /^[+-]?\d{1,3}([,' \u00a0\u202f_]\d{3})+([.,]\d+)?$|^[+-]?\d{1,3}(\.\d{3})+,\d+$/,
    "leave out what parts thousands",
  ],
  [/^[\u2010-\u2015\u2212]/, "write minus as a hyphen"],
  [/%$/, "leave the percent sign out"],
  [/^(nan|na|n\/a|null|none|nil|\?|-|\.)$/i, "leave out rows with a missing value"],
  [/^[+-]?inf(inity)?$/i, "numbers have to be finite"],
  [/^'.*'$/, "leave the quotes out"],
];

/** Why a text is no number, in words. */
export function notANumber(latin1: string): string {
  if (isBlank(latin1)) return "has no value";
  const text = readable(latin1).trim();
  const hint = HINTS.find(([pattern]) => pattern.test(text));
  return `${quoted(latin1)} is not a number${hint ? `: ${hint[1]}` : ""}`;
}

/** Why a text is no yes or no, in words. */
export function notAFlag(latin1: string, yes: string): string {
  return isBlank(latin1) ? "has no value" : `${asWritten(latin1)} is neither 0 nor 1 (1 is ${yes})`;
}

/** A number as it is written, other text in quotes. */
export function asWritten(latin1: string): string {
  return readDecimal(latin1) === undefined ? quoted(latin1) : latin1;
}
