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
  /** The feature's usual value, in the unit of `value`; what was recorded by earlier versions has none. */
  readonly usual?: number | undefined;
  /** What `value` counts, for models with a schema: "payments", "s", a currency, "share" (0 to 1); absent for a bare number. */
  readonly unit?: string | undefined;
  /** The feature in words, for models with a schema. */
  readonly title?: string | undefined;
}

/** How many reasons a case keeps, the strongest. */
export const TOP_REASONS = 5;
