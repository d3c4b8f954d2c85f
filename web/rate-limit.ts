import type { MiddlewareHandler } from "hono";
import { DomainError } from "../platform/process/errors.ts";
import type { AppContext, AppEnv } from "./context.ts";

/** Addresses remembered at once; beyond it the oldest are forgotten, which only ever lets someone through. */
const MOST_KEYS = 10_000;

interface Bucket {
  tokens: number;
  at: number;
}

/** A token bucket for each key. */
export class RateLimiter {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #buckets = new Map<string, Bucket>();

  /**
   * @param perSecond tokens that come back each second; 0 is no limit
   * @param burst tokens a rested key has
   */
  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
  }

  /** @returns 0 when the call may go on, else the milliseconds until it may */
  take(key: string, now: number = performance.now()): number {
    if (this.#perSecond === 0) return 0;
    const before = this.#buckets.get(key);
    const tokens = before
      ? Math.min(this.#burst, before.tokens + ((now - before.at) / 1_000) * this.#perSecond)
      : this.#burst;
    this.#buckets.delete(key);
    const enough = tokens >= 1;
    this.#buckets.set(key, { tokens: enough ? tokens - 1 : tokens, at: now });
    if (this.#buckets.size > MOST_KEYS) {
      const oldest = this.#buckets.keys().next().value;
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    return enough ? 0 : Math.ceil(((1 - tokens) / this.#perSecond) * 1_000);
  }
}

/**
 * Refuses a caller that asks too often.
 *
 * @param keyOf what is counted, e.g. the address; null is not counted
 */
export function rateLimit(
  limiter: RateLimiter,
  keyOf: (c: AppContext) => string | null,
): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const key = keyOf(c);
    const wait = key === null ? 0 : limiter.take(key);
    if (wait > 0) throw new DomainError("resource_exhausted", "too many requests", { retryAfterMs: wait });
    await next();
  };
}
