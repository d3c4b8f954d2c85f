import { stat } from "node:fs/promises";
import { expect, test } from "vitest";
import { Random } from "../../platform/math/random.ts";
import { createGenerator, type Features } from "./generator.ts";
import { PROFILE_PATH, readProfile } from "./profile.ts";

const profile = await readProfile();

function draw(count: number, fraud: boolean, seed: number, hour = 14): Features[] {
  const generator = createGenerator(profile, new Random(seed));
  return Array.from({ length: count }, () => generator.draw(fraud, hour * 3_600 + 1_000));
}

const mean = (list: readonly Features[], pick: (f: Features) => number): number =>
  list.reduce((sum, f) => sum + pick(f), 0) / list.length;

test("streams of one seed are apart", () => {
  const numbers = [new Random(0), new Random(0, 1), new Random(1)].map((random) => random.uint32());
  expect(new Set(numbers).size).toBe(3);
});

test("normal, exponential and weighted draws have their moments", () => {
  const random = new Random(5);
  const n = 50_000;
  let sum = 0;
  let squares = 0;
  let waits = 0;
  const picked = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const z = random.normal();
    sum += z;
    squares += z * z;
    waits += random.exponential();
    picked[random.pick([1, 0, 3])]!++;
  }
  expect(sum / n).toBeCloseTo(0, 1);
  expect(squares / n).toBeCloseTo(1, 1);
  expect(waits / n).toBeCloseTo(1, 1);
  expect(picked[1]).toBe(0);
  expect(picked[2]! / picked[0]!).toBeCloseTo(3, 0);
});

test("the same seed gives the same transactions, another seed others", () => {
  expect(draw(50, true, 1)).toEqual(draw(50, true, 1));
  expect(draw(50, true, 1)).not.toEqual(draw(50, true, 2));
});

test("every transaction is one the scorer takes: 28 finite values, an amount in cents, not below zero", () => {
  for (const fraud of [true, false]) {
    for (const { v, amount } of draw(2_000, fraud, 3)) {
      expect(v).toHaveLength(28);
      expect(v.every(Number.isFinite)).toBe(true);
      expect(amount).toBeGreaterThanOrEqual(0);
      expect(Math.abs(amount * 100 - Math.round(amount * 100))).toBeLessThan(1e-6);
    }
  }
});

test("frauds look like frauds: V14, V10 and V12 far below, V4 and V11 above the legitimate", () => {
  const frauds = draw(3_000, true, 4);
  const others = draw(3_000, false, 4);
  for (const [v, sign] of [
    [14, -1],
    [10, -1],
    [12, -1],
    [4, 1],
    [11, 1],
  ] as const) {
    const apart = mean(frauds, (f) => f.v[v - 1]!) - mean(others, (f) => f.v[v - 1]!);
    expect(apart * sign).toBeGreaterThan(2);
  }
});

test("an amount that many pay is drawn often: 1.00 in more than 2 % of legitimate payments", () => {
  const exact = draw(5_000, false, 6).filter((f) => f.amount === 1).length;
  expect(exact / 5_000).toBeGreaterThan(0.02);
});

test("the profile is small", async () => {
  expect((await stat(PROFILE_PATH)).size).toBeLessThan(300_000);
});
