/**
 * Dense float32 matrix, row-major: cell (r, c) is `values[r * columns + c]`. Over a SharedArrayBuffer when made by
 * {@link newMatrix}, so worker threads read it without a copy. Float32 because the ONNX graph computes in float32:
 * what a learner sees here is bit for bit what its exported trees compare.
 */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  /** One name a column. */
  readonly names: readonly string[];
  readonly values: Float32Array;
}

/** A matrix of zeros. */
export function newMatrix(rows: number, names: readonly string[]): Matrix {
  const bytes = rows * names.length * Float32Array.BYTES_PER_ELEMENT;
  return { rows, columns: names.length, names, values: new Float32Array(new SharedArrayBuffer(bytes)) };
}

/** The given rows, in the given order, as a new matrix. */
export function takeRows(matrix: Matrix, rows: ArrayLike<number>): Matrix {
  const { columns, values, names } = matrix;
  const taken = newMatrix(rows.length, names);
  for (let i = 0; i < rows.length; i++) {
    const from = rows[i]! * columns;
    taken.values.set(values.subarray(from, from + columns), i * columns);
  }
  return taken;
}
