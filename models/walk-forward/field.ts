import type { Matrix } from "../features/matrix.ts";
import type { FeatureSource } from "../features/transform.ts";
import type { Learner } from "../learners/learner.ts";

/** A kind of model that takes part. */
export interface Candidate {
  /** What it is, or which shipped version was made so. */
  readonly title: string;
  readonly make: () => Learner;
  /** Its settings were put together while test rows were looked at: a rival to compare with, that is not chosen. */
  readonly spent?: true;
  /** Takes long: it takes part when it is asked for. */
  readonly slow?: true;
}

/** Rows to learn from, and what each stands for. */
export interface Sampled {
  readonly rows: ArrayLike<number>;
  readonly weights: Float64Array;
}

/** Who is compared, on rows of one kind. */
export interface Field {
  /** Simplest first: of those that cannot be told from the best, the first is chosen. */
  readonly candidates: Readonly<Record<string, Candidate>>;
  /** Which of some rows are learned from; all of them, by their weights, where this is left out. */
  readonly sample?: (
    rows: Pick<WalkRows, "labels" | "weights">,
    from: ArrayLike<number>,
    seed: number,
  ) => Sampled;
  /** The worker that knows this field (see fit-window-worker.ts); where it is left out, fits run where they are asked for. */
  readonly worker?: URL;
}

/** What a walk forward sees: rows before the test stretch, features not yet scaled, and who is compared on them. */
export interface WalkRows {
  readonly derived: Matrix;
  readonly sources: readonly FeatureSource[];
  readonly labels: Uint8Array;
  readonly weights: Float64Array;
  /** Seconds, from whatever moment. */
  readonly times: Float64Array;
  readonly field: Field;
}

/** A candidate of a field by its name. */
export function candidateOf({ candidates }: Pick<Field, "candidates">, name: string): Candidate {
  const found = candidates[name];
  if (!found) throw new RangeError(`${name} is not among ${Object.keys(candidates).join(", ")}`);
  return found;
}

/** Whether a candidate may be chosen; see {@link Candidate.spent}. */
export function isEligible(field: Pick<Field, "candidates">, name: string): boolean {
  return candidateOf(field, name).spent !== true;
}

/** By what rule one of them is chosen, in words. */
export function ruleOf({ candidates }: Pick<Field, "candidates">): string {
  const rule = "simplest within one standard error of the best";
  return Object.values(candidates).some(({ spent }) => spent)
    ? `${rule}; not among those that were put together while test rows were looked at`
    : rule;
}

/** The worker module of a name beside the one whose `import.meta.url` is given. */
export function workerBeside(url: string, name: string): URL {
  return new URL(`./${name}.${url.endsWith(".ts") ? "ts" : "js"}`, url);
}
