import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { driftOf } from "../../platform/math/drift.ts";
import {
  brierScore,
  calibrationBins,
  expectedCalibrationError,
  fraudBalancedBins,
} from "./calibration-quality.ts";
import { correlations } from "./correlation.ts";
import { costCurve, operatingPoints, thin } from "./curves.ts";
import { evaluate, metricsOf } from "./evaluation.ts";
import { type InputTable, permutationImportance } from "./permutation-importance.ts";
import { averagePrecision, rank } from "./ranking.ts";
import { recallByValueInterval } from "./share-interval.ts";
import { byAmount, byHour, sliceTable } from "./slices.ts";
import { qualityAt } from "./thresholds.ts";
import { tierTable } from "./tiers.ts";
import { precisionAtTop, scaledToDay, scoreAtTop } from "./workload.ts";

// Ten rows, worked by hand below. Frauds: rows 0, 1, 4 and 8.
const sample = {
  scores: Float64Array.of(0.95, 0.8, 0.75, 0.6, 0.5, 0.35, 0.2, 0.15, 0.05, 0.01),
  labels: Uint8Array.of(1, 1, 0, 0, 1, 0, 0, 0, 1, 0),
};
const amounts = Float64Array.of(100, 50, 10, 10, 200, 10, 10, 10, 650, 10);
const thresholds = { medium: 0.1, high: 0.3, critical: 0.7, fraud: 0.5 };

describe("one threshold", () => {
  it("agrees with a hand count", () => {
    const at = qualityAt(sample, 0.5);
    expect(at).toMatchObject({ truePositives: 3, falsePositives: 2, falseNegatives: 1, trueNegatives: 4 });
    expect(at).toMatchObject({ precision: 0.6, recall: 0.75, accuracy: 0.7, alertRate: 0.5 });
    expect(at.f1).toBeCloseTo(2 / 3, 12);
    expect(at.falsePositiveRate).toBeCloseTo(1 / 3, 12);
  });

  it("calls the precision of no alerts 0", () => {
    expect(qualityAt(sample, 2)).toMatchObject({ precision: 0, recall: 0, f1: 0, alertRate: 0 });
  });

  it("counts money, not rows, in recall by value", () => {
    expect(recallByValueInterval(sample, 0.5, amounts).value).toBeCloseTo(0.35, 12);
  });
});

describe("curves", () => {
  const points = operatingPoints(rank(sample));

  it("pass through the operating points of single thresholds", () => {
    for (const point of points.slice(1)) {
      const at = qualityAt(sample, point.threshold);
      expect(point.recall).toBe(at.recall);
      expect(point.precision).toBe(at.precision);
      expect(point.falsePositiveRate).toBe(at.falsePositiveRate);
    }
  });

  it("enclose the average precision", () => {
    const area = points.slice(1).reduce((sum, p, i) => sum + (p.recall - points[i]!.recall) * p.precision, 0);
    expect(area).toBeCloseTo(averagePrecision(sample), 12);
  });

  it("keep their ends when thinned", () => {
    const thinned = thin(points, 0.3);
    expect(thinned.length).toBeLessThan(points.length);
    expect([thinned[0], thinned.at(-1)]).toEqual([points[0], points.at(-1)]);
  });

  it("give the expected cost of every threshold", () => {
    const costs = { missedFraud: amounts, falseAlert: 7, caughtFraud: 3 };
    const curve = costCurve(rank(sample), costs);
    expect(curve[0]!.cost).toBe(100); // all 1,000 lost over ten transactions
    const at = curve.find((point) => point.threshold === 0.5)!;
    expect(at.cost).toBeCloseTo((650 + 2 * 7 + 3 * 3) / 10, 12);
    expect(curve.at(-1)!.cost).toBeCloseTo((6 * 7 + 4 * 3) / 10, 12);
  });
});

describe("tiers", () => {
  it("hold every transaction, fraud and euro exactly once", () => {
    const table = tierTable(sample, thresholds, amounts);
    expect(table.map((row) => row.transactions)).toEqual([2, 2, 3, 3]);
    expect(table.map((row) => row.frauds)).toEqual([1, 0, 1, 2]);
    expect(table.map((row) => row.fraudMoneyShare)).toEqual([0.65, 0, 0.2, 0.15]);
    expect(table.reduce((sum, row) => sum + row.fraudShare, 0)).toBe(1);
    expect(table.map((row) => row.calibrated)).toEqual([false, false, true, false]);
  });

  it("start at their lower edge", () => {
    const edges = { scores: Float64Array.of(0, 0.1, 0.3, 0.7), labels: Uint8Array.of(0, 0, 0, 1) };
    const table = tierTable(edges, thresholds, [1, 1, 1, 1]);
    expect(table.map((row) => row.transactions)).toEqual([1, 1, 1, 1]);
  });
});

describe("precision at the top", () => {
  const ranked = rank(sample);
  it("looks at the highest scores", () => {
    expect(precisionAtTop(ranked, 2)).toBe(1);
    expect(precisionAtTop(ranked, 4)).toBe(0.5);
    expect(precisionAtTop(ranked, 1_000)).toBe(0.4);
    expect([scoreAtTop(ranked, 2), scoreAtTop(ranked, 1_000)]).toEqual([0.8, 0.01]);
  });

  it("takes a run of equal scores in proportion", () => {
    const tied = rank({ scores: Float64Array.of(0.9, 0.5, 0.5, 0.1), labels: Uint8Array.of(1, 1, 0, 0) });
    expect(precisionAtTop(tied, 2)).toBe(0.75);
  });
});

describe("calibration", () => {
  it("has the Brier score of a hand count", () => {
    const two = { scores: Float64Array.of(0.8, 0.3), labels: Uint8Array.of(1, 0) };
    expect(brierScore(two)).toBeCloseTo((0.04 + 0.09) / 2, 12);
    expect(brierScore({ ...two, weights: Float64Array.of(3, 1) })).toBeCloseTo((0.12 + 0.09) / 4, 12);
  });

  it("finds no error where the model means what it says", () => {
    const scores = new Float64Array(100).fill(0.3);
    const labels = Uint8Array.from({ length: 100 }, (_, i) => Number(i < 30));
    expect(expectedCalibrationError(calibrationBins({ scores, labels }))).toBeCloseTo(0, 12);
    const sure = new Float64Array(100).fill(0.8);
    expect(expectedCalibrationError(calibrationBins({ scores: sure, labels }))).toBeCloseTo(0.5, 12);
  });

  it("shares the frauds out evenly over balanced bins", () => {
    const bins = fraudBalancedBins(rank(sample), 4);
    expect(bins.map((bin) => bin.frauds)).toEqual([1, 1, 1, 1]);
    expect(bins.reduce((sum, bin) => sum + bin.transactions, 0)).toBe(10);
  });
});

describe("slices", () => {
  it("follow the clock over days and the amount", () => {
    const hour = byHour([0, 21_600, 86_399, 86_400 + 13 * 3_600]);
    expect([0, 1, 2, 3].map((row) => hour.of(row))).toEqual([0, 1, 3, 2]);
    const amount = byAmount([0, 9.99, 10, 199, 1_000, 25_691]);
    expect([0, 1, 2, 3, 4, 5].map((row) => amount.of(row))).toEqual([0, 0, 1, 2, 4, 4]);
  });

  it("judge each part alone and leave out what has no rows", () => {
    const table = sliceTable(sample, byAmount(amounts), 0.5);
    expect(table.map((row) => [row.slice, row.transactions, row.frauds])).toEqual([
      ["10 to 50", 6, 0],
      ["50 to 200", 2, 2],
      ["200 to 1,000", 2, 2],
    ]);
    expect(table.map((row) => row.recall)).toEqual([0, 1, 0.5]);
    expect(table.map((row) => row.auprc)).toEqual([undefined, undefined, undefined]);
  });
});

describe("drift", () => {
  const values = Float64Array.from({ length: 1_000 }, (_, i) => i);
  it("is nothing between a column and itself, in whatever order", () => {
    const { psi, ks } = driftOf("x", { values }, { values: values.slice().reverse() });
    expect(psi).toBeCloseTo(0, 12);
    expect(ks).toBe(0);
  });

  it("has the KS distance of two shifted uniforms", () => {
    const { psi, ks } = driftOf("x", { values }, { values: values.map((x) => x + 250) });
    expect(ks).toBeCloseTo(0.25, 12);
    expect(psi).toBeGreaterThan(0.25);
  });

  it("is seen where a constant moves, up or down, or a value that is in the way of a bin", () => {
    for (const moved of [3, 7]) {
      expect(driftOf("x", { values: [5, 5, 5] }, { values: [moved, moved, moved] }).psi).toBeGreaterThan(1);
    }
    const half = { values: values.map((x) => Math.max(0, x - 500)) };
    expect(driftOf("x", half, { values: half.values.map((x) => x || -1) }).psi).toBeGreaterThan(1);
    expect(driftOf("x", half, half).psi).toBeCloseTo(0, 12);
  });

  it("refuses a value that is not a number, and says which", () => {
    expect(() => driftOf("V3", { values: [1, Number.NaN] }, { values: [1] })).toThrow("V3: value 2 of 2");
  });

  it("has the PSI of a hand count", () => {
    // Two bins, 50:50 against 80:20: (0.3) ln(1.6) + (−0.3) ln(0.4).
    const before = { values: [0, 1] };
    const after = { values: [0, 1], weights: [8, 2] };
    expect(driftOf("x", before, after, 2).psi).toBeCloseTo(0.3 * Math.log(1.6) - 0.3 * Math.log(0.4), 12);
  });
});

describe("correlation", () => {
  it("agrees with a hand count, weights being copies", () => {
    const table = [1, 2, 2, 4, 3, 5, 3, 5];
    const [, r] = correlations(table, 2);
    const [, weighted] = correlations(table.slice(0, 6), 2, [1, 1, 2]);
    expect(r).toBeCloseTo(4 / Math.sqrt(2.75 * 6), 12);
    expect(weighted).toBeCloseTo(r!, 12);
    expect([...correlations([1, -1, 2, -2], 2)]).toEqual([1, -1, -1, 1]);
  });
});

describe("permutation importance", () => {
  it("finds the column the model reads, and leaves the table as it was", async () => {
    const rows = 300;
    const values = Float32Array.from(
      { length: rows * 2 },
      (_, i) => (Math.sin(i * 12.9898) * 43_758.5453) % 1,
    );
    const table = { rows, columns: 2, names: ["read", "ignored"], values };
    const labels = Uint8Array.from({ length: rows }, (_, row) => Number(values[2 * row]! > 0.6));
    const before = values.slice();
    const score = async (of: InputTable) =>
      Float32Array.from({ length: rows }, (_, row) => of.values[2 * row]!);
    const [first, second] = await permutationImportance(table, { labels }, score, { seed: 1 });
    expect(first!.input).toBe("read");
    expect(first!.loss).toBeGreaterThan(0.5);
    expect(second).toEqual({ input: "ignored", loss: 0, spread: 0 });
    expect(values).toEqual(before);
  });
});

describe("a whole evaluation", () => {
  const test = {
    ...sample,
    amounts,
    protocol: "hand-made",
    times: Float64Array.from(amounts, (_, i) => i * 9_000),
  };
  const options = {
    thresholds,
    seed: 1,
    draws: 50,
    day: { transactions: 1_000, frauds: 100, fraudAmount: 20_000 },
  };

  it("labels every record with its protocol", () => {
    const records = metricsOf(evaluate(test, options));
    expect(records.every((record) => record.protocol === "hand-made")).toBe(true);
    const value = (name: string) => records.find((record) => record.name === name)?.value;
    expect(value("precision")).toBeCloseTo(0.6, 12);
    expect(value("recall_by_value")).toBeCloseTo(0.35, 12);
    // Three of four frauds and five of six legitimate ones are above 0.1; three and three above 0.3.
    expect(value("alerts_per_day")).toBeCloseTo(100 * (3 / 4) + 900 * (5 / 6), 9);
    expect(value("reviews_per_day")).toBeCloseTo(100 * (3 / 4) + 900 * (3 / 6), 9);
    expect([value("frauds_per_day"), value("fraud_amount_per_day")]).toEqual([100, 20_000]);
    expect(value("tier_critical_transactions")).toBe(3);
  });

  it("counts a day at the day's rate of fraud, whatever that of the test rows", () => {
    const day = evaluate(test, options).perDay!;
    const sum = (of: "transactions" | "frauds") => day.tiers.reduce((total, tier) => total + tier[of], 0);
    expect(sum("frauds")).toBeCloseTo(100, 9);
    expect(sum("transactions")).toBeCloseTo(1_000, 9);
    for (const at of day.thresholds) {
      expect(at.truePositives + at.falseNegatives).toBeCloseTo(100, 9);
      expect(at.falsePositivesHigh).toBeGreaterThanOrEqual(at.falsePositives);
    }
    expect(scaledToDay(test, options.day).weights[0]).toBe(25);
  });

  it("has no interval that is a point, also where nothing went wrong among its rows", () => {
    const labels = Uint8Array.from(sample.scores, (_, row) => Number(row < 4));
    const { figures, tiers } = evaluate({ ...test, labels }, options);
    for (const name of ["auc", "auprc", "precision", "recall_by_value", "alert_recall", "f1"] as const) {
      const { value, low, high } = figures[name];
      expect(low, name).toBeLessThan(value);
      expect(high, name).toBeGreaterThanOrEqual(value);
    }
    // Four frauds above everything else: by the rule of three one in two could be missed.
    expect(figures.auc.low).toBeCloseTo(0.05 ** (1 / 4), 12);
    for (const { fraudRateInterval: rate } of tiers) expect(rate.high - rate.low).toBeGreaterThan(0.2);
  });

  it("does not depend on the order of the rows or the unit of the weights", () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...amounts.keys()], { minLength: 10 }),
        fc.integer({ min: 2, max: 9 }),
        (order, k) => {
          const pick = (from: ArrayLike<number>) => Float64Array.from(order, (i) => from[i]!);
          const shuffled = {
            ...test,
            scores: pick(test.scores),
            labels: Uint8Array.from(order, (i) => test.labels[i]!),
            weights: new Float64Array(10).fill(k),
            amounts: pick(amounts),
            times: pick(test.times),
          };
          const [a, b] = [evaluate(test, options), evaluate(shuffled, options)];
          for (const name of ["auc", "auprc", "brier", "f1", "recall_by_value"] as const) {
            expect(b.figures[name].value).toBeCloseTo(a.figures[name].value, 12);
          }
          expect(b.tiers.map((tier) => tier.fraudRate)).toEqual(a.tiers.map((tier) => tier.fraudRate));
          expect(b.perDay!.alerts).toBeCloseTo(a.perDay!.alerts, 9);
        },
      ),
      { numRuns: 15 },
    );
  });
});
