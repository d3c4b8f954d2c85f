import { expect, test } from "vitest";
import { DEFAULT_EDGES, reviewedTiers, TIER_POLICY, tierOf, tiersBy } from "./decision-policy.ts";

test("an edge belongs to the tier it opens, as a float32 and as a double", () => {
  const probabilities = [0, 0.0999, 0.1, 0.3, 0.6999, 0.7, 1];
  const tiers = ["low", "low", "medium", "high", "high", "critical", "critical"];
  expect(probabilities.map((p) => tierOf(Math.fround(p), DEFAULT_EDGES))).toEqual(tiers);
  expect(probabilities.map((p) => tierOf(p, DEFAULT_EDGES))).toEqual(tiers);
  expect(probabilities.map(tiersBy(DEFAULT_EDGES))).toEqual(tiers);
});

test("no number is no tier", () => {
  expect(() => tiersBy(DEFAULT_EDGES)(Number.NaN)).toThrow(RangeError);
});

test("who looks is the policy's to say, not the tier's", () => {
  const critical = { action: "verify", review: false, slaMinutes: null } as const;
  expect(reviewedTiers({ tiers: { ...TIER_POLICY.tiers, critical } })).toEqual(["high"]);
  expect(reviewedTiers()).toEqual(["high", "critical"]);
});
