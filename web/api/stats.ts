import type { z } from "zod";
import { byTier } from "../../domain/tiers.ts";
import { type LiveStats, readStats } from "../../pipeline/store/stats.ts";
import { type ApiRoute, route } from "./route.ts";
import { statsJson } from "./schemas.ts";

/** The stats as the API answers them. */
export function statsToJson({ totals, reviews, ratePerSecond }: LiveStats): z.output<typeof statsJson> {
  return {
    transactions: totals.transactions,
    by_tier: byTier((tier) => totals.byTier[tier].transactions),
    fraud_predicted: totals.fraudPredicted,
    reviews: { open: reviews.open, decided: reviews.decided },
    rate_per_second: Math.round(ratePerSecond * 100) / 100,
  };
}

export const STATS_ROUTES: readonly ApiRoute[] = [
  route(
    {
      method: "get",
      path: "/api/v1/stats",
      summary: "Totals",
      description: "Sums only, nothing of any person or payment: open, like /metrics.",
      access: "open",
      status: 200,
      answer: statsJson,
      failures: [503],
    },
    ({ db }) =>
      async () =>
        statsToJson(await readStats(db)),
  ),
];
