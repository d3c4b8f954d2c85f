import { DomainError } from "../../platform/process/errors.ts";
import type { Matrix } from "../features/matrix.ts";
import { serveTasks } from "../learners/worker-pool.ts";
import { computeFeatures, type FeaturesTask } from "./features-task.ts";

/** What a task came to; an error's kind does not get through to another thread. */
export type FeaturesAnswer = { readonly matrix: Matrix } | { readonly refused: string };

serveTasks(() => async (task: FeaturesTask): Promise<FeaturesAnswer> => {
  try {
    return { matrix: await computeFeatures(task) };
  } catch (error) {
    if (error instanceof DomainError && error.code === "invalid_argument") return { refused: error.message };
    throw error;
  }
});
