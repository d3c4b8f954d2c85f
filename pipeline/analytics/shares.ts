import type { CountedShare } from "../../domain/analytics.ts";
import { wilsonInterval } from "../../platform/math/wilson.ts";

/** A share with its interval. */
export function countedShare(hits: number, of: number): CountedShare {
  return { hits, of, share: of === 0 ? null : hits / of, ...wilsonInterval(hits, of) };
}

/** The middle of numbers, of an even number the mean of both; null of none. */
export function medianOf(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
