import { z } from "zod";
import { TIER_NAMES } from "../../domain/tiers.ts";

/** The JSON of the business case: money in `currency`, a year of 365 days, shares between 0 and 1. */

const tier = z.enum(TIER_NAMES);

/** What cannot be worked out (nothing is spent, nothing is enough) is left out. */
const whereKnown = z.number().optional();

const tierDayJson = z.object({
  tier,
  transactions: z.number(),
  frauds: z.number(),
  fraud_money: z.number(),
  reviews_wanted: z.number(),
  reviewed: z.number(),
  challenged: z.number(),
  frauds_stopped: z.number(),
  money_saved: z.number(),
});

const programmeImpactJson = z.object({
  tiers: z.array(tierDayJson).meta({ description: "What a day brings, by tier." }),
  loss_without: z.number(),
  loss_with: z.number(),
  prevented: z.number(),
  analyst_cost: z.number(),
  challenge_cost: z.number(),
  churn_cost: z.number(),
  programme_cost: z.number(),
  total_cost: z.number(),
  net_benefit: z.number(),
  roi_percent: whereKnown,
  reviews_per_day: z.number(),
  review_capacity_per_day: z.number(),
  reviews_left_over: z.number(),
  analysts_needed: z.number(),
  frauds_stopped_share: z.number(),
  money_saved_share: z.number(),
});

const tornadoBarJson = z.object({
  assumption: z.string(),
  low: z.number(),
  high: z.number(),
  low_text: z.string(),
  high_text: z.string(),
  net_at_low: z.number(),
  net_at_high: z.number(),
});

export const impactJson = z
  .object({
    model: z.string().meta({ description: "name@version, whose card the tiers come from." }),
    protocol: z.string(),
    currency: z.string(),
    basis: z.string().meta({ description: "What transactions and frauds a day are counted from." }),
    programme: z
      .record(z.string(), z.unknown())
      .meta({ description: "Every assumption that was used, by its name as a parameter." }),
    impact: programmeImpactJson,
    tornado: z.array(tornadoBarJson).meta({ description: "Net benefit at both ends of each assumption." }),
    break_even: z.object({
      programme_cost_per_year: z.number(),
      fraud_volume: whereKnown,
      transactions_per_day: whereKnown,
    }),
  })
  .meta({ id: "Impact" });

export const originalImpactJson = z
  .object({
    fraud_prevented: z.number(),
    investigation: z.number(),
    churn: z.number(),
    net_benefit: z.number(),
    roi_percent: whereKnown,
    currency: z.string(),
    caveat: z.string(),
  })
  .meta({ id: "OriginalImpact" });
