import { describe, expect, test } from "vitest";
import { Random } from "../../platform/math/random.ts";
import { fitIsotonic } from "./isotonic.ts";
import { fitPlatt } from "./platt.ts";
import { type Block, poolAdjacentViolators } from "./pool-adjacent-violators.ts";

/** Rows whose log-odds of fraud are `trueLogOdds(raw)`; legitimate ones stand for `weight` transactions. */
function sample(rows: number, trueLogOdds: (raw: number) => number, weight = 1, seed = 1) {
  const random = new Random(seed);
  const raw = Float64Array.from({ length: rows }, () => 6 * random.next() - 4);
  const labels = Uint8Array.from(raw, (x) => Number(random.next() < 1 / (1 + Math.exp(-trueLogOdds(x)))));
  return { raw, labels, weights: Float64Array.from(labels, (y) => (y === 1 ? 1 : weight)) };
}

/** Isotonic regression by trying every way to cut the sorted rows into runs. */
function bruteForce(scores: number[], labels: number[], weights: number[]): number[] {
  const order = [...scores.keys()].sort((a, b) => scores[a]! - scores[b]!);
  let best = { error: Number.POSITIVE_INFINITY, fitted: [] as number[] };
  for (let cuts = 0; cuts < 1 << (order.length - 1); cuts++) {
    const fitted: number[] = [];
    let from = 0;
    let [error, last, valid] = [0, -1, true];
    for (let i = 0; i < order.length; i++) {
      if (i < order.length - 1 && ((cuts >> i) & 1) === 0) continue;
      const run = order.slice(from, i + 1);
      const weight = run.reduce((s, r) => s + weights[r]!, 0);
      const mean = run.reduce((s, r) => s + weights[r]! * labels[r]!, 0) / weight;
      for (const r of run) {
        fitted[r] = mean;
        error += weights[r]! * (labels[r]! - mean) ** 2;
      }
      valid &&= mean >= last;
      last = mean;
      from = i + 1;
    }
    if (valid && error < best.error - 1e-12) best = { error, fitted };
  }
  return best.fitted;
}

const valueAt = (blocks: Block[], score: number) => blocks.find((b) => score <= b.high)!.rate;

describe("pooling adjacent violators", () => {
  test("is isotonic regression: the same as trying every partition", () => {
    const random = new Random(4);
    for (let round = 0; round < 40; round++) {
      const scores = Array.from({ length: 10 }, (_, i) => i + random.next());
      const labels = scores.map((s) => Number(random.next() < s / 12));
      const weights = scores.map(() => 0.5 + 3 * random.next());
      const blocks = poolAdjacentViolators(scores, labels, weights);
      const expected = bruteForce(scores, labels, weights);
      for (const [r, score] of scores.entries()) expect(valueAt(blocks, score)).toBeCloseTo(expected[r]!, 9);
    }
  });

  test("gives one value to equal scores and leaves out NaN", () => {
    const blocks = poolAdjacentViolators([1, 1, 2, Number.NaN], [1, 0, 1, 1], [1, 3, 1, 9]);
    expect(blocks.map(({ low, rate }) => [low, rate])).toEqual([
      [1, 0.25],
      [2, 1],
    ]);
  });
});

describe("the isotonic line", () => {
  const bent = (x: number) => (x < 0 ? 0.5 * x : 3 * x) - 2;

  test("rises strictly over any score, and stays a probability", () => {
    const { raw, labels, weights } = sample(5_000, bent, 5);
    const calibrator = fitIsotonic(raw, labels, weights);
    expect((calibrator.parameters["knots"] as unknown[]).length).toBeGreaterThan(3);
    const p = calibrator.apply(Float64Array.from({ length: 2_001 }, (_, i) => i / 200 - 7));
    for (let i = 1; i < p.length; i++) expect(p[i]).toBeGreaterThan(p[i - 1]!);
    expect(p[0]).toBeGreaterThan(0);
    expect(p.at(-1)).toBeLessThanOrEqual(1);
  });

  test("gives back the true rates, weights counted, where a straight line cannot", () => {
    const { raw, labels, weights } = sample(20_000, bent);
    const isotonic = fitIsotonic(raw, labels, weights, { maxKnots: 12 });
    const platt = fitPlatt(raw, labels, weights);
    const off = (calibrator: typeof platt) =>
      Math.max(
        ...[-3, -1.5, -0.5, 0.5, 1.5].map((x) =>
          Math.abs(calibrator.apply([x])[0]! - 1 / (1 + Math.exp(-bent(x)))),
        ),
      );
    expect(off(isotonic)).toBeLessThan(0.04);
    expect(off(platt)).toBeGreaterThan(0.08);
    // Every legitimate row standing for ten moves the log-odds down by ln 10.
    const rare = fitIsotonic(
      raw,
      labels,
      labels.map((y) => (y === 1 ? 1 : 10)),
      { maxKnots: 12 },
    );
    const [low, high] = [rare, isotonic].map((c) => {
      const p = c.apply([0.5])[0]!;
      return Math.log(p / (1 - p));
    });
    expect(high! - low!).toBeCloseTo(Math.log(10), 0);
  });

  test("holds with two scores, and with scores that separate the classes", () => {
    const two = fitIsotonic([0, 0, 1, 1], Uint8Array.of(0, 0, 0, 1), [1, 1, 1, 1]);
    const [a, b] = two.apply([0, 1]);
    expect(a).toBeLessThan(b!);
    const apart = fitIsotonic([0, 1, 2, 3], Uint8Array.of(0, 0, 1, 1), [1, 1, 1, 1]);
    expect(apart.apply([3])[0]).toBeGreaterThan(0.6);
    expect(apart.apply([0])[0]).toBeLessThan(0.4);
    const flat = fitIsotonic([1, 1, 1, 1], Uint8Array.of(0, 0, 1, 0), [1, 1, 1, 1]);
    expect(flat.apply([1])[0]).toBeCloseTo(0.3, 6);
  });
});

describe("Platt scaling", () => {
  test("finds the slope and offset that made the labels; NaN rows count for nothing", () => {
    const { raw, labels, weights } = sample(10_000, (x) => 1.5 * x - 1);
    const { parameters } = fitPlatt(raw, labels, weights);
    expect(parameters["slope"]).toBeCloseTo(1.5, 0);
    expect(parameters["offset"]).toBeCloseTo(-1, 0);
    const withHoles = Float64Array.from([...raw, ...Array(500).fill(Number.NaN)]);
    const more = fitPlatt(
      withHoles,
      Uint8Array.from([...labels, ...Array(500).fill(1)]),
      Float64Array.from([...weights, ...Array(500).fill(1)]),
    );
    expect(more.parameters).toEqual(parameters);
  });

  test("refuses a score that points the wrong way, one class, an infinite score", () => {
    const { raw, labels, weights } = sample(2_000, (x) => -1.5 * x);
    expect(() => fitPlatt(raw, labels, weights)).toThrow("a higher score does not mean more fraud");
    for (const fitted of [fitPlatt, fitIsotonic]) {
      expect(() => fitted([1, 2], Uint8Array.of(0, 0), [1, 1])).toThrow("there are no frauds");
      expect(() => fitted([1, 2], Uint8Array.of(1, 1), [1, 1])).toThrow("there are no legitimate rows");
      expect(() => fitted([1, Number.POSITIVE_INFINITY], Uint8Array.of(0, 1), [1, 1])).toThrow(
        "row 1: score Inf",
      );
    }
  });
});
