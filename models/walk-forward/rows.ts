import { DomainError } from "../../platform/process/errors.ts";
import type { Dataset } from "../data/dataset.ts";
import { LABEL_QUESTION, timeQuestion } from "../data/dataset.ts";
import { HONEST_TRAIN_END } from "../data/honest-stretches.ts";
import { type Split, takeDataset } from "../data/splits.ts";
import { deployedFeatures, derive } from "../features/transform.ts";
import { publicField } from "./candidates.ts";
import type { WalkRows } from "./field.ts";

/** The share of a file's frauds that its last stretch keeps for the claim. */
const TEST_SHARE = 0.2;

/**
 * Where the test stretch of a file begins, seconds: where the honest protocol's does in a file that this leaves most of
 * the frauds to learn from and some to test on, else where the last fifth of its frauds begins.
 */
export function testStartOf({ times, labels }: Pick<Dataset, "times" | "labels">): number {
  const frauds = times.filter((_, r) => labels[r] === 1).sort();
  const before = frauds.filter((time) => time < HONEST_TRAIN_END).length;
  if (before > frauds.length / 2 && before < frauds.length) return HONEST_TRAIN_END;
  return frauds[Math.floor((1 - TEST_SHARE) * frauds.length)] ?? Number.POSITIVE_INFINITY;
}

/**
 * The rows before the test stretch; nothing of the others is in what is given back.
 *
 * @throws DomainError `invalid_argument` when most rows are fraud or their times are no seconds from a first transaction
 */
export function rowsBefore(data: Dataset, testStart: number): WalkRows {
  const { train } = splitAt(data, testStart);
  const { inputs, labels, weights, times } = takeDataset(data, train);
  const weight = (label: 0 | 1) => weights.reduce((sum, w, r) => sum + (labels[r] === label ? w : 0), 0);
  if (weight(1) > weight(0)) throw refused(`${data.file}: most of it is fraud: ${LABEL_QUESTION}`);
  const question = timeQuestion(data.quality);
  if (question !== undefined) {
    const { firstTime, lastTime } = data.quality;
    throw refused(`${data.file}: Time runs from ${firstTime} to ${lastTime}: ${question}`);
  }
  return {
    ...{ derived: derive(inputs, deployedFeatures), sources: deployedFeatures },
    ...{ labels, weights, times, field: publicField },
  };
}

/** Rows before the test stretch, and those of it. */
export function splitAt({ times }: Pick<Dataset, "times">, testStart: number): Split {
  const rows = Int32Array.from(times.keys());
  return {
    train: rows.filter((r) => times[r]! < testStart),
    test: rows.filter((r) => times[r]! >= testStart),
  };
}

function refused(message: string): DomainError {
  return new DomainError("invalid_argument", message);
}
