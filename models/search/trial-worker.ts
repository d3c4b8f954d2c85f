import { serveTasks } from "../learners/worker-pool.ts";
import { runTrial, type TrialSetup } from "./trial.ts";

serveTasks((setup: TrialSetup) => (trial: number) => runTrial(setup, trial));
