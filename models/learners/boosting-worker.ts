import { type Booster, type BoosterParameters, fitBooster } from "./boosting-fit.ts";
import type { TrainingSet } from "./learner.ts";
import { serveTasks } from "./worker-pool.ts";

/** What every worker of a bag of boosters gets once; a task is a booster's seed. */
export interface BoostSetup {
  readonly parameters: BoosterParameters;
  readonly set: TrainingSet;
  /** As fitBooster's. */
  readonly watched?: TrainingSet | undefined;
}

serveTasks(
  ({ parameters, set, watched }: BoostSetup) =>
    (seed: number): Booster =>
      fitBooster(parameters, set, seed, undefined, watched),
);
