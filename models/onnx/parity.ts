import { DomainError } from "../../platform/process/errors.ts";
import { OnnxModel } from "../../scorer/scoring/model.ts";
import type { ModelCard } from "../../scorer/serving/registry.ts";
import type { ExpectedScores } from "../data/expected-scores.ts";
import type { Matrix } from "../features/matrix.ts";

/** The largest difference between trainer and file that is let through. */
export const PARITY_LIMIT = 1e-5;
/** As much as a float32 export strays from a trainer of float64. */
export const FOREIGN_PARITY_LIMIT = 1e-4;

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

/**
 * Runs a file from elsewhere over rows that it was scored on where it was trained.
 *
 * @returns the largest absolute difference, for the card
 * @throws DomainError `invalid_argument` when it is above {@link FOREIGN_PARITY_LIMIT}, with the row that is farthest off
 */
export async function checkExpected(
  bytes: Uint8Array,
  { file, inputs, scores, lines }: ExpectedScores,
): Promise<ModelCard["parity"]> {
  const served = await scoreOnnx(bytes, inputs);
  let [worst, at, off] = [0, 0, 0];
  let upsideDown = true;
  for (let r = 0; r < inputs.rows; r++) {
    const difference = Math.abs(served[r]! - scores[r]!);
    if (!(difference <= FOREIGN_PARITY_LIMIT)) off++;
    if (!(Math.abs(1 - served[r]! - scores[r]!) <= FOREIGN_PARITY_LIMIT)) upsideDown = false;
    // What is no number is farthest off.
    if (difference <= worst) continue;
    [worst, at] = [difference, r];
  }
  if (off === 0) return { rows: inputs.rows, max_abs_diff: worst };
  const why = upsideDown
    ? "they are the other class's: give --fraud-class"
    : "are its columns in another order (--columns), its inputs scaled outside of it, or the scores written with too few digits?";
  throw new DomainError(
    "invalid_argument",
    `it does not score as ${file} says: ${off} of ${inputs.rows} rows differ by more than ${FOREIGN_PARITY_LIMIT}, most in line ${lines[at]}, ${shown(served[at]!)} here and ${shown(scores[at]!)} there; ${why}`,
  );
}

/** More digits would be those of this machine. */
function shown(score: number): string {
  return String(Number(score.toPrecision(4)));
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
