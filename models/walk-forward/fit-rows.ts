import { takeRows } from "../features/matrix.ts";
import { type Feature, fitScaling, scale } from "../features/transform.ts";
import type { FitOptions, FittedModel, Learner } from "../learners/learner.ts";
import type { WalkRows } from "./field.ts";

/** A model of some rows. */
export interface FittedRows {
  /** With the scaling that was fitted on the rows learned from. */
  readonly features: readonly Feature[];
  readonly model: FittedModel;
  readonly learned: number;
}

/**
 * Fits on the given rows, or such of them as their field samples, features scaled by these alone.
 *
 * @throws DomainError `invalid_argument` as learners do
 */
export async function fitRows(
  rows: WalkRows,
  from: ArrayLike<number>,
  learner: Learner,
  options: FitOptions,
): Promise<FittedRows> {
  const { rows: learned, weights } = rows.field.sample?.(rows, from, options.seed) ?? {
    rows: from,
    weights: Float64Array.from(from, (r) => rows.weights[r]!),
  };
  const derived = takeRows(rows.derived, learned);
  const features = fitScaling(derived, rows.sources, weights);
  const set = {
    features: scale(derived, features),
    labels: Uint8Array.from(learned, (r) => rows.labels[r]!),
    weights,
    times: Float64Array.from(learned, (r) => rows.times[r]!),
  };
  return { features, model: await learner.fit(set, options), learned: learned.length };
}

/** The given rows alone. */
export function rowsAt(rows: WalkRows, at: ArrayLike<number>): WalkRows {
  return {
    derived: takeRows(rows.derived, at),
    sources: rows.sources,
    labels: Uint8Array.from(at, (r) => rows.labels[r]!),
    weights: Float64Array.from(at, (r) => rows.weights[r]!),
    times: Float64Array.from(at, (r) => rows.times[r]!),
    field: rows.field,
  };
}
