import { DomainError } from "../process/errors.ts";

/** How far a feature's distribution moved between two stretches of time. */
export interface DriftRow {
  readonly feature: string;
  /** Population stability index: under 0.1 stable, to 0.25 watch, above it moved (Siddiqi 2006). */
  readonly psi: number;
  /** Kolmogorov-Smirnov distance, 0 to 1. */
  readonly ks: number;
}

/** A column of values with weights. */
export interface WeightedColumn {
  readonly values: ArrayLike<number>;
  readonly weights?: ArrayLike<number> | undefined;
}

/** Keeps the logarithm finite where a bin is empty on one side. */
const FLOOR = 1e-4;

/**
 * Drift of one column.
 *
 * @param before the reference: its weighted deciles are the PSI's bins; a value that holds a bin's share by itself has one
 *   of its own, so that a constant is seen to move whichever way it goes
 * @throws DomainError `invalid_argument` when a value is not a number
 */
export function driftOf(feature: string, before: WeightedColumn, after: WeightedColumn, bins = 10): DriftRow {
  const a = sorted(feature, before);
  const b = sorted(feature, after);
  const edges = new Set<number>();
  for (let bin = 1; bin < bins; bin++) edges.add(a.values[firstAtLeast(a.cumulative, bin / bins)]!);
  const shares = [...edges].flatMap((edge) => {
    const [below, upTo] = [shareBelow, shareUpTo].map((share) => [share(a, edge), share(b, edge)] as const);
    const heavy = upTo![0] - below![0] >= 1 / bins - 1e-12;
    return heavy ? [below!, upTo!] : [upTo!];
  });
  let psi = 0;
  let [lastA, lastB] = [0, 0];
  for (const [upToA, upToB] of [...shares, [1, 1] as const]) {
    psi += stability(upToA - lastA, upToB - lastB);
    [lastA, lastB] = [upToA, upToB];
  }
  return { feature, psi, ks: ksDistance(a, b) };
}

/**
 * Drift of a category.
 *
 * @param before the share of each value; they add up to 1
 * @param after of the same values
 * @returns as `ks` the share that would have to change its value (total variation), for there is no order
 */
export function categoryDriftOf(
  feature: string,
  before: readonly number[],
  after: readonly number[],
): DriftRow {
  let [psi, moved] = [0, 0];
  for (const [i, was] of before.entries()) {
    const is = after[i] ?? 0;
    psi += stability(was, is);
    moved += Math.abs(is - was) / 2;
  }
  return { feature, psi, ks: moved };
}

/** What two shares of a bin add to a PSI. */
function stability(before: number, after: number): number {
  const [p, q] = [Math.max(before, FLOOR), Math.max(after, FLOOR)];
  return (q - p) * Math.log(q / p);
}

interface Distribution {
  readonly values: Float64Array;
  /** Share of the weight up to and with each value. */
  readonly cumulative: Float64Array;
}

function sorted(feature: string, { values, weights }: WeightedColumn): Distribution {
  for (let row = 0; row < values.length; row++) {
    if (Number.isNaN(values[row]!)) {
      throw new DomainError(
        "invalid_argument",
        `${feature}: value ${row + 1} of ${values.length} is not a number`,
      );
    }
  }
  const order = Uint32Array.from({ length: values.length }, (_, i) => i).sort(
    (x, y) => values[x]! - values[y]!,
  );
  const cumulative = new Float64Array(order.length);
  let total = 0;
  order.forEach((row, i) => {
    total += weights ? weights[row]! : 1;
    cumulative[i] = total;
  });
  return {
    values: Float64Array.from(order, (row) => values[row]!),
    cumulative: cumulative.map((c) => c / total),
  };
}

function firstAtLeast(rising: Float64Array, wanted: number): number {
  let low = 0;
  let high = rising.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rising[middle]! >= wanted - 1e-12) high = middle;
    else low = middle + 1;
  }
  return low;
}

function shareUpTo(of: Distribution, limit: number): number {
  return shareWhile(of, (value) => value <= limit);
}

function shareBelow(of: Distribution, limit: number): number {
  return shareWhile(of, (value) => value < limit);
}

/** Share of the values at the lower end for which something holds. */
function shareWhile({ values, cumulative }: Distribution, holds: (value: number) => boolean): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(values[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? 0 : cumulative[low - 1]!;
}

function ksDistance(a: Distribution, b: Distribution): number {
  let [i, j, most] = [0, 0, 0];
  while (i < a.values.length && j < b.values.length) {
    const value = Math.min(a.values[i]!, b.values[j]!);
    while (i < a.values.length && a.values[i]! === value) i++;
    while (j < b.values.length && b.values[j]! === value) j++;
    const distance = Math.abs((i ? a.cumulative[i - 1]! : 0) - (j ? b.cumulative[j - 1]! : 0));
    most = Math.max(most, distance);
  }
  return most;
}
