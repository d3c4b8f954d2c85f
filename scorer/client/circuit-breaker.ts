import { DomainError } from "../../platform/process/errors.ts";

export interface BreakerOptions {
  /** So many failures in a row open the circuit. */
  readonly failures: number;
  /** How long an open circuit fails calls at once before it lets one try, milliseconds. */
  readonly coolDownMs: number;
}

/** Open: no call gets through; half-open: one tries. */
export type BreakerState = "closed" | "open" | "half-open";

/**
 * Stops calling a server that does not answer, so that callers fail at once instead of waiting for their deadlines. Only
 * `unavailable` and `deadline_exceeded` count: a server that refuses or rejects is alive.
 */
export class CircuitBreaker {
  readonly #options: BreakerOptions;
  readonly #now: () => number;
  #failures = 0;
  #openedAt = 0;
  #state: BreakerState = "closed";

  /** @param now milliseconds of a clock that never goes back */
  constructor(options: BreakerOptions, now: () => number = () => performance.now()) {
    this.#options = options;
    this.#now = now;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** Runs a call. @throws DomainError `unavailable` at once while the circuit is open */
  async run<T>(call: () => Promise<T>): Promise<T> {
    this.#admit();
    try {
      const result = await call();
      this.#alive();
      return result;
    } catch (error) {
      const { code } = DomainError.from(error);
      if (code === "unavailable" || code === "deadline_exceeded") this.#failed();
      // Whoever gives up has learnt nothing about the server; a try that was given up leaves the next one to try.
      else if (code === "cancelled") this.#state = this.#state === "half-open" ? "open" : this.#state;
      else this.#alive();
      throw error;
    }
  }

  #admit(): void {
    if (this.#state === "closed") return;
    const left = this.#openedAt + this.#options.coolDownMs - this.#now();
    if (this.#state === "half-open" || left > 0) {
      throw new DomainError("unavailable", "the scorer has not been answering; not trying again yet", {
        retryAfterMs: Math.max(10, Math.ceil(left)),
      });
    }
    this.#state = "half-open";
  }

  #alive(): void {
    this.#failures = 0;
    this.#state = "closed";
  }

  #failed(): void {
    this.#failures++;
    if (this.#state !== "half-open" && this.#failures < this.#options.failures) return;
    this.#state = "open";
    this.#openedAt = this.#now();
  }
}
