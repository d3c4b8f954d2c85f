import { Turns } from "../../platform/process/turns.ts";
import { Admission } from "./admission.ts";
import { RowCost } from "./row-cost.ts";

/** One kind of work for the inference threads. */
export interface Line {
  /** What one row of it costs. */
  readonly cost: RowCost;
  /** The door for calls that bring one transaction: they overtake what batches bring, so batches do not count. */
  readonly singles: Admission;
  /** The door for calls that bring many. */
  readonly batches: Admission;
  /** Who may have a piece of work in the inference thread now. */
  readonly turns: Turns;
}

export interface Lines {
  readonly scoring: Line;
  /**
   * Reasons cost some hundred times what a score does. They wait in a line of their own, so that however many are asked
   * for, nobody else's score waits for more than the piece under way.
   */
  readonly explaining: Line;
}

export interface LineLimits {
  readonly maxRows: number;
  /** What the single transactions of one line may take together, milliseconds; the same for batches to be scored. */
  readonly maxWaitMs: number;
  /** What batches' transactions to be explained may take together, milliseconds. */
  readonly maxExplainMs: number;
}

/** Pieces that may wait in the inference thread, so that it has work while the main thread reads what has come in. */
const SLICES_AT_ONCE = 4;
const EXPLAINED_AT_ONCE = 2;
const FIRST_GUESS_SCORE_MS = 0.01;
const FIRST_GUESS_REASONS_MS = 2;
const TELLING_ROWS = 32;

export function openLines({ maxRows, maxWaitMs, maxExplainMs }: LineLimits): Lines {
  const scoring = new RowCost(FIRST_GUESS_SCORE_MS, TELLING_ROWS);
  const explaining = new RowCost(FIRST_GUESS_REASONS_MS, 1);
  return {
    scoring: {
      cost: scoring,
      singles: new Admission({ maxRows, maxWaitMs }, scoring, "to be scored"),
      batches: new Admission({ maxRows, maxWaitMs }, scoring, "to be scored"),
      turns: new Turns(SLICES_AT_ONCE),
    },
    explaining: {
      cost: explaining,
      singles: new Admission({ maxRows, maxWaitMs }, explaining, "to be explained"),
      batches: new Admission({ maxRows, maxWaitMs: maxExplainMs }, explaining, "to be explained"),
      turns: new Turns(EXPLAINED_AT_ONCE),
    },
  };
}
