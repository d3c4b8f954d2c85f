import { normalCdf } from "./normal-distribution.ts";

/**
 * How often chance alone puts two samples of one distribution so far apart or farther: the asymptotic two-sample test of
 * Kolmogorov and Smirnov with Stephens' correction (Numerical Recipes, 2nd ed., §14.3). Too careful where values repeat.
 *
 * @param distance the largest between the two cumulative distributions, 0 to 1
 */
export function kolmogorovSmirnovP(distance: number, n: number, m: number): number {
  const root = Math.sqrt((n * m) / (n + m));
  const lambda = (root + 0.12 + 0.11 / root) * distance;
  // Below this the series alternates for long, and its value is 1 to eight places.
  if (!(lambda > 0.3)) return 1;
  let sum = 0;
  for (let j = 1; j <= 100; j++) {
    const term = Math.exp(-2 * j * j * lambda * lambda);
    sum += j % 2 === 1 ? term : -term;
    if (term < 1e-12) break;
  }
  return Math.min(1, Math.max(0, 2 * sum));
}

/** Classes that are expected to hold fewer than this on either side are one class (Cochran 1954). */
const LEAST_EXPECTED = 5;

/**
 * Pearson's χ² test that two samples of categories come from one distribution; rare classes are put together.
 *
 * @param a counts by class
 * @param b counts by class, in the same order
 * @returns how often chance alone does as much; 1 when fewer than two classes are left
 */
export function chiSquareP(a: readonly number[], b: readonly number[]): number {
  const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);
  const [n, m] = [total(a), total(b)];
  if (n === 0 || m === 0) return 1;
  const classes: [number, number][] = [];
  let [restA, restB] = [0, 0];
  a.forEach((count, i) => {
    const other = b[i] ?? 0;
    if (((count + other) * Math.min(n, m)) / (n + m) >= LEAST_EXPECTED) classes.push([count, other]);
    else {
      restA += count;
      restB += other;
    }
  });
  if (restA + restB > 0) classes.push([restA, restB]);
  const freedom = classes.length - 1;
  if (freedom < 1) return 1;
  const statistic = classes.reduce((sum, [x, y]) => {
    const [expectedA, expectedB] = [((x + y) * n) / (n + m), ((x + y) * m) / (n + m)];
    return sum + (x - expectedA) ** 2 / expectedA + (y - expectedB) ** 2 / expectedB;
  }, 0);
  return chiSquareTail(statistic, freedom);
}

/** P(χ² ≥ x), to about three digits (Wilson & Hilferty 1931). */
function chiSquareTail(x: number, freedom: number): number {
  const step = 2 / (9 * freedom);
  return 1 - normalCdf((Math.cbrt(x / freedom) - (1 - step)) / Math.sqrt(step));
}

/**
 * Adjusted p-values by which the expected share of false alarms among those taken for real is held (Benjamini & Hochberg
 * 1995): whoever takes all below 0.01 has one in a hundred of them wrong.
 *
 * @returns in the order of `p`
 */
export function falseDiscoveryRates(p: readonly number[]): number[] {
  const order = [...p.keys()].sort((x, y) => p[y]! - p[x]!);
  const rates = new Array<number>(p.length);
  let least = 1;
  order.forEach((at, i) => {
    least = Math.min(least, (p[at]! * p.length) / (p.length - i));
    rates[at] = least;
  });
  return rates;
}
