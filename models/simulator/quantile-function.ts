import type { QuantileFunction } from "../../pipeline/simulator/profile-schema.ts";
import { normalCdf } from "../../platform/math/normal-distribution.ts";

/** Every step between knots stands for at least this many rows: no knot tells a single transaction's value. */
const ROWS_PER_STEP = 4;
const MAX_KNOTS = 33;
/** Farthest knot from the middle, in standard deviations of a normal. */
const FARTHEST = 3.2;
/** An amount is a point of its own from this share on. */
const POINT_MASS_SHARE = 0.01;
const POINT_MASS_ROWS = 8;

/** Values with weights, ascending. */
interface Sorted {
  readonly values: Float64Array;
  /** Weight before and including each value, as a share of all; the last is 1. */
  readonly cumulative: Float64Array;
}

/**
 * The quantile function of weighted values, linear between knots that lie denser in the tails. The outermost steps are
 * chosen so that the tails' means are right, then the whole is shifted and stretched so that mean and standard
 * deviation are exactly those of the data.
 */
export function continuousQuantiles(values: ArrayLike<number>, weights: ArrayLike<number>): QuantileFunction {
  const sorted = sort(values, weights);
  const at = grid(sorted.values.length);
  const value = tailed(sorted, at);
  const wanted = moments(values, weights);
  const got = lineMoments({ at, value });
  const stretch = got.deviation > 0 ? wanted.deviation / got.deviation : 1;
  return { at: at.map(round), value: value.map((q) => round(wanted.mean + (q - got.mean) * stretch)) };
}

/**
 * The quantile function of amounts: as above, and flat where many transactions have the same amount (0.00, 1.00,
 * 9.99, …). Its mean is right by its tails; it is not stretched, so the common amounts stay what they are.
 */
export function amountQuantiles(values: ArrayLike<number>, weights: ArrayLike<number>): QuantileFunction {
  const sorted = sort(values, weights);
  const n = sorted.values.length;
  const base = grid(n);
  const smooth = tailed(sorted, base);
  const knots: [number, number][] = base.map((p, i) => [p, Math.max(0, smooth[i]!)]);
  for (let from = 0; from < n; ) {
    let to = from;
    while (to + 1 < n && sorted.values[to + 1] === sorted.values[from]) to++;
    const low = from === 0 ? 0 : sorted.cumulative[from - 1]!;
    const high = sorted.cumulative[to]!;
    if (high - low >= POINT_MASS_SHARE && to - from + 1 >= POINT_MASS_ROWS) {
      const amount = sorted.values[from]!;
      for (let i = knots.length - 1; i >= 0; i--) {
        const [p] = knots[i]!;
        if (p > low && p < high) knots.splice(i, 1);
      }
      knots.push([low, amount], [high, amount]);
    }
    from = to + 1;
  }
  knots.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  // The step before or after a point may not overtake it.
  let highest = 0;
  const value = knots.map(([, q]) => {
    highest = Math.max(highest, q);
    return Math.round(highest * 100) / 100;
  });
  return { at: knots.map(([p]) => round(p)), value };
}

/** Weighted mean and standard deviation. */
export function moments(
  values: ArrayLike<number>,
  weights: ArrayLike<number>,
): { readonly mean: number; readonly deviation: number } {
  let total = 0;
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    total += weights[i]!;
    sum += weights[i]! * values[i]!;
  }
  const mean = sum / total;
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += weights[i]! * (values[i]! - mean) ** 2;
  return { mean, deviation: Math.sqrt(squares / total) };
}

/** Probabilities 0, Φ(−z)…Φ(z), 1. */
function grid(rows: number): number[] {
  const inner = Math.max(3, Math.min(MAX_KNOTS - 2, Math.floor(rows / ROWS_PER_STEP) - 1));
  let farthest = FARTHEST;
  while (farthest > 0.5 && normalCdf(-farthest) * rows < ROWS_PER_STEP) farthest -= 0.05;
  const at = Array.from({ length: inner }, (_, i) => normalCdf(farthest * ((2 * i) / (inner - 1) - 1)));
  return [0, ...at, 1];
}

/** Weighted quantiles at `at`, the first and last such that the outermost steps have the tails' means. */
function tailed(sorted: Sorted, at: readonly number[]): number[] {
  const value = at.map((p) => quantile(sorted, p));
  const last = at.length - 1;
  value[0] = Math.min(value[1]!, 2 * meanBetween(sorted, 0, at[1]!) - value[1]!);
  value[last] = Math.max(value[last - 1]!, 2 * meanBetween(sorted, at[last - 1]!, 1) - value[last - 1]!);
  return value;
}

function sort(values: ArrayLike<number>, weights: ArrayLike<number>): Sorted {
  const order = Int32Array.from({ length: values.length }, (_, i) => i).sort(
    (a, b) => values[a]! - values[b]!,
  );
  const sorted = Float64Array.from(order, (i) => values[i]!);
  const cumulative = new Float64Array(order.length);
  let total = 0;
  for (let i = 0; i < order.length; i++) {
    total += weights[order[i]!]!;
    cumulative[i] = total;
  }
  for (let i = 0; i < order.length; i++) cumulative[i] = cumulative[i]! / total;
  return { values: sorted, cumulative };
}

/** Linear between the middles of the rows' shares. */
function quantile({ values, cumulative }: Sorted, p: number): number {
  const n = values.length;
  const middle = (i: number): number => (cumulative[i]! + (i === 0 ? 0 : cumulative[i - 1]!)) / 2;
  let low = 0;
  let high = n - 1;
  if (p <= middle(0)) return values[0]!;
  if (p >= middle(n - 1)) return values[n - 1]!;
  while (high - low > 1) {
    const mid = (low + high) >> 1;
    if (middle(mid) <= p) low = mid;
    else high = mid;
  }
  const part = (p - middle(low)) / (middle(high) - middle(low));
  return values[low]! + part * (values[high]! - values[low]!);
}

/** Mean of the values whose share lies between two probabilities. */
function meanBetween({ values, cumulative }: Sorted, from: number, to: number): number {
  let sum = 0;
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    const low = Math.max(from, i === 0 ? 0 : cumulative[i - 1]!);
    const high = Math.min(to, cumulative[i]!);
    if (high <= low) continue;
    sum += (high - low) * values[i]!;
    total += high - low;
  }
  return sum / total;
}

/** Mean and standard deviation of what a quantile function draws. */
function lineMoments({ at, value }: QuantileFunction): { mean: number; deviation: number } {
  let mean = 0;
  let square = 0;
  for (let i = 1; i < at.length; i++) {
    const width = at[i]! - at[i - 1]!;
    const a = value[i - 1]!;
    const b = value[i]!;
    mean += (width * (a + b)) / 2;
    square += (width * (a * a + a * b + b * b)) / 3;
  }
  return { mean, deviation: Math.sqrt(Math.max(0, square - mean * mean)) };
}

/** Five significant digits. */
function round(value: number): number {
  return Number(value.toPrecision(5));
}
