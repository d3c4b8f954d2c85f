import { describe, expect, it } from "vitest";
import { Random } from "../../platform/math/random.ts";
import { bootstrapIntervals, quantile } from "./bootstrap.ts";
import { rank, rankingQuality } from "./ranking.ts";

const random = new Random(1);
const rows = 400;
const labels = Uint8Array.from({ length: rows }, (_, i) => Number(i < 40));
const scores = Float64Array.from(labels, (label) => random.normal() + label);
const sample = { scores, labels };

describe("bootstrap", () => {
  it("draws as many frauds as there are, whatever the draw", () => {
    const fraudsSeen = new Set<number>();
    bootstrapIntervals(
      sample,
      (weights) => {
        const frauds = labels.reduce((sum, label, i) => sum + label * (weights?.[i] ?? 1), 0);
        fraudsSeen.add(frauds);
        return { frauds };
      },
      { seed: 1, draws: 20 },
    );
    expect([...fraudsSeen]).toEqual([40]);
  });

  it("gives the same interval for the same seed, another for another", () => {
    const ranked = rank(sample);
    const of = (seed: number) =>
      bootstrapIntervals(sample, (weights) => ({ ...rankingQuality(ranked, weights) }), { seed, draws: 200 });
    expect(of(3)).toEqual(of(3));
    expect(of(3).auc).not.toEqual(of(4).auc);
    const { value, low, high } = of(3).auc;
    expect(low).toBeLessThan(value);
    expect(high).toBeGreaterThan(value);
  });

  it("has about the spread that theory gives a mean", () => {
    // Mean of the legitimate scores: standard error = standard deviation / √n.
    const mean = (weights: Float64Array | undefined): number => {
      let [sum, total] = [0, 0];
      for (let i = 40; i < rows; i++) {
        sum += (weights?.[i] ?? 1) * scores[i]!;
        total += weights?.[i] ?? 1;
      }
      return sum / total;
    };
    const own = mean(undefined);
    const spread = Math.sqrt(scores.subarray(40).reduce((sum, x) => sum + (x - own) ** 2, 0) / 360 / 360);
    const { low, high } = bootstrapIntervals(sample, (w) => ({ mean: mean(w) }), {
      seed: 9,
      draws: 2_000,
    }).mean;
    expect((high - low) / (2 * 1.96 * spread)).toBeCloseTo(1, 1);
  });

  it("keeps the rows' own weights", () => {
    const weights = Float64Array.from(labels, (label) => (label ? 1 : 5));
    const rate = (drawn: Float64Array | undefined) => {
      const total = drawn!.reduce((sum, w) => sum + w, 0);
      return { rate: labels.reduce((sum, label, i) => sum + label * drawn![i]!, 0) / total };
    };
    expect(bootstrapIntervals({ ...sample, weights }, rate, { seed: 1, draws: 5 }).rate).toEqual({
      value: 40 / 1840,
      low: 40 / 1840,
      high: 40 / 1840,
    });
  });
});

it("interpolates quantiles as numpy does", () => {
  expect(quantile(Float64Array.of(1, 2, 3, 4), 0.25)).toBe(1.75);
  expect(quantile(Float64Array.of(5), 0.9)).toBe(5);
  expect(quantile(new Float64Array(0), 0.5)).toBeNaN();
});
