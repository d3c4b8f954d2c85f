import { DomainError } from "../../platform/process/errors.ts";
import { OnnxModel } from "../../scorer/scoring/model.ts";
import type { ModelCard } from "../../scorer/serving/registry.ts";
import type { Matrix } from "../features/matrix.ts";

/** The largest difference between trainer and file that is let through. */
export const PARITY_LIMIT = 1e-5;

/**
 * Runs an exported file over rows that the trainer has scored.
 *
 * @param probabilities what the trainer says of them, [n]
 * @returns the largest absolute difference, for the card
 * @throws DomainError `internal` when it is above {@link PARITY_LIMIT} or a row falls into another tier
 */
export async function checkParity(
  bytes: Uint8Array,
  inputs: Matrix,
  probabilities: Float64Array,
  thresholds: ModelCard["thresholds"],
): Promise<ModelCard["parity"]> {
  const served = await scoreOnnx(bytes, inputs);
  const edges = [thresholds.medium, thresholds.high, thresholds.critical, thresholds.fraud];
  let worst = 0;
  for (let r = 0; r < inputs.rows; r++) {
    const difference = Math.abs(served[r]! - probabilities[r]!);
    if (!(difference <= PARITY_LIMIT)) {
      throw new DomainError(
        "internal",
        `row ${r}: the file gives ${served[r]}, the trainer ${probabilities[r]}`,
      );
    }
    worst = Math.max(worst, difference);
    const crossed = edges.find((edge) => served[r]! >= edge !== probabilities[r]! >= edge);
    if (crossed !== undefined) {
      throw new DomainError(
        "internal",
        `row ${r}: file and trainer fall on two sides of the threshold ${crossed}`,
      );
    }
  }
  return { rows: inputs.rows, max_abs_diff: worst };
}

/** Probabilities of a model file for raw inputs, run in slices as a scorer does. */
export async function scoreOnnx(bytes: Uint8Array, inputs: Matrix, slice = 1024): Promise<Float32Array> {
  const model = await OnnxModel.load(bytes, { width: inputs.columns });
  const probabilities = new Float32Array(inputs.rows);
  try {
    for (let from = 0; from < inputs.rows; from += slice) {
      const count = Math.min(slice, inputs.rows - from);
      const rows = inputs.values.slice(from * inputs.columns, (from + count) * inputs.columns);
      probabilities.set(await model.score(rows, count), from);
    }
  } finally {
    await model.release();
  }
  return probabilities;
}
