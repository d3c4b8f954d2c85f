import { expect, test } from "vitest";
import { gradientBoosting } from "../learners/boosting.ts";
import type { FitOptions, Learner, TrainingSet } from "../learners/learner.ts";
import { syntheticSet } from "../learners/synthetic-set.ts";
import { fitForward } from "./fit-forward.ts";

const calibration = { method: "platt", blocks: 3 } as const;
const earlyStopping = { share: 0.2, rounds: 10, metric: "logloss", refit: true } as const;

/** A learner that notes on what it is fitted. */
function noted(learner: Learner) {
  const fits: { readonly set: TrainingSet; readonly options: FitOptions }[] = [];
  const noting: Learner = {
    ...learner,
    fit: (set, options) => {
      fits.push({ set, options });
      return learner.fit(set, options);
    },
  };
  return { fits, noting };
}

test("the earlier rows are learned from, the later ones stop and calibrate, and what was found is fitted on all", async () => {
  const set = syntheticSet(2_000, { shift: 1 });
  const boosting = gradientBoosting({ trees: 300, learningRate: 0.3, earlyStopping });
  const { fits, noting } = noted(boosting);
  const delay = 3_600;
  const fit = await fitForward({ learner: noting, calibration }, set, delay, { seed: 1, threads: 1 });
  expect(fits).toHaveLength(1);
  const { set: earlier, options } = fits[0]!;
  const cut = Math.min(...options.watched!.times);
  expect(options.watched!.labels.length).toBe(400);
  expect(Math.max(...earlier.times)).toBeLessThan(cut - delay);
  const { trees } = fit.learner.parameters as { readonly trees: number };
  expect(trees).toBeLessThan(300);
  expect(fit.learner.parameters).not.toHaveProperty("earlyStopping");
  expect(fit.fittedOn).toBe(
    `the later 400 of the training rows, scored by a model of ${earlier.labels.length} earlier ones`,
  );
  // The same as fitting what was found on all rows, which stop nothing any more.
  const again = await fit.learner.fit(set, { seed: 1, threads: 1 });
  expect(again.predict(set.features)).toEqual(fit.model.predict(set.features));
  const probabilities = fit.calibrator.apply(fit.model.predict(set.features));
  expect(probabilities.every((p) => p >= 0 && p <= 1)).toBe(true);
});

test("with few frauds the calibration is crosswise, and all rows are learned from", async () => {
  const set = syntheticSet(600);
  const { fits, noting } = noted(gradientBoosting({ trees: 5 }));
  const fit = await fitForward({ learner: noting, calibration }, set, 0, { seed: 1, threads: 1 });
  expect(fits.map(({ set: { labels } }) => labels.length)[0]).toBe(600);
  expect(fits).toHaveLength(4);
  expect(fit.fittedOn).toContain("3 blocks of time");
  expect(fit.learner).toBe(noting);
});
