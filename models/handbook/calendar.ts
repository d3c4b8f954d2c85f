import { DomainError } from "../../platform/process/errors.ts";

export const DAY_MS = 86_400_000;

/** The number of a day: whole days since 1970-01-01, UTC. */
export function dayOf(ms: number): number {
  return Math.floor(ms / DAY_MS);
}

/** A day as it is written, e.g. 2018-07-25. */
export function dayText(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** @throws DomainError `invalid_argument` for a text that is no day of the calendar */
export function readDay(text: string): number {
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  // 2018-02-30 is read as a day of March.
  if (Number.isNaN(ms) || dayText(dayOf(ms)) !== text) {
    throw new DomainError("invalid_argument", `--start ${text}: must be a day, e.g. 2018-07-25`);
  }
  return dayOf(ms);
}
