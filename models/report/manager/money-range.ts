import type { Interval } from "../../evaluate/bootstrap.ts";
import { type Evaluation, metricsOf, type TestSet } from "../../evaluate/evaluation.ts";
import { recallByValueInterval } from "../../evaluate/share-interval.ts";
import type { TierRow } from "../../evaluate/tiers.ts";
import { programmeFromMetrics } from "../../impact/from-metrics.ts";
import { type Programme, type ProgrammeImpact, programmeImpact } from "../../impact/programme.ts";

/** A year's money with the ends that the test's frauds leave open; the assumptions are taken as given. */
export interface MoneyRange {
  readonly lossWith: Interval;
  readonly cost: Interval;
  readonly net: Interval;
  /** Share of all frauds that reviews and challenges stop: not each that is found. */
  readonly stopped: Interval;
}

/** Which share of the frauds, and of their money, is not in Low. */
interface Found {
  readonly frauds: number;
  readonly money: number;
}

/**
 * The business case at both ends of what the model may find: at the low end of the shares of frauds and of money that are
 * not in Low, both at once, and at the high end. Few frauds carry most of the money, so this is wide, and wider than draws
 * of the same rows would make it.
 */
export function moneyRange(
  evaluation: Evaluation,
  { test, medium, base }: { readonly test: TestSet; readonly medium: number; readonly base: Programme },
): MoneyRange {
  const frauds = evaluation.figures.alert_recall;
  const money = recallByValueInterval(test, medium, test.amounts);
  const year = (end: "low" | "value" | "high"): ProgrammeImpact => {
    const tiers = findingMore(evaluation.tiers, { frauds: frauds[end], money: money[end] });
    const programme = programmeFromMetrics(metricsOf({ ...evaluation, tiers }));
    return programmeImpact({ ...base, tiers: programme.tiers });
  };
  const years = [year("low"), year("value"), year("high")];
  const range = (of: (impact: ProgrammeImpact) => number): Interval => {
    const [low, value, high] = years.map(of) as [number, number, number];
    return { value, low: Math.min(low, value, high), high: Math.max(low, value, high) };
  };
  return {
    lossWith: range((impact) => impact.lossWith),
    cost: range((impact) => impact.totalCost),
    net: range((impact) => impact.netBenefit),
    stopped: range((impact) => impact.fraudsStoppedShare),
  };
}

/**
 * The tiers if another share of the frauds were found: those found keep how they fall among the tiers above Low, the rest
 * is in Low; honest payments stay where they are. Of a model that found none, what it finds is taken to be in the top tier.
 */
export function findingMore(tiers: readonly TierRow[], found: Found): TierRow[] {
  const among = (of: (tier: TierRow) => number, share: number): number[] => {
    const all = tiers.reduce((sum, tier) => sum + of(tier), 0);
    const above = tiers.slice(1).reduce((sum, tier) => sum + of(tier), 0);
    const top = tiers.length - 1;
    return tiers.map((tier, t) => {
      if (t === 0) return all * (1 - share);
      const part = above > 0 ? of(tier) / above : t === top ? 1 : 0;
      return all * share * part;
    });
  };
  const frauds = among((tier) => tier.frauds, found.frauds);
  const amounts = among((tier) => tier.fraudAmount, found.money);
  return tiers.map((tier, t) => ({
    ...tier,
    transactions: tier.transactions - tier.frauds + frauds[t]!,
    frauds: frauds[t]!,
    fraudAmount: amounts[t]!,
  }));
}
