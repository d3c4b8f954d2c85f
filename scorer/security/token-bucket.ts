import { DomainError } from "../../platform/process/errors.ts";

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
