import { offsetMs, type Zone } from "./zone.ts";

const MOMENT = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|z|[+-]\d\d:?\d\d)?$/;

/** What is wrong with a moment that does not say where its clock is. */
export const NO_ZONE = "has no time zone: say which one the file's times are in";

/**
 * Reads a moment as ISO 8601 writes it: `2018-04-01T00:00:31`, a blank may stand for the T, seconds and their fraction
 * may be missing.
 *
 * @param zone where the file's clocks are, for moments that do not say so; nothing is guessed
 * @returns milliseconds since 1970 in UTC, or what is wrong
 */
export function readMoment(text: string, zone: Zone | undefined): number | string {
  const match = MOMENT.exec(text);
  if (!match) {
    const counted = countedFrom1970(text);
    if (counted !== undefined) return counted;
    return "must be a date and a time as ISO 8601 writes them, e.g. 2018-04-01T00:00:31Z";
  }
  const [, year, month, day, hour, minute, second, fraction, offset] = match;
  const [y, mo, d] = [Number(year), Number(month), Number(day)];
  const [h, mi, s] = [Number(hour), Number(minute), Number(second ?? 0)];
  const ms = fraction === undefined ? 0 : Math.floor(Number(`0.${fraction}`) * 1_000);
  const localMs = Date.UTC(y, mo - 1, d, h, mi, s, ms);
  if (mo < 1 || mo > 12 || d < 1 || d > daysIn(y, mo) || h > 23 || mi > 59 || s > 59 || y < 1) {
    return "is no day or no time of the calendar";
  }
  if (offset !== undefined) {
    const east = offsetMs(offset);
    return east === undefined ? "has an offset that no clock has" : localMs - east;
  }
  if (!zone) return NO_ZONE;
  const east = zone(localMs);
  return east === undefined ? "was skipped when the clocks went forward" : localMs - east;
}

/** What to write in place of seconds or milliseconds since 1970: which of them it is, nobody should have to guess. */
function countedFrom1970(text: string): string | undefined {
  if (!/^\d{9,10}(\.\d+)?$|^\d{12,13}$/.test(text)) return undefined;
  const [unit, ms] = text.length >= 12 && !text.includes(".") ? ["milliseconds", 1] : ["seconds", 1_000];
  const moment = new Date(Math.floor(Number(text) * ms)).toISOString();
  return `must be a date and a time as ISO 8601 writes them: if it is ${unit} since 1970, write ${moment}`;
}

function daysIn(year: number, month: number): number {
  return month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
    ? 29
    : [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]!;
}
