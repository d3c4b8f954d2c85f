import { expect, test } from "vitest";
import { Random } from "../../platform/math/random.ts";
import { applyBins, balancedWeights, fitBins, MOST_BINS } from "./binning.ts";
import { newMatrix } from "./matrix.ts";

function column(values: readonly number[]) {
  const matrix = newMatrix(values.length, ["x"]);
  matrix.values.set(values);
  return matrix;
}

test("few distinct values: an edge midway between each two", () => {
  const { edges } = fitBins(column([3, 1, 1, 2, 3, 8]));
  expect(Array.from(edges[0]!)).toEqual([1.5, 2.5, 5.5]);
});

test("many values: bins of about the same number of rows, and bin ≤ b exactly when x ≤ edge b", () => {
  const random = new Random(1);
  const matrix = column(Array.from({ length: 5_000 }, () => random.normal()));
  const binned = applyBins(matrix, fitBins(matrix, { maxBins: 50 }));
  const [edges] = binned.edges;
  expect(edges!.length).toBe(49);
  const counts = new Int32Array(50);
  for (let r = 0; r < 5_000; r++) {
    const bin = binned.bins[r]!;
    counts[bin]!++;
    for (let b = 0; b < 49; b++) expect(matrix.values[r]! <= edges![b]!).toBe(bin <= b);
  }
  expect(Math.min(...counts)).toBeGreaterThan(85);
  expect(Math.max(...counts)).toBeLessThan(115);
});

test("over 256 bins a number takes two bytes: every value has a bin of its own", () => {
  const random = new Random(3);
  const matrix = newMatrix(3_000, ["many", "few"]);
  for (let r = 0; r < 3_000; r++) matrix.values.set([random.normal(), r % 3], 2 * r);
  const binned = applyBins(matrix, fitBins(matrix, { maxBins: MOST_BINS }));
  expect(binned.bins).toBeInstanceOf(Uint16Array);
  const order = Array.from({ length: 3_000 }, (_, r) => r).sort(
    (a, b) => matrix.values[2 * a]! - matrix.values[2 * b]!,
  );
  expect(order.map((r) => binned.bins[r])).toEqual(order.map((_, i) => i));
  expect(Array.from(binned.bins.subarray(3_000, 3_006))).toEqual([0, 1, 2, 0, 1, 2]);
  expect(() => fitBins(matrix, { maxBins: MOST_BINS + 1 })).toThrow("must be 2–65536");
});

test("neighbouring float32 values are still told apart", () => {
  const a = Math.fround(0.1);
  const b = Math.fround(a + 7.450580596923828e-9);
  expect(b).toBeGreaterThan(a);
  const matrix = column([a, b]);
  expect(Array.from(applyBins(matrix, fitBins(matrix)).bins)).toEqual([0, 1]);
});

test("balanced weights give the rare class half of the bins", () => {
  const random = new Random(2);
  const labels = Uint8Array.from({ length: 10_000 }, (_, r) => (r < 100 ? 1 : 0));
  const matrix = column(Array.from(labels, (label) => random.normal() + 100 * label));
  const plain = fitBins(matrix, { maxBins: 40 });
  const balanced = fitBins(matrix, { maxBins: 40, weights: balancedWeights(labels) });
  expect(plain.edges[0]!.filter((edge) => edge > 50).length).toBeLessThanOrEqual(1);
  expect(balanced.edges[0]!.filter((edge) => edge > 50).length).toBeGreaterThan(15);
});

test("balanced weights: both classes sum to half, given weights counted in", () => {
  const weights = balancedWeights(Uint8Array.of(0, 0, 0, 1), Float64Array.of(1, 2, 3, 2));
  expect(Array.from(weights)).toEqual([8 / 12, 16 / 12, 24 / 12, 4]);
});
