import { betaQuantile } from "../evaluate/beta.ts";
import { apart, type Window } from "./windows.ts";

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
 * @param apart how many of the windows share no row; those that overlap tell the spread, and no more draws than these
 */
export function summarise(values: readonly number[], apart = values.length): Summary {
  const mean = meanOf(values);
  const spread = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1);
  const error = Math.sqrt(spread / apart);
  const half = studentT(apart - 1) * error;
  return { mean, error, low: Math.max(0, mean - half), high: Math.min(1, mean + half) };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

/** The t that 95 % of Student's distribution lies within: t² = f (1 − x) / x, where x is a beta quantile. */
function studentT(freedom: number): number {
  const x = betaQuantile(0.05, freedom / 2, 0.5);
  return Math.sqrt((freedom * (1 - x)) / x);
}

/**
 * The one-standard-error rule (Breiman et al. 1984; The Elements of Statistical Learning, 7.10): the simplest whose mean is no
 * further below the best one's than that one's own standard error.
 *
 * @param scored simplest first
 * @param apart as {@link summarise} takes it
 */
export function simplestWithinOneError<S extends Scored>(scored: readonly S[], apart?: number): S {
  const best = scored.reduce((a, b) => (meanOf(b.windows) > meanOf(a.windows) ? b : a));
  const { mean, error } = summarise(best.windows, apart);
  return scored.find(({ windows }) => meanOf(windows) >= mean - error) ?? best;
}

/**
 * What choosing so is worth: in each window that lies apart, but the first two, the figure of who would have been chosen by
 * the windows that had ended.
 */
export function nestedChoice(
  scored: readonly Scored[],
  windows: readonly Pick<Window, "start" | "end">[],
): readonly { readonly name: string; readonly value: number }[] {
  const side = apart(windows);
  return side.slice(LEARNING_WINDOWS).map((at, i) => {
    const known = windows.flatMap(({ end }, w) => (end <= windows[at]!.start ? [w] : []));
    const earlier = scored.map(({ name, windows: values }) => ({
      name,
      windows: known.map((w) => values[w]!),
    }));
    const { name } = simplestWithinOneError(earlier, i + LEARNING_WINDOWS);
    return { name, value: scored.find((one) => one.name === name)!.windows[at]! };
  });
}
