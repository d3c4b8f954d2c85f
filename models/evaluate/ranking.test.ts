import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { descendingOrder } from "./order.ts";
import { averagePrecision, rocAuc } from "./ranking.ts";

const sample = (scores: number[], labels: number[], weights?: number[]) => ({
  scores: Float64Array.from(scores),
  labels: Uint8Array.from(labels),
  weights: weights && Float64Array.from(weights),
});

const scoredRows = fc
  .array(
    fc.record({
      score: fc.integer({ min: 0, max: 12 }),
      fraud: fc.boolean(),
      weight: fc.integer({ min: 1, max: 4 }),
    }),
    {
      minLength: 2,
      maxLength: 60,
    },
  )
  .filter((rows) => rows.some((row) => row.fraud) && rows.some((row) => !row.fraud));

describe("descending order", () => {
  it("sorts any finite numbers like a stable comparison sort", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true })), (values) => {
        const expected = values.map((_, i) => i).sort((a, b) => values[b]! - values[a]! || a - b);
        expect([...descendingOrder(Float64Array.from(values))]).toEqual(expected);
      }),
    );
  });
});

describe("ROC AUC", () => {
  it("agrees with a hand count", () => {
    // Frauds 0.8 and 0.4 against legitimate 0.5 and 0.1: three of four pairs are the right way round.
    expect(rocAuc(sample([0.1, 0.4, 0.5, 0.8], [0, 1, 0, 1]))).toBe(0.75);
  });

  it("counts ties half", () => {
    expect(rocAuc(sample([0.5, 0.5, 0.5], [0, 1, 0]))).toBe(0.5);
    expect(rocAuc(sample([0.9, 0.5, 0.5, 0.1], [1, 1, 0, 0]))).toBe(0.875);
  });

  it("is the weighted share of pairs that stand the right way round", () => {
    fc.assert(
      fc.property(scoredRows, (rows) => {
        let won = 0;
        let pairs = 0;
        for (const a of rows.filter((row) => row.fraud)) {
          for (const b of rows.filter((row) => !row.fraud)) {
            pairs += a.weight * b.weight;
            won += a.weight * b.weight * (a.score > b.score ? 1 : a.score === b.score ? 0.5 : 0);
          }
        }
        const auc = rocAuc(
          sample(
            rows.map((r) => r.score),
            rows.map((r) => Number(r.fraud)),
            rows.map((r) => r.weight),
          ),
        );
        expect(auc).toBeCloseTo(won / pairs, 12);
      }),
    );
  });
});

describe("average precision", () => {
  it("agrees with scikit-learn's documented example", () => {
    expect(averagePrecision(sample([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]))).toBeCloseTo(0.8333333333, 9);
  });

  it("is the base rate when every score is the same", () => {
    expect(averagePrecision(sample([1, 1, 1, 1], [0, 1, 0, 0]))).toBe(0.25);
  });

  it("reads a weight as that many copies of the row", () => {
    fc.assert(
      fc.property(scoredRows, (rows) => {
        const copies = rows.flatMap((row) => Array.from({ length: row.weight }, () => row));
        const weighted = sample(
          rows.map((r) => r.score),
          rows.map((r) => Number(r.fraud)),
          rows.map((r) => r.weight),
        );
        const copied = sample(
          copies.map((r) => r.score),
          copies.map((r) => Number(r.fraud)),
        );
        expect(averagePrecision(weighted)).toBeCloseTo(averagePrecision(copied), 12);
        expect(rocAuc(weighted)).toBeCloseTo(rocAuc(copied), 12);
      }),
    );
  });

  it("does not change under a rising transformation of the scores", () => {
    fc.assert(
      fc.property(scoredRows, (rows) => {
        const labels = rows.map((r) => Number(r.fraud));
        const plain = sample(
          rows.map((r) => r.score),
          labels,
        );
        const bent = sample(
          rows.map((r) => Math.exp(r.score / 3) - 5),
          labels,
        );
        expect(averagePrecision(bent)).toBe(averagePrecision(plain));
        expect(rocAuc(bent)).toBe(rocAuc(plain));
      }),
    );
  });
});

it("refuses what cannot be judged, and says why", () => {
  expect(() => rocAuc(sample([0.1, 0.2], [0, 0]))).toThrow("there are no frauds among 2 rows");
  expect(() => rocAuc(sample([0.1, 0.2], [1, 1]))).toThrow("there are no legitimate transactions");
  expect(() => rocAuc(sample([0.1, Number.NaN], [0, 1]))).toThrow("row 1: score NaN");
  expect(() => rocAuc(sample([0.1], [0, 1]))).toThrow("differ in length");
});
