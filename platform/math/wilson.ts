import { normalQuantile } from "./normal-distribution.ts";

/**
 * The interval that a share lies in with 95 % (Wilson 1927), sound for few and for none.
 *
 * @param hits 0 to `n`
 * @param n 0 or more; of none, everything is possible
 */
export function wilsonInterval(hits: number, n: number): { readonly low: number; readonly high: number } {
  if (n === 0) return { low: 0, high: 1 };
  const z = normalQuantile(0.975);
  const share = hits / n;
  const middle = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}
