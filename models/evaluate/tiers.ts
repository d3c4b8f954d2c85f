import { type TierEdges, tierOf } from "../../domain/policy/decision-policy.ts";
import { byTier, EDGED_TIERS, RISK_TIERS, type TierName, tierName } from "../../domain/tiers.ts";
import type { Interval } from "./bootstrap.ts";
import type { ScoredSample } from "./sample.ts";
import { fraudRateInterval } from "./share-interval.ts";

/** One row of the tier table; counts and money weighted. */
export interface TierRow {
  readonly tier: TierName;
  /** Scores of the tier: from (inclusive) to (exclusive, 1 inclusive at the top). */
  readonly from: number;
  readonly to: number;
  readonly transactions: number;
  readonly share: number;
  readonly frauds: number;
  readonly fraudRate: number;
  /** The fraud rate with its interval: a tier of few rows tells little. */
  readonly fraudRateInterval: Interval;
  /** Share of all frauds, and of all money lost to fraud, that falls in the tier. */
  readonly fraudShare: number;
  readonly fraudMoneyShare: number;
  readonly amount: number;
  readonly fraudAmount: number;
  /** The observed fraud rate lies inside [from, to): the tier means what it says. */
  readonly calibrated: boolean;
}

/**
 * The tiers of a scored sample, told apart as the scorer does.
 *
 * @param amounts money of each row, for the shares by value
 */
export function tierTable(sample: ScoredSample, edges: TierEdges, amounts: ArrayLike<number>): TierRow[] {
  const { scores, labels, weights } = sample;
  const tierOfRow = Array.from(scores, (score) => tierOf(score, edges));
  const sumOf = byTier(() => ({ transactions: 0, frauds: 0, amount: 0, fraudAmount: 0 }));
  const sums = RISK_TIERS.map((tier) => sumOf[tier]);
  for (let i = 0; i < scores.length; i++) {
    const sum = sumOf[tierOfRow[i]!];
    const weight = weights ? weights[i]! : 1;
    sum.transactions += weight;
    sum.amount += weight * amounts[i]!;
    if (labels[i] === 1) {
      sum.frauds += weight;
      sum.fraudAmount += weight * amounts[i]!;
    }
  }
  const total = (of: "transactions" | "frauds" | "fraudAmount"): number =>
    sums.reduce((sum, tier) => sum + tier[of], 0);
  const all = {
    transactions: total("transactions"),
    frauds: total("frauds"),
    fraudAmount: total("fraudAmount"),
  };
  const bounds = [0, ...EDGED_TIERS.map((tier) => edges[tier]), 1];
  const ratio = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);
  return RISK_TIERS.map((tier, t) => {
    const sum = sums[t]!;
    const fraudRate = ratio(sum.frauds, sum.transactions);
    const [from, to] = [bounds[t]!, bounds[t + 1]!];
    return {
      tier: tierName(tier),
      from,
      to,
      ...sum,
      share: ratio(sum.transactions, all.transactions),
      fraudRate,
      fraudRateInterval: fraudRateInterval(sample, (row) => tierOfRow[row] === tier),
      fraudShare: ratio(sum.frauds, all.frauds),
      fraudMoneyShare: ratio(sum.fraudAmount, all.fraudAmount),
      calibrated: fraudRate >= from && (fraudRate < to || t === RISK_TIERS.length - 1),
    };
  });
}

/** Whether the whole interval of a tier's fraud rate lies inside its band: there are rows enough to tell. */
export function bandIsProven({ from, to, fraudRateInterval: { low, high } }: TierRow): boolean {
  return low >= from && high <= to;
}
