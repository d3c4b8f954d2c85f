/** One feature's part in a score; `contribution` > 0 moves towards fraud. */
export interface Reason {
  /** Stable, e.g. "V14_LOW". */
  readonly code: string;
  readonly feature: string;
  /** The feature's value before scaling. */
  readonly value: number;
  readonly contribution: number;
  /** One English sentence. */
  readonly text: string;
}

/** How many reasons a case keeps, the strongest. */
export const TOP_REASONS = 5;
