import { DomainError } from "../../platform/process/errors.ts";
import { edgeRows, requireProbabilities } from "../../scorer/serving/probes.ts";
import { inputNames } from "../data/dataset.ts";
import { type Matrix, newMatrix } from "../features/matrix.ts";
import { scoreForeign } from "./run-foreign.ts";

/** Answers that differ by less are the same: float32 sums may be added up in another order. */
const SAME = 1e-6;
/** Rows that are scored alone too, spread over those given. */
const ALONE = 8;

/** What a file is tried on: all given rows, then the corners of what the doors let in. @param names of its inputs */
export function probeRows(given?: Matrix, names: readonly string[] = inputNames): Matrix {
  const width = names.length;
  const edges = edgeRows(names);
  const probe = newMatrix((given?.rows ?? 0) + edges.length / width, names);
  if (given) probe.values.set(given.values.subarray(0, given.rows * width));
  probe.values.set(edges, (given?.rows ?? 0) * width);
  return probe;
}

/**
 * Checks that a file is a classifier that the scorer can serve: a graph ONNX Runtime loads, one float32 input [n, width], one
 * number a row, each a probability, the same for a row alone and among others.
 *
 * @param probe see {@link probeRows}
 * @throws DomainError `invalid_argument` saying which of these does not hold
 */
export async function checkClassifier(bytes: Uint8Array, probe: Matrix): Promise<void> {
  const together = await scoreForeign(bytes, probe);
  await requireProbabilities(probe.values, async () => together, probe.names);
  const step = Math.max(1, Math.floor(probe.rows / ALONE));
  for (let r = 0; r < probe.rows; r += step) {
    const values = probe.values.slice(r * probe.columns, (r + 1) * probe.columns);
    const [alone] = await scoreForeign(bytes, { ...probe, rows: 1, values });
    if (Math.abs(alone! - together[r]!) > SAME) {
      throw new DomainError(
        "invalid_argument",
        `it scores a row ${alone} alone and ${together[r]} among others`,
      );
    }
  }
}
