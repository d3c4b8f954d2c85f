const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** How long after each failure a message is tried again, milliseconds: over three days in all. */
const WAITS_MS = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
];

/** Tries of one message. */
export const MOST_ATTEMPTS = WAITS_MS.length + 1;
/** An endpoint that had nothing but failures for so long is disabled. */
export const DISABLE_AFTER_MS = 5 * 24 * HOUR_MS;
/** `Retry-After` is honoured up to this. */
export const LONGEST_RETRY_AFTER_MS = 24 * HOUR_MS;
/** A fifth of a wait is chance, so that what failed together does not come back together. */
const JITTER = 0.2;

/**
 * When a message that failed is tried again.
 *
 * @param attempts so far
 * @param retryAfterMs what the endpoint asked for
 * @returns milliseconds from now; undefined when it is not tried again
 */
export function nextTryMs(
  attempts: number,
  retryAfterMs: number | undefined,
  random: () => number = Math.random,
): number | undefined {
  const wait = WAITS_MS[attempts - 1];
  if (wait === undefined) return undefined;
  const asked = Math.min(retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS);
  return Math.max(wait * (1 + JITTER * (2 * random() - 1)), asked);
}
