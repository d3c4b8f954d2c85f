import type { ModelCard } from "../../scorer/serving/registry.ts";
import { type Matrix, takeRows } from "../features/matrix.ts";
import type { Feature } from "../features/transform.ts";
import { thresholds } from "../protocol/train.ts";
import type { OwnPayments } from "./own-payments.ts";

/** Rows on which the written file is held against the trainer. */
const PARITY_ROWS = 50_000;

/** What the card of a model of own payments says of them, whatever was learned. */
export function ownCardBase(
  { file, sha256, labels, refused, unlabelled, features: inputs }: OwnPayments,
  features: readonly Feature[],
  { name, seed, libraries }: Pick<ModelCard, "name" | "seed" | "libraries">,
) {
  const frauds = labels.reduce((sum, label) => sum + label, 0);
  return {
    name,
    inputs: [...inputs.names],
    features: [...features],
    thresholds,
    data: {
      file,
      sha256,
      rows: labels.length,
      frauds,
      weighted: false,
      weighted_rows: labels.length,
      fraud_rate: frauds / labels.length,
      refused_rows: refused,
      unlabelled_rows: unlabelled,
    },
    seed,
    libraries: { ...libraries },
    limits: [
      "Learned from one file of a team's own payments: other customers, products and years need retraining.",
      "Fraud patterns move: watch the drift and recall of reviewed cases, and retrain.",
      "A score supports a decision about a payment; it is no proof of wrongdoing by a person.",
    ],
  };
}

/** Some of the rows that were judged on: what a written file is held against its trainer on. */
export function comparedRows(inputs: Matrix, test: Int32Array): Matrix {
  return takeRows(inputs, test.subarray(0, PARITY_ROWS));
}

/** Payments, frauds and their money of a day, of the whole file. */
export function dayOf({ times, labels, amounts }: OwnPayments) {
  let [first, last, frauds, fraudAmount] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (let r = 0; r < times.length; r++) {
    first = Math.min(first, times[r] as number);
    last = Math.max(last, times[r] as number);
    if (labels[r] !== 1) continue;
    frauds++;
    fraudAmount += amounts[r] as number;
  }
  const days = Math.max(1, last - first) / 86_400;
  return { transactions: times.length / days, frauds: frauds / days, fraudAmount: fraudAmount / days };
}
