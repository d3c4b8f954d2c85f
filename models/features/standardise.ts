import { type Matrix, newMatrix } from "./matrix.ts";

/** Mean and standard deviation of each column. */
export interface Standard {
  readonly mean: Float64Array;
  /** Of n, not of n − 1; 1 where a column does not vary. */
  readonly deviation: Float64Array;
}

/** Measures the columns, as scikit-learn's StandardScaler does. */
export function fitStandard({ rows, columns, values }: Matrix): Standard {
  const mean = new Float64Array(columns);
  const deviation = new Float64Array(columns);
  for (let r = 0, i = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++, i++) {
      // Welford (1962).
      const delta = values[i]! - mean[c]!;
      mean[c]! += delta / (r + 1);
      deviation[c]! += delta * (values[i]! - mean[c]!);
    }
  }
  for (let c = 0; c < columns; c++) {
    const measured = rows > 0 ? Math.sqrt(deviation[c]! / rows) : 0;
    deviation[c] = measured > 0 ? measured : 1;
  }
  return { mean, deviation };
}

/** Columns of mean 0 and deviation 1 on the rows that were measured: (x − mean) / deviation, as a new matrix. */
export function standardise({ rows, columns, names, values }: Matrix, { mean, deviation }: Standard): Matrix {
  const scaled = newMatrix(rows, names);
  for (let r = 0, i = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++, i++) scaled.values[i] = (values[i]! - mean[c]!) / deviation[c]!;
  }
  return scaled;
}
