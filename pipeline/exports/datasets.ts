import { CASES, LABELS } from "./cases.ts";
import type { Dataset } from "./dataset.ts";
import { DECISIONS, FEATURES } from "./decisions.ts";
import { TRANSACTION_LOG } from "./transaction-log.ts";

/** Everything that may leave as a file. */
export const DATASETS: readonly Dataset[] = [DECISIONS, CASES, LABELS, TRANSACTION_LOG, FEATURES];

/** Their names, for schemas and usages. */
export const DATASET_NAMES: readonly string[] = DATASETS.map(({ name }) => name);

/** The dataset of a name. */
export function datasetNamed(name: string): Dataset | undefined {
  return DATASETS.find((dataset) => dataset.name === name);
}
