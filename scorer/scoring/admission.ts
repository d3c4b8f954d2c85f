import { DomainError } from "../../platform/errors.ts";
import type { RowCost } from "./row-cost.ts";

export interface AdmissionLimits {
  /** Rows that may wait or be computed at any time. */
  readonly maxRows: number;
  /** What all rows inside may take together, milliseconds. */
  readonly maxWaitMs: number;
}

const MIN_RETRY_MS = 10;

/**
 * A bounded queue's door: counts the rows inside, knows what a row costs, and turns work away while that is still
 * cheap. What is inside is always finished. Whoever comes while nobody is inside is let in, whatever it will cost.
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #cost: RowCost;
  readonly #waiting: string;
  #rows = 0;

  /** @param waiting what those inside wait for, in words: "to be scored" */
  constructor(limits: AdmissionLimits, cost: RowCost, waiting: string) {
    this.#limits = limits;
    this.#cost = cost;
    this.#waiting = waiting;
  }

  /** Rows that wait or are being computed. */
  get rows(): number {
    return this.#rows;
  }

  /**
   * Lets rows in; each call needs its {@link leave}.
   *
   * @throws DomainError `resource_exhausted` with the time after which room is expected
   */
  enter(rows: number): void {
    if (!this.#hasRoom(rows)) throw this.refusal();
    this.#rows += rows;
  }

  /** Whether even a single row would be turned away now. */
  get full(): boolean {
    return !this.#hasRoom(1);
  }

  /** What is said to whom there is no room for. */
  refusal(): DomainError {
    return new DomainError(
      "resource_exhausted",
      `the queue is full: ${this.#rows} transactions wait ${this.#waiting}`,
      { retryAfterMs: Math.max(MIN_RETRY_MS, Math.ceil((this.#rows * this.#cost.msPerRow) / 2)) },
    );
  }

  leave(rows: number): void {
    this.#rows -= rows;
  }

  #hasRoom(rows: number): boolean {
    if (this.#rows === 0) return true;
    const together = this.#rows + rows;
    return together <= this.#limits.maxRows && together * this.#cost.msPerRow <= this.#limits.maxWaitMs;
  }
}
