import { type QuietHours, quietUntil } from "./quiet-hours.ts";

const HOUR_MS = 3_600_000;

/** What says when a message to a channel may leave. */
export interface Pace {
  /** When earlier messages of the channel left, or are to leave, milliseconds since 1970. */
  readonly slots: readonly number[];
  readonly groupMs: number;
  /** Messages in any hour at most. */
  readonly perHour: number;
  /** Undefined where there are none, or what is told is critical. */
  readonly quiet: QuietHours | undefined;
}

/**
 * When the next message may leave: now, or at the end of quiet hours, no sooner than the grouping window behind the last
 * one, and no more of them in an hour than the channel takes.
 */
export function nextSlot(
  now: number,
  { slots, groupMs, perHour, quiet }: Pace,
): { readonly at: number; readonly held: boolean } {
  const until = quiet && quietUntil(quiet, new Date(now))?.getTime();
  let at = until ?? now;
  const before = (): number[] => slots.filter((slot) => slot <= at).sort((a, b) => b - a);
  const [last] = before();
  if (last !== undefined && at - last < groupMs) at = last + groupMs;
  const nth = before()[perHour - 1];
  if (nth !== undefined && at - nth < HOUR_MS) at = nth + HOUR_MS;
  return { at, held: until !== undefined };
}
