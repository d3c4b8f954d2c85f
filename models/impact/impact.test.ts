import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { RISK_TIERS } from "../../domain/tiers.ts";
import { basisOf, programmeFromMetrics } from "./from-metrics.ts";
import { originalImpact } from "./original-calculator.ts";
import { type ProgrammeInput, programmeImpact } from "./programme.ts";
import { breakEven, tornado } from "./sensitivity.ts";

describe("the original's calculator", () => {
  it("gives the published figures to the cent", () => {
    const impact = originalImpact({ truePositives: 56_170, falsePositives: 65 });
    expect(impact.fraudPrevented).toBe(3_075_307_500);
    expect(impact.investigation).toBe(593_125);
    expect(impact.churn).toBe(237_250);
    expect(impact.netBenefit).toBe(3_074_477_125);
    expect(impact.roiPercent!.toFixed(2)).toBe("518352.31");
  });

  it("knows no return on nothing", () => {
    expect(originalImpact({ truePositives: 1, falsePositives: 0 }).roiPercent).toBeUndefined();
  });

  it("refuses what is out of range", () => {
    expect(() => originalImpact({ truePositives: -1, falsePositives: 0 })).toThrow("truePositives");
    expect(() => originalImpact({ truePositives: 1, falsePositives: 0, churnRate: 5 })).toThrow("churnRate");
  });
});

/** Small enough to follow by hand: 1,000 transactions a day, ten frauds of 100 each. */
const input: ProgrammeInput = {
  transactionsPerDay: 1_000,
  tiers: [
    { tier: "Low", share: 0.96, fraudRate: 0, meanFraudAmount: 0 },
    { tier: "Medium", share: 0.02, fraudRate: 0.1, meanFraudAmount: 100 },
    { tier: "High", share: 0.01, fraudRate: 0.3, meanFraudAmount: 100 },
    { tier: "Critical", share: 0.01, fraudRate: 0.5, meanFraudAmount: 100 },
  ],
  actions: {
    Low: { reviewRate: 0, challengeRate: 0 },
    Medium: { reviewRate: 0, challengeRate: 0.5 },
    High: { reviewRate: 1, challengeRate: 1 },
    Critical: { reviewRate: 1, challengeRate: 1 },
  },
  reviewEffectiveness: 1,
  challengeEffectiveness: 0.5,
  analysts: 1,
  analystHoursPerDay: 5,
  minutesPerReview: 20,
  analystHourlyCost: 40,
  challengeCost: 1,
  recoveryRate: 0.25,
  chargebackFee: 5,
  reviewChurnRate: 0.1,
  challengeChurnRate: 0.01,
  customerValue: 100,
  programmeCostPerYear: 1_000,
};

describe("a programme at the true base rate", () => {
  const impact = programmeImpact(input);

  it("agrees with a hand count", () => {
    // Capacity 15: all ten Critical (5 frauds) and five of ten High; the other five High are challenged (1.5 frauds);
    // of 20 Medium (2 frauds) ten are challenged.
    expect(impact.reviewCapacityPerDay).toBe(15);
    expect(impact.reviewsPerDay).toBe(15);
    expect(impact.reviewsLeftOver).toBe(5);
    expect(impact.analystsNeeded).toBe(2);
    expect(impact.tiers.map((tier) => tier.fraudsStopped)).toEqual([0, 0.5, 2.25, 5]);
    expect(impact.fraudsStoppedShare).toBeCloseTo(0.775, 12);
    expect(impact.lossWithout).toBeCloseTo(365 * (1_000 * 0.75 + 10 * 5), 6);
    expect(impact.prevented).toBeCloseTo(365 * (775 * 0.75 + 7.75 * 5), 6);
    expect(impact.analystCost).toBe(365 * 200);
    expect(impact.challengeCost).toBeCloseTo(365 * 15, 6);
    // Honest: Critical 5 reviewed, High 3.5 reviewed + 3.5 challenged, Medium 9 challenged.
    expect(impact.churnCost).toBeCloseTo(365 * 100 * (0.1 * 8.5 + 0.01 * 12.5), 6);
  });

  it("adds up", () => {
    const { lossWithout, lossWith, prevented, totalCost, netBenefit, roiPercent } = impact;
    expect(lossWith + prevented).toBeCloseTo(lossWithout, 6);
    const { analystCost, challengeCost, churnCost, programmeCost } = impact;
    expect(totalCost).toBeCloseTo(analystCost + challengeCost + churnCost + programmeCost, 6);
    expect(netBenefit).toBeCloseTo(prevented - totalCost, 6);
    expect(roiPercent).toBeCloseTo((100 * netBenefit) / totalCost, 9);
  });

  it("never reviews more than the analysts can", () => {
    for (const analysts of [0, 0.5, 1, 2, 50]) {
      const { reviewsPerDay, reviewCapacityPerDay } = programmeImpact({ ...input, analysts });
      expect(reviewsPerDay).toBeLessThanOrEqual(reviewCapacityPerDay + 1e-9);
    }
  });

  it("prevents nothing when nothing is done", () => {
    const nothing = { reviewRate: 0, challengeRate: 0 };
    const idle = { Low: nothing, Medium: nothing, High: nothing, Critical: nothing };
    const { prevented, netBenefit } = programmeImpact({ ...input, actions: idle, analysts: 0 });
    expect(prevented).toBe(0);
    expect(netBenefit).toBe(-1_000);
  });

  it("says which input is wrong", () => {
    expect(() => programmeImpact({ ...input, recoveryRate: 2 })).toThrow("recoveryRate");
    const tiers = input.tiers.map((tier) => ({ ...tier, share: 0.5 }));
    expect(() => programmeImpact({ ...input, tiers })).toThrow("shares must sum to 1");
  });
});

describe("sensitivity", () => {
  it("moves one assumption at a time and puts the widest bar first", () => {
    const bars = tornado(input);
    const widths = bars.map((bar) => Math.abs(bar.netAtHigh - bar.netAtLow));
    expect(widths).toEqual([...widths].sort((a, b) => b - a));
    const cost = bars.find((bar) => bar.assumption === "Programme cost a year")!;
    const { netBenefit } = programmeImpact(input);
    expect(cost.netAtLow).toBeCloseTo(netBenefit + 500, 6);
    expect(cost.netAtHigh).toBeCloseTo(netBenefit - 1_000, 6);
  });
});

describe("break-even", () => {
  it("is where the net benefit is nothing", () => {
    const points = breakEven(input);
    expect(
      programmeImpact({ ...input, programmeCostPerYear: points.programmeCostPerYear }).netBenefit,
    ).toBeCloseTo(0, 6);
    expect(programmeImpact({ ...input, fraudVolume: points.fraudVolume! }).netBenefit).toBeCloseTo(0, 3);
    expect(
      programmeImpact({ ...input, transactionsPerDay: points.transactionsPerDay! }).netBenefit,
    ).toBeCloseTo(0, 3);
  });

  it("is nowhere when nothing is ever stopped", () => {
    const points = breakEven({ ...input, reviewEffectiveness: 0, challengeEffectiveness: 0 });
    expect(points.fraudVolume).toBeUndefined();
    expect(points.programmeCostPerYear).toBeLessThan(0);
  });
});

it("runs anywhere: imports nothing but zod, its neighbours and the domain, which is pure", async () => {
  for (const file of ["money.ts", "original-calculator.ts", "programme.ts", "sensitivity.ts"]) {
    const source = await readFile(new URL(file, import.meta.url), "utf8");
    const imports = [...source.matchAll(/from "([^"]+)"/g)].map((match) => match[1]);
    expect(imports.filter((name) => !/^(?:zod$|\.\/|\.\.\/\.\.\/domain\/)/.test(name ?? ""))).toEqual([]);
  }
});

describe("a programme from a model's card", () => {
  const tiers = RISK_TIERS;
  const figures = [
    { name: "transactions_per_day", value: 5_000 },
    ...tiers.flatMap((tier, i) => [
      { name: `tier_${tier}_transactions`, value: [900, 50, 30, 20][i]! },
      { name: `tier_${tier}_frauds`, value: [0, 5, 15, 20][i]! },
      { name: `tier_${tier}_fraud_amount`, value: [0, 100, 1_500, 4_000][i]! },
    ]),
  ];

  it("has the card's tiers and the assumptions given", () => {
    const programme = programmeFromMetrics(figures, { analysts: 7 });
    expect(programme).toMatchObject({ transactionsPerDay: 5_000, analysts: 7, minutesPerReview: 30 });
    expect(programme.tiers).toEqual([
      { tier: "Low", share: 0.9, fraudRate: 0, meanFraudAmount: 0 },
      { tier: "Medium", share: 0.05, fraudRate: 0.1, meanFraudAmount: 20 },
      { tier: "High", share: 0.03, fraudRate: 0.5, meanFraudAmount: 100 },
      { tier: "Critical", share: 0.02, fraudRate: 1, meanFraudAmount: 200 },
    ]);
  });

  it("spreads the day's frauds and stolen money over the tiers, not the test rows' rate", () => {
    const day = [
      { name: "frauds_per_day", value: 100 },
      { name: "fraud_amount_per_day", value: 9_000 },
    ];
    const impact = programmeImpact(programmeFromMetrics([...figures, ...day]));
    const perTier = (of: (tier: (typeof impact.tiers)[number]) => number) => impact.tiers.map(of);
    // Of 40 frauds on the test rows 5, 15 and 20 fell into the upper tiers; of 5,600 money 100, 1,500 and 4,000.
    expect(perTier((tier) => tier.frauds).map((n) => Number(n.toFixed(9)))).toEqual([0, 12.5, 37.5, 50]);
    const money = perTier((tier) => tier.fraudMoney);
    expect(money.reduce((sum, amount) => sum + amount, 0)).toBeCloseTo(9_000, 9);
    expect(money[3]).toBeCloseTo((9_000 * 4_000) / 5_600, 9);
    expect(perTier((tier) => tier.transactions).reduce((sum, n) => sum + n, 0)).toBeCloseTo(5_000, 9);
    expect(basisOf([...figures, ...day])).not.toBe(basisOf(figures));
  });

  it("is refused when the card lacks a figure, naming it", () => {
    expect(() => programmeFromMetrics(figures.slice(0, -1))).toThrow("tier_critical_fraud_amount");
  });
});
