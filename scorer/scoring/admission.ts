import { DomainError } from "../../platform/process/errors.ts";
import type { RowCost } from "./row-cost.ts";

export interface AdmissionLimits {
  /** Rows that may wait or be computed at any time. */
  readonly maxRows: number;
  /** What all rows inside may take together, milliseconds. */
  readonly maxWaitMs: number;
}

const MIN_RETRY_MS = 10;
/** Others may leave sooner than reckoned, and who comes back later finds the room taken. */
const MAX_RETRY_MS = 1_000;
/**
 * Up to so many times the limits, who has nothing inside, or no more than an equal share of what is there, is let in: one
 * who sends without end cannot keep others out.
 */
const OTHERS = 2;

/**
 * A bounded queue's door: counts the rows inside, knows what a row costs, and turns work away while that is still
 * cheap. What is inside is always finished. Whoever comes while nobody is inside is let in, whatever it will cost.
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #cost: RowCost;
  readonly #waiting: string;
  /** By caller, who has something inside. */
  readonly #inside = new Map<string, number>();
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
   * @param who whose they are; left out, nobody is told apart
   * @throws DomainError `resource_exhausted` with the time after which room is expected
   */
  enter(rows: number, who?: string): void {
    const own = who === undefined ? 0 : (this.#inside.get(who) ?? 0);
    const modest = who !== undefined && (own === 0 || own + rows <= this.#rows / this.#inside.size);
    if (!this.#hasRoom(rows, modest)) throw this.refusal();
    this.#rows += rows;
    if (who !== undefined) this.#inside.set(who, own + rows);
  }

  leave(rows: number, who?: string): void {
    this.#rows -= rows;
    if (who === undefined) return;
    const left = (this.#inside.get(who) ?? 0) - rows;
    if (left > 0) this.#inside.set(who, left);
    else this.#inside.delete(who);
  }

  /** Whether even a single row would be turned away now, whose ever it is. */
  get full(): boolean {
    return !this.#hasRoom(1, this.#inside.size > 0);
  }

  /** What is said to whom there is no room for. */
  refusal(): DomainError {
    const halfMs = (this.#rows * this.#cost.msPerRow) / 2;
    return new DomainError(
      "resource_exhausted",
      `the queue is full: ${this.#rows} transactions wait ${this.#waiting}`,
      { retryAfterMs: Math.min(MAX_RETRY_MS, Math.max(MIN_RETRY_MS, Math.ceil(halfMs))) },
    );
  }

  #hasRoom(rows: number, modest: boolean): boolean {
    if (this.#rows === 0) return true;
    const together = (this.#rows + rows) / (modest ? OTHERS : 1);
    return together <= this.#limits.maxRows && together * this.#cost.msPerRow <= this.#limits.maxWaitMs;
  }
}
