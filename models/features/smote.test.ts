import { expect, test } from "vitest";
import { Random } from "../../platform/math/random.ts";
import { newMatrix } from "./matrix.ts";
import { smote } from "./smote.ts";

function twoClasses(rows: number, frauds: number) {
  const random = new Random(5);
  const matrix = newMatrix(rows, ["a", "b"]);
  const labels = new Uint8Array(rows);
  for (let r = 0; r < rows; r++) {
    labels[r] = r < frauds ? 1 : 0;
    matrix.values.set([random.normal() + 9 * labels[r]!, random.normal()], 2 * r);
  }
  return { matrix, labels };
}

test("ends with two classes of one size, the given rows first and unchanged", () => {
  const { matrix, labels } = twoClasses(200, 20);
  const grown = smote(matrix, labels, { seed: 1 });
  expect(grown.labels.length).toBe(360);
  expect(grown.labels.reduce((a, b) => a + b, 0)).toBe(180);
  expect(grown.features.values.slice(0, 400)).toEqual(matrix.values.slice());
});

test("every new row lies between a fraud and one of its five nearest frauds", () => {
  const { matrix, labels } = twoClasses(120, 15);
  const grown = smote(matrix, labels, { seed: 1 });
  const at = (r: number) => [grown.features.values[2 * r]!, grown.features.values[2 * r + 1]!] as const;
  const distance = (a: readonly number[], b: readonly number[]) => Math.hypot(a[0]! - b[0]!, a[1]! - b[1]!);
  const frauds = Array.from({ length: 15 }, (_, r) => r);
  for (let r = 120; r < grown.labels.length; r++) {
    const between = frauds.some((from) =>
      frauds
        .filter((to) => to !== from)
        .sort((x, y) => distance(at(from), at(x)) - distance(at(from), at(y)))
        .slice(0, 5)
        .some(
          (to) => distance(at(from), at(r)) + distance(at(r), at(to)) - distance(at(from), at(to)) < 1e-5,
        ),
    );
    expect(between).toBe(true);
  }
});

test("the seed decides", () => {
  const { matrix, labels } = twoClasses(200, 20);
  const values = (seed: number) => smote(matrix, labels, { seed }).features.values.slice();
  expect(values(1)).toEqual(values(1));
  expect(values(1)).not.toEqual(values(2));
});

test("refuses a class with no more rows than neighbours", () => {
  const { matrix, labels } = twoClasses(50, 5);
  expect(() => smote(matrix, labels, { seed: 1 })).toThrow("SMOTE needs more than 5 rows");
});
