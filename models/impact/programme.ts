import { z } from "zod";
import type { Action } from "../../domain/actions.ts";
import { TIER_POLICY } from "../../domain/policy/decision-policy.ts";
import { byTierName, TIER_NAMES } from "../../domain/tiers.ts";

/**
 * What a fraud programme costs and brings at the true base rate: the tiers as they fall in the real stream, the action
 * on each, analysts with a capacity, losses by actual amounts. Pure: no clock, no file, nothing of Node.
 */

const share = z.number().min(0).max(1);
const money = z.number().nonnegative();

/** What falls into a tier. */
const tierSchema = z.object({
  tier: z.enum(TIER_NAMES),
  /** Of all transactions. */
  share: share,
  /** Frauds among the tier's transactions. */
  fraudRate: share,
  /** Mean amount of the tier's frauds. */
  meanFraudAmount: money,
});

/** What is done with a tier's transactions. */
const actionSchema = z.object({
  /** Share that an analyst reviews, capacity permitting. */
  reviewRate: share,
  /** Share of what is not reviewed that the card holder has to confirm (step-up), without an analyst. */
  challengeRate: share,
});

/** The share that an action challenges, where nobody reviews. */
const CHALLENGED: Readonly<Record<Action, number>> = { approve: 0, monitor: 0.25, verify: 1, block: 1 };

/** Everything the calculation needs; rates are shares, money is in the data's currency, years have 365 days. */
export const programmeSchema = z.object({
  transactionsPerDay: z.number().positive(),
  tiers: z
    .array(tierSchema)
    .length(TIER_NAMES.length)
    .refine((tiers) => Math.abs(tiers.reduce((sum, tier) => sum + tier.share, 0) - 1) < 1e-6, {
      message: "the tiers' shares must sum to 1",
    }),
  actions: z.object(byTierName(() => actionSchema)).default(
    byTierName((tier) => {
      const { action, review } = TIER_POLICY.tiers[tier];
      return { reviewRate: review ? 1 : 0, challengeRate: CHALLENGED[action] };
    }),
  ),
  /** Share of reviewed frauds that the review stops, and of challenged frauds that the challenge stops. */
  reviewEffectiveness: share.default(0.95),
  challengeEffectiveness: share.default(0.8),
  analysts: z.number().nonnegative().default(4),
  /** Hours a day that an analyst reviews, averaged over the year's 365 days. */
  analystHoursPerDay: z.number().positive().max(24).default(5),
  minutesPerReview: z.number().positive().default(30),
  /** What an hour of an analyst costs, all in. */
  analystHourlyCost: money.default(50),
  challengeCost: money.default(0.1),
  /** Share of a lost amount that comes back later (chargebacks, seizures), and the handling fee of a lost fraud. */
  recoveryRate: share.default(0.2),
  chargebackFee: money.default(15),
  /** Share of honest customers who leave after a review held their payment, or after a challenge; a customer's value. */
  reviewChurnRate: share.default(0.05),
  challengeChurnRate: share.default(0.002),
  customerValue: money.default(200),
  /** Licences, hosting and engineers of the programme, a year. */
  programmeCostPerYear: money.default(250_000),
  /** Scales the number of frauds in every tier: 1 is the rate that was measured. */
  fraudVolume: z.number().nonnegative().default(1),
});

export type ProgrammeInput = z.input<typeof programmeSchema>;
export type Programme = z.output<typeof programmeSchema>;

/** One tier's day. */
export interface TierDay {
  readonly tier: Programme["tiers"][number]["tier"];
  readonly transactions: number;
  readonly frauds: number;
  readonly fraudMoney: number;
  readonly reviewsWanted: number;
  readonly reviewed: number;
  readonly challenged: number;
  readonly fraudsStopped: number;
  readonly moneySaved: number;
}

/** A year of the programme, in money unless said otherwise. */
export interface ProgrammeImpact {
  readonly tiers: readonly TierDay[];
  /** What fraud would cost with no programme at all. */
  readonly lossWithout: number;
  readonly lossWith: number;
  readonly prevented: number;
  /** Analysts are paid for their hours, busy or not. */
  readonly analystCost: number;
  readonly challengeCost: number;
  readonly churnCost: number;
  readonly programmeCost: number;
  readonly totalCost: number;
  readonly netBenefit: number;
  /** Net benefit over everything spent; undefined when nothing is. */
  readonly roiPercent: number | undefined;
  readonly reviewsPerDay: number;
  readonly reviewCapacityPerDay: number;
  /** Reviews wanted a day beyond the capacity: those transactions are challenged instead. */
  readonly reviewsLeftOver: number;
  /** Analysts who could do all the reviews that are wanted. */
  readonly analystsNeeded: number;
  readonly fraudsStoppedShare: number;
  readonly moneySavedShare: number;
}

const DAYS = 365;

/**
 * Calculates a year. Reviews are handed out from Critical down until the analysts' day is full; what should have been
 * reviewed beyond that is treated as the tier treats what it does not review.
 *
 * @throws ZodError naming every input that is out of range
 */
export function programmeImpact(input: ProgrammeInput): ProgrammeImpact {
  const programme = programmeSchema.parse(input);
  const capacity = (programme.analysts * programme.analystHoursPerDay * 60) / programme.minutesPerReview;
  const days = tierDays(programme, capacity);
  const sum = (of: (day: TierDay) => number): number => days.reduce((total, day) => total + of(day), 0);

  const frauds = sum((day) => day.frauds);
  const fraudMoney = sum((day) => day.fraudMoney);
  const stopped = sum((day) => day.fraudsStopped);
  const saved = sum((day) => day.moneySaved);
  const lossOf = (lost: number, count: number): number =>
    DAYS * (lost * (1 - programme.recoveryRate) + count * programme.chargebackFee);
  const lossWithout = lossOf(fraudMoney, frauds);
  const lossWith = lossOf(fraudMoney - saved, frauds - stopped);

  const reviewed = sum((day) => day.reviewed);
  const wanted = sum((day) => day.reviewsWanted);
  const analystCost = DAYS * programme.analysts * programme.analystHoursPerDay * programme.analystHourlyCost;
  const challengeCost = DAYS * programme.challengeCost * sum((day) => day.challenged);
  const churnCost = DAYS * programme.customerValue * sum((day) => churnOf(programme, day));
  const totalCost = analystCost + challengeCost + churnCost + programme.programmeCostPerYear;
  const prevented = lossWithout - lossWith;
  const netBenefit = prevented - totalCost;
  return {
    tiers: days,
    lossWithout,
    lossWith,
    prevented,
    analystCost,
    challengeCost,
    churnCost,
    programmeCost: programme.programmeCostPerYear,
    totalCost,
    netBenefit,
    roiPercent: totalCost > 0 ? (netBenefit / totalCost) * 100 : undefined,
    reviewsPerDay: reviewed,
    reviewCapacityPerDay: capacity,
    reviewsLeftOver: wanted - reviewed,
    analystsNeeded: Math.ceil(
      (wanted * programme.minutesPerReview) / (60 * programme.analystHoursPerDay) - 1e-9,
    ),
    fraudsStoppedShare: frauds > 0 ? stopped / frauds : 0,
    moneySavedShare: fraudMoney > 0 ? saved / fraudMoney : 0,
  };
}

function tierDays(programme: Programme, capacity: number): TierDay[] {
  let free = capacity;
  // Whoever reviews begins with the worst.
  const days = [...TIER_NAMES].reverse().map((name) => {
    const tier = programme.tiers.find((candidate) => candidate.tier === name);
    if (!tier) throw new RangeError(`the tier ${name} is missing`);
    const { reviewRate, challengeRate } = programme.actions[name];
    const measured = programme.transactionsPerDay * tier.share;
    const frauds = measured * tier.fraudRate * programme.fraudVolume;
    const transactions = measured * (1 - tier.fraudRate) + frauds;
    const reviewsWanted = transactions * reviewRate;
    const reviewed = Math.min(reviewsWanted, free);
    free -= reviewed;
    const challenged = (transactions - reviewed) * challengeRate;
    const stoppedShare =
      transactions > 0
        ? (reviewed * programme.reviewEffectiveness + challenged * programme.challengeEffectiveness) /
          transactions
        : 0;
    const fraudsStopped = frauds * stoppedShare;
    return {
      tier: name,
      transactions,
      frauds,
      fraudMoney: frauds * tier.meanFraudAmount,
      reviewsWanted,
      reviewed,
      challenged,
      fraudsStopped,
      moneySaved: fraudsStopped * tier.meanFraudAmount,
    };
  });
  return days.reverse();
}

/** Honest customers who leave, a day: the honest share of what was reviewed and challenged. */
function churnOf(programme: Programme, day: TierDay): number {
  const honest = day.transactions > 0 ? 1 - day.frauds / day.transactions : 0;
  return honest * (day.reviewed * programme.reviewChurnRate + day.challenged * programme.challengeChurnRate);
}
