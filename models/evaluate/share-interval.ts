import { betaQuantile } from "./beta.ts";
import type { Interval } from "./bootstrap.ts";
import type { ScoredSample } from "./sample.ts";

/** A group of rows as a count of equal ones: how many, and how many transactions each stands for. */
interface EqualRows {
  readonly count: number;
  readonly weight: number;
}

/** What a share is of: rows that count for it and rows that count against it, by number; others are left out. */
export interface ShareOf {
  for(row: number): boolean;
  against(row: number): boolean;
  /** Class of the rows for it and against it, 1 fraud: what a row that was not seen would weigh. */
  readonly classes: readonly [number, number];
}

/** One error in twenty, as everywhere in the report. */
const ERROR = 0.05;

/**
 * A share of weighted rows with its 95 % interval: the exact binomial one (Clopper & Pearson 1934) on the number of
 * rows, each group counted as so many equal rows as it is worth (Kish's effective sample size, (Σw)² ÷ Σw²), carried over
 * to transactions by what a row of each group stands for (Σw² ÷ Σw). A share of 0 or 1 is no certainty: its open end has
 * the whole error, as in the rule of three, and what was not seen is taken to weigh what rows of its class weigh. So 65
 * alerts without a false one, where a legitimate row stands for seven, are a precision of at least 75 %, not of 100 %.
 *
 * @returns 0 (0 to 1) where nothing counts either way: nothing is known
 */
export function shareInterval(sample: ScoredSample, { for: hit, against, classes }: ShareOf): Interval {
  const hits = equalRows(sample, hit, classes[0]);
  const misses = equalRows(sample, against, classes[1]);
  const rows = hits.count + misses.count;
  if (rows === 0) return { value: 0, low: 0, high: 1 };
  const share = (ofRows: number): number => {
    const [a, b] = [ofRows * hits.weight, (1 - ofRows) * misses.weight];
    return a / (a + b);
  };
  if (misses.count === 0) return { value: 1, low: share(ERROR ** (1 / rows)), high: 1 };
  if (hits.count === 0) return { value: 0, low: 0, high: share(1 - ERROR ** (1 / rows)) };
  return {
    value: share(hits.count / rows),
    low: share(betaQuantile(ERROR / 2, hits.count, misses.count + 1)),
    high: share(betaQuantile(1 - ERROR / 2, hits.count + 1, misses.count)),
  };
}

/** Precision from a threshold up, with its interval. */
export function precisionInterval(sample: ScoredSample, threshold: number): Interval {
  return fraudRateInterval(sample, (row) => sample.scores[row]! >= threshold);
}

/** Recall from a threshold up, with its interval. */
export function recallInterval(sample: ScoredSample, threshold: number): Interval {
  const { scores, labels } = sample;
  return shareInterval(sample, {
    for: (row) => labels[row] === 1 && scores[row]! >= threshold,
    against: (row) => labels[row] === 1 && scores[row]! < threshold,
    classes: [1, 1],
  });
}

/**
 * Recall by value with its interval: the share of the money lost to fraud that stands from a threshold up. Every fraud
 * counts for its money, so a few large ones make it as uncertain as few rows would.
 */
export function recallByValueInterval(
  { scores, labels, weights }: ScoredSample,
  threshold: number,
  amounts: ArrayLike<number>,
): Interval {
  const money = Float64Array.from(labels, (_, row) => amounts[row]! * (weights?.[row] ?? 1));
  return recallInterval({ scores, labels, weights: money }, threshold);
}

/** Fraud rate of a part of the rows, with its interval. */
export function fraudRateInterval(sample: ScoredSample, inside: (row: number) => boolean): Interval {
  const { labels } = sample;
  return shareInterval(sample, {
    for: (row) => labels[row] === 1 && inside(row),
    against: (row) => labels[row] !== 1 && inside(row),
    classes: [1, 0],
  });
}

function equalRows(
  { labels, weights }: ScoredSample,
  belongs: (row: number) => boolean,
  label: number,
): EqualRows {
  const seen = sums((row) => belongs(row));
  if (seen.total > 0) return { count: seen.total ** 2 / seen.squares, weight: seen.squares / seen.total };
  const kind = sums((row) => labels[row] === label);
  return { count: 0, weight: kind.total > 0 ? kind.squares / kind.total : 1 };

  function sums(taken: (row: number) => boolean): { total: number; squares: number } {
    let [total, squares] = [0, 0];
    for (let row = 0; row < labels.length; row++) {
      if (!taken(row)) continue;
      const weight = weights ? weights[row]! : 1;
      total += weight;
      squares += weight * weight;
    }
    return { total, squares };
  }
}
