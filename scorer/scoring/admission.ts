import { DomainError } from "../../platform/errors.ts";

export interface AdmissionLimits {
  /** Rows that may wait or be computed at any time. */
  readonly maxRows: number;
  /** The longest wait worth joining the queue for, milliseconds. */
  readonly maxWaitMs: number;
}

const MIN_RETRY_MS = 10;
/** What is left of the weight of past runs after each new one. */
const DECAY = 0.95;
const FIRST_GUESS_MS_PER_ROW = 0.01;
/** Smaller runs cost mostly their overhead; a queue that is worth bounding is worked off in larger ones. */
const TELLING_ROWS = 32;

/**
 * The bounded queue's door: counts the rows inside, knows what a row costs, and turns work away while that is still
 * cheap. What is inside is always finished.
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  #rows = 0;
  /** Decayed sums over past runs: their rows, and what those took. One run that was held up then does not count much. */
  #pastRows = TELLING_ROWS;
  #pastMs = TELLING_ROWS * FIRST_GUESS_MS_PER_ROW;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  /** Rows that wait or are being computed. */
  get rows(): number {
    return this.#rows;
  }

  /** Milliseconds that everything inside will take, by what rows have cost lately. */
  get waitMs(): number {
    return this.#rows * this.msPerRow;
  }

  /** What a row has cost lately, milliseconds of computing. */
  get msPerRow(): number {
    return this.#pastMs / this.#pastRows;
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
      `the scoring queue is full: ${this.#rows} transactions are waiting`,
      { retryAfterMs: Math.max(MIN_RETRY_MS, Math.ceil(this.waitMs / 2)) },
    );
  }

  #hasRoom(rows: number): boolean {
    if (this.#rows === 0) return true;
    return this.#rows + rows <= this.#limits.maxRows && this.waitMs <= this.#limits.maxWaitMs;
  }

  leave(rows: number): void {
    this.#rows -= rows;
  }

  /** Tells what a run cost. */
  observe(rows: number, ms: number): void {
    if (rows < TELLING_ROWS) return;
    this.#pastRows = this.#pastRows * DECAY + rows;
    this.#pastMs = this.#pastMs * DECAY + ms;
  }
}
