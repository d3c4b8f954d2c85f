import { type BootstrapOptions, bootstrapIntervals, type Interval } from "./bootstrap.ts";
import { rank, rankingQuality } from "./ranking.ts";
import type { ScoredSample } from "./sample.ts";

/** AUPRC of two models on the same rows, and their difference (second − first) over the same bootstrap draws. */
export interface Comparison {
  readonly first: Interval;
  readonly second: Interval;
  readonly difference: Interval;
}

/** Compares what two models say of the same rows: labels and weights of both samples are the same. */
export function compareAuprc(
  first: ScoredSample,
  second: ScoredSample,
  options: BootstrapOptions,
): Comparison {
  const ranked = [rank(first), rank(second)] as const;
  return bootstrapIntervals(
    first,
    (weights) => {
      const [one, two] = ranked.map((r) => rankingQuality(r, weights).auprc) as [number, number];
      return { first: one, second: two, difference: two - one };
    },
    options,
  );
}
