import { calibrate } from "../calibration/calibrate.ts";
import { fitIsotonic } from "../calibration/isotonic.ts";
import { fitPlatt } from "../calibration/platt.ts";
import type { Calibrator, FitOptions, FittedModel, Learner, TrainingSet } from "../learners/learner.ts";
import { takeTrainingRows } from "../learners/training-set.ts";
import type { Recipe } from "../protocol/recipes.ts";

/** A model of all the rows given, and what was found on the way. */
export interface ForwardFit {
  readonly model: FittedModel;
  readonly calibrator: Calibrator;
  /** What the calibrator was fitted on, for the card. */
  readonly fittedOn: string;
  /** The learner, with what an early stop found held fast: for more rows. */
  readonly learner: Learner;
}

/** The last share of the rows by time that a model of the earlier ones is calibrated on, and stopped by. */
const LATER_SHARE = 0.2;
/** Fewer frauds than this, on either side, tell too little. */
const LEAST_FRAUDS = 30;

/**
 * Fits as a deployed model is used, forward in time: a model of the earlier rows scores the later ones, on which its
 * calibration is fitted and its early stop is made; then the learner is fitted on all rows with what that found. Two fits,
 * where a crosswise calibration takes one a block. With few frauds the calibration is crosswise as ever.
 *
 * @param delay how late labels come, seconds: the earlier rows end so long before the later ones begin
 * @throws DomainError `invalid_argument` as the learner and the calibration do
 */
export async function fitForward(
  { learner, calibration }: Recipe,
  set: TrainingSet,
  delay: number,
  options: FitOptions,
): Promise<ForwardFit> {
  const parts = laterApart(set, delay);
  if (!parts) {
    const model = await learner.fit(set, options);
    const calibrated = await calibrate(calibration, learner, model, set, options);
    return { model, ...calibrated, learner };
  }
  const [earlier, later] = parts;
  const first = await learner.fit(earlier, { ...options, watched: later });
  const fitCalibrator = calibration.method === "platt" ? fitPlatt : fitIsotonic;
  const calibrator = fitCalibrator(first.predict(later.features), later.labels, later.weights);
  const settled = first.settled ?? learner;
  return {
    model: await settled.fit(set, options),
    calibrator,
    fittedOn:
      `the later ${later.labels.length} of the training rows, scored by a model of ` +
      `${earlier.labels.length} earlier ones`,
    learner: settled,
  };
}

function laterApart(set: TrainingSet, delay: number): readonly [TrainingSet, TrainingSet] | undefined {
  const { times, labels } = set;
  const sorted = times.slice().sort();
  const cut = sorted[Math.floor(sorted.length * (1 - LATER_SHARE))] as number;
  const rows = Uint32Array.from(times.keys());
  const earlier = rows.filter((r) => (times[r] as number) < cut - delay);
  const later = rows.filter((r) => (times[r] as number) >= cut);
  const enough = [earlier, later].every(
    (part) => part.filter((r) => labels[r] === 1).length >= LEAST_FRAUDS && part.some((r) => labels[r] === 0),
  );
  return enough ? [takeTrainingRows(set, earlier), takeTrainingRows(set, later)] : undefined;
}
