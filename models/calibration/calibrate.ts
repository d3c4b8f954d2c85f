import type { Calibrator, FitOptions, FittedModel, Learner, TrainingSet } from "../learners/learner.ts";
import { crossFit } from "./cross-fit.ts";
import { fitIsotonic } from "./isotonic.ts";
import { fitPlatt } from "./platt.ts";

export interface CalibrationPlan {
  readonly method: "platt" | "isotonic";
  /** Blocks of time that are scored crosswise when the model has no out-of-bag scores of its own. */
  readonly blocks: number;
}

/**
 * Fits a calibrator on scores that the model did not learn from: its out-of-bag scores where it has them, else those
 * of models fitted without each block of time ({@link crossFit}).
 *
 * @param model what `learner` gave for the whole of `set`
 * @returns the calibrator, and in words for the card what it was fitted on
 */
export async function calibrate(
  plan: CalibrationPlan,
  learner: Learner,
  model: FittedModel,
  set: TrainingSet,
  options: FitOptions,
): Promise<{ readonly calibrator: Calibrator; readonly fittedOn: string }> {
  const held = model.outOfBag;
  const raw = held ?? (await crossFit(learner, set, plan.blocks, options));
  const fitCalibrator = plan.method === "platt" ? fitPlatt : fitIsotonic;
  return {
    calibrator: fitCalibrator(raw, set.labels, set.weights),
    fittedOn: held
      ? "out-of-bag scores of the training rows"
      : `training rows in ${plan.blocks} blocks of time, each scored by a model fitted on the others`,
  };
}
