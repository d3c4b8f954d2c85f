import { takeRows } from "../features/matrix.ts";
import { scale } from "../features/transform.ts";
import { candidateOf, type Field, type WalkRows } from "./field.ts";
import { fitRows } from "./fit-rows.ts";
import type { Window } from "./windows.ts";

/** What every worker of a walk forward gets once: it knows who is compared by itself. */
export interface WalkSetup {
  readonly rows: Omit<WalkRows, "field">;
  readonly windows: readonly Window[];
}

export interface WalkTask {
  readonly candidate: string;
  readonly window: number;
  readonly seed: number;
}

/** Raw scores of a window's rows by a model of the rows before it, features scaled by those too. */
export async function fitWindow(
  { rows, windows }: WalkSetup,
  field: Field,
  { candidate, window, seed }: WalkTask,
): Promise<Float64Array> {
  const { train, judged } = windows[window]!;
  const learner = candidateOf(field, candidate).make();
  const { features, model } = await fitRows({ ...rows, field }, train, learner, { seed, threads: 1 });
  return model.predict(scale(takeRows(rows.derived, judged), features));
}
