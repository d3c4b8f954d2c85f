/** What a model read of a payment. */
export interface Seen {
  /** The row, a copy of its own; undefined where nobody asked, or the row is the contract's numbers alone. */
  readonly features: Float32Array | undefined;
  /** The feature store was away: aggregates are what the schema says of no payments. */
  readonly withoutHistory: boolean;
}

export const NOTHING_SEEN: Seen = { features: undefined, withoutHistory: false };
