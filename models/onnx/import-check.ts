import { DomainError, messageOf } from "../../platform/errors.ts";
import { inputNames } from "../data/dataset.ts";
import { newMatrix } from "../features/matrix.ts";
import { scoreOnnx } from "./parity.ts";

/**
 * Checks that a foreign file is a classifier that the scorer can serve: a graph ONNX Runtime loads, one float32 input
 * [n, 30], one number a row for 1 and for 3 rows, each a probability, the same for a row alone and among others.
 *
 * @throws DomainError `invalid_argument` saying which of these does not hold
 */
export async function checkClassifier(bytes: Uint8Array): Promise<void> {
  const probe = newMatrix(3, inputNames);
  // An ordinary transaction, a large one, one with far-off components.
  probe.values.set([40_000, ...Array(28).fill(0), 50], 0);
  probe.values.set([100_000, ...Array(28).fill(1), 20_000], 30);
  probe.values.set([160_000, ...Array(28).fill(-15), 0], 60);
  const together = await run(bytes, probe.values, 3);
  for (let r = 0; r < 3; r++) {
    const p = together[r]!;
    if (!(p >= 0 && p <= 1)) {
      throw new DomainError("invalid_argument", `its answer ${p} is no probability between 0 and 1`);
    }
    const [alone] = await run(bytes, probe.values.slice(30 * r, 30 * (r + 1)), 1);
    if (Math.abs(alone! - p) > 1e-6) {
      throw new DomainError("invalid_argument", `it scores a row ${alone} alone and ${p} among others`);
    }
  }
}

async function run(bytes: Uint8Array, values: Float32Array, rows: number): Promise<Float32Array> {
  try {
    return await scoreOnnx(bytes, { rows, columns: inputNames.length, names: inputNames, values });
  } catch (error) {
    if (error instanceof DomainError && error.code === "invalid_argument") throw error;
    throw new DomainError("invalid_argument", `it cannot score ${rows} rows: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
