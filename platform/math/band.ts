/** Least of earlier weeks' hours that make a band. */
export const LEAST_WEEKS = 3;

/** Where a figure usually lies. */
export interface Band {
  readonly mean: number;
  /** Of what is expected of the figure, chance included. */
  readonly deviation: number;
}

/** A tenth of the mean is never out of the ordinary by itself: weeks that happen to be alike make no narrow band. */
const LEAST_SHARE = 0.1;

/**
 * The band of a number of payments.
 *
 * @param earlier the same hour of past weeks
 * @returns undefined when there are fewer than {@link LEAST_WEEKS}
 */
export function bandOfCounts(earlier: readonly number[]): Band | undefined {
  if (earlier.length < LEAST_WEEKS) return undefined;
  const { mean, deviation } = spread(earlier);
  // Counts vary by the root of what is expected of them, if nothing else (Poisson).
  return { mean, deviation: Math.max(deviation, Math.sqrt(Math.max(mean, 1)), mean * LEAST_SHARE) };
}

/**
 * The band of a share.
 *
 * @param earlier part and whole of the same hour of past weeks
 * @param whole of the hour that is judged
 * @returns undefined when there are fewer than {@link LEAST_WEEKS}
 */
export function bandOfShares(
  earlier: readonly { readonly part: number; readonly whole: number }[],
  whole: number,
): Band | undefined {
  const known = earlier.filter((hour) => hour.whole > 0);
  if (known.length < LEAST_WEEKS || whole === 0) return undefined;
  const shares = known.map((hour) => hour.part / hour.whole);
  const { deviation } = spread(shares);
  const sum = (pick: (hour: { part: number; whole: number }) => number): number =>
    known.reduce((total, hour) => total + pick(hour), 0);
  const mean = sum((hour) => hour.part) / sum((hour) => hour.whole);
  // At least what chance does to a share of so many payments; one payment more or less is nothing.
  const chance = Math.sqrt(Math.max(mean * (1 - mean), 1 / whole) / whole);
  return { mean, deviation: Math.max(deviation, chance, mean * LEAST_SHARE) };
}

/** How many deviations a figure is off its band. */
export function offBand(value: number, { mean, deviation }: Band): number {
  return Math.abs(value - mean) / deviation;
}

function spread(values: readonly number[]): Band {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / Math.max(1, values.length - 1)) };
}

/**
 * Population stability index of two distributions over the same classes: 0 is alike, over 0.25 a large shift.
 *
 * @param now counts by class
 * @param before counts by class, in the same order
 */
export function stabilityIndex(now: readonly number[], before: readonly number[]): number {
  const shares = (counts: readonly number[]): number[] => {
    const whole = counts.reduce((sum, count) => sum + count, 0);
    // Half a payment in a class without any: the logarithm wants something.
    return counts.map((count) => Math.max(count, 0.5) / whole);
  };
  const [a, b] = [shares(now), shares(before)];
  return a.reduce((sum, share, i) => sum + (share - b[i]!) * Math.log(share / b[i]!), 0);
}
