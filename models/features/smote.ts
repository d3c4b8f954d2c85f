import { Random } from "../../platform/math/random.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { type Matrix, newMatrix } from "./matrix.ts";

/**
 * SMOTE (Chawla et al. 2002) as imbalanced-learn does it: every new row lies at a random point of the line from a
 * random minority row to one of its k nearest minority neighbours (Euclidean, over the columns as they are), until
 * both classes have the same number of rows. New rows come after the given ones.
 *
 * Only minority rows are compared with each other, so the cost is the square of a few hundred.
 *
 * @throws DomainError `invalid_argument` when the minority class has no more than `k` rows
 */
export function smote(
  matrix: Matrix,
  labels: Uint8Array,
  { seed, k = 5 }: { readonly seed: number; readonly k?: number },
): { readonly features: Matrix; readonly labels: Uint8Array } {
  const { rows, columns, values } = matrix;
  const frauds = labels.reduce((sum, label) => sum + label, 0);
  const rare = frauds * 2 <= rows ? 1 : 0;
  const members: number[] = [];
  for (let r = 0; r < rows; r++) if (labels[r] === rare) members.push(r);
  if (members.length <= k) {
    throw new DomainError(
      "invalid_argument",
      `SMOTE needs more than ${k} rows of the rarer class, there are ${members.length}`,
    );
  }
  const wanted = rows - 2 * members.length;
  const grown = newMatrix(rows + wanted, matrix.names);
  grown.values.set(values);
  const grownLabels = new Uint8Array(rows + wanted).fill(rare);
  grownLabels.set(labels);
  const neighbours = members.map((row) => nearest(matrix, members, row, k));
  const random = new Random(seed, 0x5307e);
  for (let i = 0; i < wanted; i++) {
    const member = random.int(members.length);
    const from = members[member]! * columns;
    const to = neighbours[member]![random.int(k)]! * columns;
    const step = random.next();
    const at = (rows + i) * columns;
    for (let c = 0; c < columns; c++) {
      grown.values[at + c] = values[from + c]! + step * (values[to + c]! - values[from + c]!);
    }
  }
  return { features: grown, labels: grownLabels };
}

/** The k members nearest to `row`, itself left out; ties go to the earlier row. */
function nearest({ columns, values }: Matrix, members: readonly number[], row: number, k: number): number[] {
  const distances = members.map((other) => {
    let sum = 0;
    for (let c = 0; c < columns; c++) {
      const difference = values[row * columns + c]! - values[other * columns + c]!;
      sum += difference * difference;
    }
    return { other, sum };
  });
  return distances
    .filter(({ other }) => other !== row)
    .sort((a, b) => a.sum - b.sum || a.other - b.other)
    .slice(0, k)
    .map(({ other }) => other);
}
