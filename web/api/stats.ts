import { Hono } from "hono";
import type { z } from "zod";
import { type LiveStats, readStats } from "../../pipeline/store/stats.ts";
import type { AppEnv, Deps } from "../context.ts";
import type { statsJson } from "./schemas.ts";

/** The stats as the API answers them. */
export function statsToJson({ totals, reviews, ratePerSecond }: LiveStats): z.output<typeof statsJson> {
  const { low, medium, high, critical } = totals.byTier;
  return {
    transactions: totals.transactions,
    by_tier: {
      low: low.transactions,
      medium: medium.transactions,
      high: high.transactions,
      critical: critical.transactions,
    },
    fraud_predicted: totals.fraudPredicted,
    reviews: { open: reviews.open, decided: reviews.decided },
    rate_per_second: Math.round(ratePerSecond * 100) / 100,
  };
}

/** `GET /api/v1/stats`: sums only, nothing of any person or payment, so it is open like `/metrics`. */
export function statsRoutes(deps: Deps): Hono<AppEnv> {
  return new Hono<AppEnv>().get("/api/v1/stats", async (c) => c.json(statsToJson(await readStats(deps.db))));
}
