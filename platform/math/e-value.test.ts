import { expect, test } from "vitest";
import { evenSplitEvidence, SURE, twoRatesEvidence } from "./e-value.ts";
import { Random } from "./random.ts";

test("the evidence of a split is what the bet pays: one win says nothing, 20 of 20 nearly everything", () => {
  expect(evenSplitEvidence(0, 0)).toBeCloseTo(1, 12);
  // ∫ θ dBeta(½,½) ÷ ½ = ½ ÷ ½
  expect(evenSplitEvidence(1, 0)).toBeCloseTo(1, 12);
  // E[θ²] of Beta(½,½) is 3/8, ÷ ¼
  expect(evenSplitEvidence(2, 0)).toBeCloseTo(1.5, 12);
  expect(evenSplitEvidence(20, 0)).toBeGreaterThan(SURE);
  expect(evenSplitEvidence(10, 10)).toBeLessThan(1);
  expect(evenSplitEvidence(3, 9)).toBeCloseTo(evenSplitEvidence(9, 3), 12);
});

/** How often evidence passes the mark at any of its looks. */
function alarms(games: number, looks: number, play: (random: Random) => () => number): number {
  let alarms = 0;
  for (let game = 0; game < games; game++) {
    const look = play(new Random(game, 7));
    for (let i = 0; i < looks; i++) {
      if (look() < SURE) continue;
      alarms++;
      break;
    }
  }
  return alarms / games;
}

test("looking after every fraud, a fair split is called unfair at most once in twenty", () => {
  const fair = (random: Random) => {
    let [wins, losses] = [0, 0];
    return () => {
      if (random.next() < 0.5) wins++;
      else losses++;
      return evenSplitEvidence(wins, losses);
    };
  };
  expect(alarms(2_000, 300, fair)).toBeLessThan(0.05);
});

test("looking after every block, equal rates are called different at most once in twenty, unequal ones are found", () => {
  const arms = (rateA: number, rateB: number) => (random: Random) => {
    const [a, b]: [boolean[], boolean[]] = [[], []];
    return () => {
      a.push(random.next() < rateA);
      for (let i = 0; i < 3; i++) b.push(random.next() < rateB);
      return twoRatesEvidence(a, b, 3);
    };
  };
  expect(alarms(300, 150, arms(0.2, 0.2))).toBeLessThan(0.05);
  expect(alarms(50, 300, arms(0.5, 0.15))).toBeGreaterThan(0.9);
});

test("without a whole block there is no evidence", () => {
  expect(twoRatesEvidence([true], [true, true], 3)).toBe(1);
  expect(twoRatesEvidence([], [], 1)).toBe(1);
});
