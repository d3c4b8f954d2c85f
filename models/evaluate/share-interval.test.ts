import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { betaBelow, betaQuantile } from "./beta.ts";
import { precisionInterval, recallInterval } from "./share-interval.ts";

/** So many frauds and legitimate rows above and below a threshold of 0.5, a legitimate row standing for `weight`. */
function sampleOf(
  [caught, missed, alerted, passed]: readonly [number, number, number, number],
  weight = 1,
  fraudWeight = 1,
) {
  const rows = [
    ...Array<[number, number, number]>(caught).fill([0.9, 1, fraudWeight]),
    ...Array<[number, number, number]>(missed).fill([0.1, 1, fraudWeight]),
    ...Array<[number, number, number]>(alerted).fill([0.9, 0, weight]),
    ...Array<[number, number, number]>(passed).fill([0.1, 0, weight]),
  ];
  return {
    scores: Float64Array.from(rows, ([score]) => score),
    labels: Uint8Array.from(rows, ([, label]) => label),
    weights: Float64Array.from(rows, ([, , w]) => w),
  };
}

describe("the beta distribution", () => {
  it("has the closed forms of small parameters", () => {
    expect(betaBelow(0.3, 1, 1)).toBeCloseTo(0.3, 12);
    expect(betaBelow(0.3, 2, 1)).toBeCloseTo(0.09, 12);
    expect(betaBelow(0.3, 1, 3)).toBeCloseTo(1 - 0.7 ** 3, 12);
    // P(at least 3 of 5 with p = 0.4) = I_0.4(3, 3).
    expect(betaBelow(0.4, 3, 3)).toBeCloseTo(0.31744, 12);
  });

  it("has quantiles that undo it", () => {
    const parameter = fc.double({ min: 1, max: 500, noNaN: true });
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 0.999, noNaN: true }), parameter, parameter, (p, a, b) => {
        expect(betaBelow(betaQuantile(p, a, b), a, b)).toBeCloseTo(p, 6);
      }),
      { numRuns: 100 },
    );
  });
});

describe("the interval of a share", () => {
  it("is the exact binomial one where every row counts once", () => {
    // 7 of 10: Clopper and Pearson give 0.3475 to 0.9333.
    const { value, low, high } = recallInterval(sampleOf([7, 3, 0, 5]), 0.5);
    expect(value).toBeCloseTo(0.7, 12);
    expect([low, high].map((end) => end.toFixed(4))).toEqual(["0.3475", "0.9333"]);
  });

  it("bounds 65 alerts without a false one by 95 % where rows are draws, by 75 % where a legitimate row is seven", () => {
    expect(precisionInterval(sampleOf([65, 22, 0, 500]), 0.5).low).toBeCloseTo(0.05 ** (1 / 65), 12);
    const { value, low, high } = precisionInterval(sampleOf([65, 22, 0, 500], 7.1), 0.5);
    expect([value, high]).toEqual([1, 1]);
    expect(low).toBeCloseTo(0.749, 3);
  });

  it("knows nothing of the precision of no alerts, and little of a recall of 0 or 1", () => {
    expect(precisionInterval(sampleOf([0, 5, 0, 50]), 0.5)).toEqual({ value: 0, low: 0, high: 1 });
    expect(recallInterval(sampleOf([0, 5, 0, 50]), 0.5)).toMatchObject({
      low: 0,
      high: 1 - 0.05 ** (1 / 5),
    });
    expect(recallInterval(sampleOf([5, 0, 0, 50]), 0.5)).toMatchObject({ low: 0.05 ** (1 / 5), high: 1 });
  });

  it("lies around the weighted share, is never a point, and does not change with the weights' unit", () => {
    const few = fc.integer({ min: 0, max: 40 });
    fc.assert(
      fc.property(few, few, few, fc.integer({ min: 1, max: 20 }), (caught, missed, alerted, weight) => {
        fc.pre(caught + alerted > 0);
        const counts = [caught, missed + 1, alerted, 10] as const;
        const { value, low, high } = precisionInterval(sampleOf(counts, weight), 0.5);
        expect(value).toBeCloseTo(caught / (caught + alerted * weight), 9);
        expect(low).toBeLessThanOrEqual(value);
        expect(high).toBeGreaterThanOrEqual(value);
        expect(high - low).toBeGreaterThan(0);
        const doubled = precisionInterval(sampleOf(counts, 2 * weight, 2), 0.5);
        expect(doubled.low).toBeCloseTo(low, 9);
        expect(doubled.high).toBeCloseTo(high, 9);
      }),
      { numRuns: 50 },
    );
  });

  it("is wider where the same transactions stand in fewer rows", () => {
    const many = precisionInterval(sampleOf([60, 10, 70, 500], 1), 0.5);
    const fewer = precisionInterval(sampleOf([60, 10, 10, 500], 7), 0.5);
    expect(fewer.value).toBeCloseTo(many.value, 12);
    expect(fewer.low).toBeLessThan(many.low);
    expect(fewer.high).toBeGreaterThan(many.high);
  });
});
