import type { MiddlewareHandler } from "hono";
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import { DomainError } from "../platform/process/errors.ts";
import { inTime } from "../platform/process/in-time.ts";
import type { RedisConnection } from "../platform/process/redis.ts";
import type { AppContext, AppEnv } from "./context.ts";

/** Redis is asked for no longer than this, milliseconds: a limit must not be what a caller waits for. */
const PATIENCE_MS = 250;

/** How much is allowed. */
export interface RateOptions {
  /** What the counts are kept under in Redis, after the house's prefix. */
  readonly name: string;
  /** So many in each window; 0 is no limit. */
  readonly points: number;
  /** The window, seconds; whole. It begins with the first. */
  readonly seconds: number;
}

/** Counts what each caller does, in Redis for all processes together and, while Redis is away, in this one. */
export class RateLimiter {
  readonly #shared: RateLimiterRedis;
  readonly #own: RateLimiterMemory;
  readonly #unlimited: boolean;

  constructor(redis: RedisConnection, prefix: string, { name, points, seconds }: RateOptions) {
    this.#unlimited = points === 0;
    const count = { keyPrefix: `${prefix}:rate:${name}`, points, duration: seconds };
    this.#own = new RateLimiterMemory(count);
    this.#shared = new RateLimiterRedis({
      ...count,
      storeClient: redis,
      rejectIfRedisNotReady: true,
      // Who has used all up is refused without asking Redis again.
      inMemoryBlockOnConsumed: points + 1,
    });
  }

  /**
   * Counts one more.
   *
   * @returns 0 when it may go on, else the milliseconds until it may
   */
  async take(key: string): Promise<number> {
    if (this.#unlimited) return 0;
    // Counted here in any case: what Redis is not asked about, or answers too late, is known all the same.
    const own = await waitOf(this.#own.consume(key));
    try {
      return await waitOf(inTime(this.#shared.consume(key), PATIENCE_MS));
    } catch {
      return own;
    }
  }
}

/** 0 for what may go on, else the milliseconds until it may; fails when nobody could say. */
async function waitOf(asked: Promise<unknown>): Promise<number> {
  try {
    await asked;
    return 0;
  } catch (refused) {
    if (refused instanceof RateLimiterRes) return Math.max(1, refused.msBeforeNext);
    throw refused;
  }
}

/** So many a second on average, as few as one in many seconds. */
export function perSecond(name: string, rate: number): RateOptions {
  const seconds = rate === 0 || rate >= 1 ? 1 : Math.ceil(1 / rate);
  return { name, points: Math.ceil(rate * seconds), seconds };
}

/**
 * @throws DomainError `resource_exhausted` with the time after which the caller may come again
 */
export async function spend(limiter: RateLimiter, key: string, why = "too many requests"): Promise<void> {
  const wait = await limiter.take(key);
  if (wait > 0) throw new DomainError("resource_exhausted", why, { retryAfterMs: wait });
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
    if (key !== null) await spend(limiter, key);
    await next();
  };
}
