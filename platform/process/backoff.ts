import { setTimeout as sleep } from "node:timers/promises";

/** How long to wait before something that failed is tried again: twice as long each time. */
export interface Backoff {
  readonly firstMs: number;
  /** No wait is longer. */
  readonly mostMs: number;
  /** Share of a wait that chance may take off, [0, 1], so that those who failed together do not all come back at once. */
  readonly jitter?: number;
}

/**
 * The wait before another try, milliseconds.
 *
 * @param failures that went before the last one: 0 gives `firstMs`
 * @param random from [0, 1)
 */
export function backoffMs(
  { firstMs, mostMs, jitter = 0 }: Backoff,
  failures: number,
  random: () => number = Math.random,
): number {
  const whole = Math.min(firstMs * 2 ** failures, mostMs);
  return jitter === 0 ? whole : whole * (1 - jitter * random());
}

/**
 * Waits as long as {@link backoffMs} says.
 *
 * @throws AbortError as soon as `signal` says to stop
 */
export async function backOff(backoff: Backoff, failures: number, signal?: AbortSignal): Promise<void> {
  await sleep(backoffMs(backoff, failures), undefined, signal ? { signal } : {});
}
