import { betaQuantile } from "../evaluate/beta.ts";

/** A mean over windows, its standard error and the ends of its 95 % interval (Student's t over the windows). */
export interface Summary {
  readonly mean: number;
  readonly error: number;
  readonly low: number;
  readonly high: number;
}

/** One candidate's figure in each window, in the order of time. */
export interface Scored {
  readonly name: string;
  readonly windows: readonly number[];
}

/** Windows before the first that a choice made by earlier ones alone is judged on. */
export const LEARNING_WINDOWS = 2;

/**
 * Mean of figures with an interval by Student's t: windows are taken as draws, each fitted on more than the one before.
 *
 * @param values 2 or more
 */
export function summarise(values: readonly number[]): Summary {
  const n = values.length;
  const mean = values.reduce((a, b) => a + b, 0) / n;
  const error = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (n - 1) / n);
  const half = studentT(n - 1) * error;
  return { mean, error, low: Math.max(0, mean - half), high: Math.min(1, mean + half) };
}

/** The t that 95 % of Student's distribution lies within: t² = f (1 − x) / x, where x is a beta quantile. */
function studentT(freedom: number): number {
  const x = betaQuantile(0.05, freedom / 2, 0.5);
  return Math.sqrt((freedom * (1 - x)) / x);
}

/**
 * The simplest that cannot be told from the best: whose mean difference to it, window by window, is within one standard
 * error of that difference. Paired, because a hard window is hard for all.
 *
 * @param scored simplest first
 */
export function simplestWithinOneError<S extends Scored>(scored: readonly S[]): S {
  const mean = ({ windows }: Scored) => windows.reduce((a, b) => a + b, 0) / windows.length;
  const best = scored.reduce((a, b) => (mean(b) > mean(a) ? b : a));
  const found = scored.find(({ windows }) => {
    const behind = summarise(windows.map((value, w) => best.windows[w]! - value));
    return behind.mean <= behind.error;
  });
  return found ?? best;
}

/** What choosing so is worth: in each window but the first two, the figure of who the earlier windows would have chosen. */
export function nestedChoice(
  scored: readonly Scored[],
): readonly { readonly name: string; readonly value: number }[] {
  const count = scored[0]?.windows.length ?? 0;
  return Array.from({ length: Math.max(0, count - LEARNING_WINDOWS) }, (_, i) => {
    const at = i + LEARNING_WINDOWS;
    const earlier = scored.map(({ name, windows }) => ({ name, windows: windows.slice(0, at) }));
    const { name } = simplestWithinOneError(earlier);
    return { name, value: scored.find((one) => one.name === name)!.windows[at]! };
  });
}
