import type { AnalyticsDays, Span } from "../../domain/analytics.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { MINUTES_KEPT_DAYS } from "../store/fold-counters.ts";

const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;

/**
 * So many days of 24 hours up to the end of a minute: of the running one, or of the one before a moment that was asked for.
 *
 * @throws DomainError `invalid_argument` for a moment to come, or so long ago that its minutes are no longer kept
 */
export function rangeOf(days: AnalyticsDays, asked?: Date, now = new Date()): Span {
  const running = Math.ceil((now.getTime() + 1) / MINUTE_MS) * MINUTE_MS;
  const until = asked === undefined ? running : Math.floor(asked.getTime() / MINUTE_MS) * MINUTE_MS;
  const refuse = (description: string): DomainError => DomainError.invalid([{ field: "until", description }]);
  if (until > running) throw refuse("lies ahead");
  const from = until - days * DAY_MS;
  if (!isKept(new Date(from), now)) {
    throw refuse(`is too long ago: minutes are kept for ${MINUTES_KEPT_DAYS} days`);
  }
  return { from: new Date(from), until: new Date(until) };
}

/** The range of the same length before; null where its minutes are no longer kept. */
export function rangeBefore({ from, until }: Span, now = new Date()): Span | null {
  const before = { from: new Date(2 * from.getTime() - until.getTime()), until: from };
  return isKept(before.from, now) ? before : null;
}

function isKept(at: Date, now: Date): boolean {
  return at.getTime() >= now.getTime() - MINUTES_KEPT_DAYS * DAY_MS;
}
