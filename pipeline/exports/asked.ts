import { DomainError } from "../../platform/process/errors.ts";
import { storableTime } from "../../platform/process/storable.ts";

const DAY = /^\d{4}-\d\d-\d\d$/;
/** ISO 8601 with a zone: without one it would be this machine's. */
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)$/;

/**
 * A day (its beginning in UTC) or a moment, as somebody wrote it.
 *
 * @param name what it is called, for the refusal
 * @returns ISO 8601 in UTC, to the millisecond
 * @throws DomainError `invalid_argument`
 */
export function momentOf(name: string, text: string): string {
  const day = text.slice(0, 10);
  const utc = DAY.test(text) || MOMENT.test(text) ? storableTime(text) : undefined;
  // 2026-02-30 would be a day in March.
  if (utc !== undefined && storableTime(day)?.startsWith(day)) return utc;
  throw new DomainError(
    "invalid_argument",
    `${name}: ${JSON.stringify(text)} is neither a day (2026-11-26) nor a moment with a zone (2026-11-26T21:00:00Z)`,
  );
}
