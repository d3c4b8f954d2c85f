import { DomainError } from "./errors.ts";

/** Lets through `rate` a second on average and `burst` at once. */
export class TokenBucket {
  readonly #rate: number;
  readonly #burst: number;
  readonly #now: () => number;
  #tokens: number;
  #at: number;

  /** @param now milliseconds of a clock that never goes back */
  constructor(rate: number, burst: number, now: () => number = () => performance.now()) {
    this.#rate = rate;
    this.#burst = burst;
    this.#now = now;
    this.#tokens = burst;
    this.#at = now();
  }

  /**
   * Takes tokens. More than the burst at once is let through when the bucket is full, and paid for afterwards.
   *
   * @throws DomainError `resource_exhausted` with the time after which there are enough
   */
  take(tokens: number, who: string): void {
    const now = this.#now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) / 1_000) * this.#rate);
    this.#at = now;
    const needed = Math.min(tokens, this.#burst);
    if (this.#tokens < needed) {
      throw new DomainError("resource_exhausted", `the rate limit of "${who}" is reached`, {
        retryAfterMs: Math.ceil(((needed - this.#tokens) / this.#rate) * 1_000),
      });
    }
    this.#tokens -= tokens;
  }
}

/** Buckets remembered at once; beyond it the one that was used longest ago is forgotten, which only lets someone through. */
const MOST_BUCKETS = 10_000;

/**
 * A {@link TokenBucket} for each of many, in this process alone: for what must be decided without waiting for anybody.
 * Where there is time to ask, counts that all processes share are rate-limiter-flexible's.
 */
export class TokenBuckets {
  readonly #make: () => TokenBucket;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(rate: number, burst: number, now?: () => number) {
    this.#make = () => new TokenBucket(rate, burst, now);
  }

  /** @throws DomainError `resource_exhausted` with the time after which there are enough */
  take(key: string, tokens: number, who: string): void {
    const bucket = this.#buckets.get(key) ?? this.#make();
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > MOST_BUCKETS) {
      const oldest = this.#buckets.keys().next().value;
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    bucket.take(tokens, who);
  }
}
