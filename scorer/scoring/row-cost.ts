/** What is left of the weight of past runs after each new one. */
const DECAY = 0.95;

/** What a row of some kind of work costs, learnt from the runs. */
export class RowCost {
  readonly #tellingRows: number;
  /** Decayed sums over past runs: their rows, and what those took. One run that was held up then does not count much. */
  #pastRows: number;
  #pastMs: number;

  /**
   * @param firstGuessMs milliseconds a row, until runs have told
   * @param tellingRows smaller runs cost mostly their overhead, and are left out
   */
  constructor(firstGuessMs: number, tellingRows: number) {
    this.#tellingRows = tellingRows;
    this.#pastRows = tellingRows;
    this.#pastMs = tellingRows * firstGuessMs;
  }

  /** What a row has cost lately, milliseconds of computing. */
  get msPerRow(): number {
    return this.#pastMs / this.#pastRows;
  }

  /** Tells what a run cost. */
  observe(rows: number, ms: number): void {
    if (rows < this.#tellingRows) return;
    this.#pastRows = this.#pastRows * DECAY + rows;
    this.#pastMs = this.#pastMs * DECAY + ms;
  }
}

/** How long one piece of work may hold the inference thread, milliseconds: what a single request waits behind it at most. */
const PIECE_MS = 2.5;
const LEAST_MS_PER_ROW = 1e-4;

/** Rows of one piece of work when a row takes `msPerRow`: as many as fit, from `min` to `max`. */
export function rowsOfPiece(msPerRow: number, min: number, max: number): number {
  const fitting = Math.round(PIECE_MS / Math.max(msPerRow, LEAST_MS_PER_ROW));
  return Math.max(min, Math.min(max, fitting));
}
