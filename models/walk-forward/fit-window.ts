import { takeRows } from "../features/matrix.ts";
import { fitScaling, scale } from "../features/transform.ts";
import { type CandidateName, candidates } from "./candidates.ts";
import type { WalkRows } from "./rows.ts";
import type { Window } from "./windows.ts";

/** What every worker of a walk forward gets once. */
export interface WalkSetup {
  readonly rows: WalkRows;
  readonly windows: readonly Window[];
}

export interface WalkTask {
  readonly candidate: CandidateName;
  readonly window: number;
  readonly seed: number;
}

/** Raw scores of a window's rows by a model of the rows before it, features scaled by those too. */
export async function fitWindow(
  { rows, windows }: WalkSetup,
  { candidate, window, seed }: WalkTask,
): Promise<Float64Array> {
  const { train, judged } = windows[window]!;
  const derived = takeRows(rows.derived, train);
  const weights = Float64Array.from(train, (r) => rows.weights[r]!);
  const features = fitScaling(derived, rows.sources, weights);
  const set = {
    features: scale(derived, features),
    labels: Uint8Array.from(train, (r) => rows.labels[r]!),
    weights,
    times: Float64Array.from(train, (r) => rows.times[r]!),
  };
  const model = await candidates[candidate].make().fit(set, { seed, threads: 1 });
  return model.predict(scale(takeRows(rows.derived, judged), features));
}
