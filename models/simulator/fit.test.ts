import { expect, test } from "vitest";
import { kMeans } from "./k-means.ts";
import { normalScores, shrunkCorrelations } from "./normal-scores.ts";
import { amountQuantiles, continuousQuantiles, moments } from "./quantile-function.ts";

const ones = (n: number): Float64Array => new Float64Array(n).fill(1);
/** Deterministic and heavy-tailed. */
const skewed = Float64Array.from({ length: 5_000 }, (_, i) => Math.exp(3 * Math.sin(i * 12.9898)) - (i % 7));

function drawnMoments({ at, value }: { at: number[]; value: number[] }): { mean: number; deviation: number } {
  let mean = 0;
  let square = 0;
  for (let i = 1; i < at.length; i++) {
    const width = at[i]! - at[i - 1]!;
    const [a, b] = [value[i - 1]!, value[i]!];
    mean += (width * (a + b)) / 2;
    square += (width * (a * a + a * b + b * b)) / 3;
  }
  return { mean, deviation: Math.sqrt(square - mean * mean) };
}

test("a quantile function draws the data's mean and spread, with weights too, and never falls", () => {
  const weights = Float64Array.from(skewed, (_, i) => 1 + (i % 3));
  const quantiles = continuousQuantiles(skewed, weights);
  const wanted = moments(skewed, weights);
  const drawn = drawnMoments(quantiles);
  expect(drawn.mean).toBeCloseTo(wanted.mean, 2);
  expect(drawn.deviation / wanted.deviation).toBeCloseTo(1, 2);
  for (let i = 1; i < quantiles.value.length; i++) {
    expect(quantiles.value[i]!).toBeGreaterThanOrEqual(quantiles.value[i - 1]!);
    expect(quantiles.at[i]!).toBeGreaterThanOrEqual(quantiles.at[i - 1]!);
  }
});

test("few rows give few knots: none stands for less than four rows", () => {
  expect(continuousQuantiles(skewed.slice(0, 40), ones(40)).at.length).toBeLessThanOrEqual(11);
});

test("common amounts keep their share and their exact value", () => {
  const amounts = Float64Array.from({ length: 1_000 }, (_, i) => (i < 200 ? 1 : i < 250 ? 99.99 : i / 3));
  const { at, value } = amountQuantiles(amounts, ones(1_000));
  const shareOf = (amount: number): number => {
    let share = 0;
    for (let i = 1; i < at.length; i++) {
      if (value[i] === amount && value[i - 1] === amount) share += at[i]! - at[i - 1]!;
    }
    return share;
  };
  expect(shareOf(1)).toBeCloseTo(0.2, 3);
  expect(shareOf(99.99)).toBeCloseTo(0.05, 2);
  expect(drawnMoments({ at, value }).mean / moments(amounts, ones(1_000)).mean).toBeCloseTo(1, 1);
});

test("normal scores: equal values share theirs, order is kept, any monotone change changes nothing", () => {
  const x = Float64Array.of(3, 1, 1, 2, 10);
  const scores = normalScores(x, ones(5));
  expect(scores[1]).toBe(scores[2]);
  expect(scores[0]!).toBeGreaterThan(scores[3]!);
  expect(normalScores(x.map(Math.exp), ones(5))).toEqual(scores);
});

test("correlations come out, shrunk a little, in triangle order", () => {
  const a = Float64Array.from({ length: 2_000 }, (_, i) => (Math.sin(i * 78.233) * 43.7) % 1);
  const b = a.map((x, i) => -x + ((Math.sin(i * 12.9898) * 43.7) % 1) * 0.01);
  const c = Float64Array.from({ length: 2_000 }, (_, i) => (i * 0.6180339887) % 1);
  const [ab, ac, bc] = shrunkCorrelations([a, b, c], ones(2_000));
  expect(ab).toBeLessThan(-0.98);
  expect(Math.abs(ac!)).toBeLessThan(0.1);
  expect(Math.abs(bc!)).toBeLessThan(0.1);
});

test("k-means finds what is apart, dissolves what is too small, and is the same for the same seed", () => {
  const points = Float64Array.from({ length: 305 * 2 }, (_, i) => {
    const row = i >> 1;
    const centre = row < 100 ? 0 : row < 300 ? 50 : 200;
    return centre + Math.sin(i * 12.9898);
  });
  const options = { clusters: 3, minRows: 20, seed: 1, runs: 3 };
  const { of, count } = kMeans(points, 2, ones(305), options);
  expect(count).toBe(2);
  expect(new Set(of.slice(0, 100)).size).toBe(1);
  expect(new Set(of.slice(100)).size).toBe(1);
  expect(of[0]).not.toBe(of[100]);
  expect(kMeans(points, 2, ones(305), options).of).toEqual(of);
});
