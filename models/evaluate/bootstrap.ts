import { Random } from "../../platform/math/random.ts";
import type { ScoredSample } from "./sample.ts";

/** A figure with the ends of its 95 % interval. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface BootstrapOptions {
  readonly seed: number;
  /** Resamples; default 1,000. */
  readonly draws?: number;
}

/**
 * 95 % percentile intervals by the stratified bootstrap (Efron & Tibshirani 1993, §12–13): frauds and legitimate rows
 * are drawn with replacement each within its class, so every draw has as many frauds as the data. A draw is given to
 * the statistic as weights (times drawn × the row's weight): what was sorted once stays sorted.
 *
 * @param statistic figures by name, from weights indexed by row; undefined asks for the sample's own weights
 * @returns each figure with its interval
 */
export function bootstrapIntervals<K extends string>(
  sample: ScoredSample,
  statistic: (weights: Float64Array | undefined) => Readonly<Record<K, number>>,
  { seed, draws = 1_000 }: BootstrapOptions,
): Record<K, Interval> {
  const rows = sample.labels.length;
  const frauds = Uint32Array.from({ length: rows }, (_, i) => i).filter((i) => sample.labels[i] === 1);
  const legitimate = Uint32Array.from({ length: rows }, (_, i) => i).filter((i) => sample.labels[i] !== 1);
  const own = sample.weights && Float64Array.from(sample.weights);
  const values = statistic(own);
  const names = Object.keys(values) as K[];
  const drawn = new Map(names.map((name) => [name, new Float64Array(draws)]));
  const weights = new Float64Array(rows);
  for (let draw = 0; draw < draws; draw++) {
    const random = new Random(seed, 0xb007 + draw);
    weights.fill(0);
    for (const stratum of [frauds, legitimate]) {
      for (let i = 0; i < stratum.length; i++) {
        const row = stratum[random.int(stratum.length)]!;
        weights[row]! += own ? own[row]! : 1;
      }
    }
    const figures = statistic(weights);
    for (const name of names) drawn.get(name)![draw] = figures[name];
  }
  const interval = (name: K): Interval => {
    const sorted = drawn
      .get(name)!
      .filter((value) => !Number.isNaN(value))
      .sort();
    return { value: values[name], low: quantile(sorted, 0.025), high: quantile(sorted, 0.975) };
  };
  return Object.fromEntries(names.map((name) => [name, interval(name)])) as Record<K, Interval>;
}

/** Linear interpolation between order statistics (numpy's default); NaN of nothing. */
export function quantile(sorted: Float64Array, q: number): number {
  if (sorted.length === 0) return Number.NaN;
  const position = q * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below]!;
  return low + (position - below) * (sorted[Math.min(below + 1, sorted.length - 1)]! - low);
}
