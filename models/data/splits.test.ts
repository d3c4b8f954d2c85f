import { expect, test } from "vitest";
import { splitByTime, splitRandomly } from "./splits.ts";

test("by time: train before 100,000 s, test up to before 145,000 s, later rows in neither", () => {
  const split = splitByTime([0, 99_999, 100_000, 144_999, 145_000, 50]);
  expect(Array.from(split.train)).toEqual([0, 1, 5]);
  expect(Array.from(split.test)).toEqual([2, 3]);
});

test("at random: a fifth to the test, every row on one side, the seed decides", () => {
  const split = splitRandomly(1001, { seed: 3 });
  expect(split.test.length).toBe(201);
  expect([...split.train, ...split.test].sort((a, b) => a - b)).toEqual(
    Array.from({ length: 1001 }, (_, i) => i),
  );
  expect(splitRandomly(1001, { seed: 3 }).test).toEqual(split.test);
  expect(splitRandomly(1001, { seed: 4 }).test).not.toEqual(split.test);
});

test("at random with groups: duplicates never stand on both sides", () => {
  const groups = Int32Array.from({ length: 900 }, (_, r) => r - (r % 3));
  const { train, test } = splitRandomly(900, { seed: 1, groups });
  const tested = new Set(Array.from(test, (r) => groups[r]));
  expect(Array.from(train).some((r) => tested.has(groups[r]))).toBe(false);
  expect(test.length).toBe(180);
});
