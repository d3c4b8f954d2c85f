import { Random } from "../../platform/math/random.ts";
import type { FeatureSource } from "../features/transform.ts";

/** Legitimate rows beyond so many are a sample that stands for all: more of them teach little and cost as much. */
const LEGITIMATE_ROWS = 200_000;

/** Rows to learn from, and what each stands for. */
export interface Thinned {
  readonly rows: Int32Array;
  readonly weights: Float64Array;
}

/** All frauds of the rows, and so many of the legitimate ones that each of these stands for the same number. */
export function thinned(
  { labels, weights }: { readonly labels: Uint8Array; readonly weights?: Float64Array | undefined },
  rows: Int32Array,
  seed: number,
): Thinned {
  const legitimate = rows.reduce((sum, r) => sum + Number(labels[r] === 0), 0);
  const share = Math.min(1, LEGITIMATE_ROWS / legitimate);
  const random = new Random(seed, 1);
  const kept = rows.filter((r) => labels[r] === 1 || share === 1 || random.next() < share);
  const left = kept.reduce((sum, r) => sum + Number(labels[r] === 0), 0);
  return {
    rows: kept,
    weights: Float64Array.from(
      kept,
      (r) => (weights ? (weights[r] as number) : 1) * (labels[r] === 1 ? 1 : legitimate / left),
    ),
  };
}

/** Inputs that a learner reads as they are. */
export function asTheyAre(inputs: readonly string[]): FeatureSource[] {
  return inputs.map((name) => ({ name, transform: "identity", input: name }));
}
