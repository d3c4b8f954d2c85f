/**
 * Weighted Pearson correlations of a table's columns.
 *
 * @param values row-major, rows × columns
 * @returns columns × columns, row-major; 0 with a constant column
 */
export function correlations(
  values: ArrayLike<number>,
  columns: number,
  weights?: ArrayLike<number>,
): Float64Array {
  const rows = values.length / columns;
  const means = new Float64Array(columns);
  let total = 0;
  for (let r = 0; r < rows; r++) {
    const weight = weights ? weights[r]! : 1;
    total += weight;
    for (let c = 0; c < columns; c++) means[c]! += weight * values[r * columns + c]!;
  }
  for (let c = 0; c < columns; c++) means[c]! /= total;
  const products = new Float64Array(columns * columns);
  const centred = new Float64Array(columns);
  for (let r = 0; r < rows; r++) {
    const weight = weights ? weights[r]! : 1;
    for (let c = 0; c < columns; c++) centred[c] = values[r * columns + c]! - means[c]!;
    for (let a = 0; a < columns; a++) {
      const left = weight * centred[a]!;
      for (let b = a; b < columns; b++) products[a * columns + b]! += left * centred[b]!;
    }
  }
  const result = new Float64Array(columns * columns);
  for (let a = 0; a < columns; a++) {
    for (let b = a; b < columns; b++) {
      const scale = Math.sqrt(products[a * columns + a]! * products[b * columns + b]!);
      const r = a === b ? 1 : scale > 0 ? products[a * columns + b]! / scale : 0;
      result[a * columns + b] = r;
      result[b * columns + a] = r;
    }
  }
  return result;
}
