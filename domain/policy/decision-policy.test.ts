import { expect, test } from "vitest";
import {
  compilePolicy,
  DEFAULT_EDGES,
  type DecisionPolicy,
  reviewedTiers,
  TIER_POLICY,
  tierOf,
} from "./decision-policy.ts";

test("an edge belongs to the tier it opens, as a float32 and as a double", () => {
  const probabilities = [0, 0.0999, 0.1, 0.3, 0.6999, 0.7, 1];
  const tiers = ["low", "low", "medium", "high", "high", "critical", "critical"];
  expect(probabilities.map((p) => tierOf(Math.fround(p), DEFAULT_EDGES))).toEqual(tiers);
  expect(probabilities.map((p) => tierOf(p, DEFAULT_EDGES))).toEqual(tiers);
});

test("no number is no tier", () => {
  expect(() => compilePolicy(DEFAULT_EDGES)(Number.NaN)).toThrow(RangeError);
});

test("the action is the policy's, not the tier's", () => {
  const lenient: DecisionPolicy = {
    version: "lenient",
    rules: { ...TIER_POLICY.rules, critical: { action: "verify", review: false } },
  };
  expect(compilePolicy(DEFAULT_EDGES, lenient)(0.9)).toEqual({
    riskTier: "critical",
    action: "verify",
    review: false,
    policyVersion: "lenient",
  });
  expect(reviewedTiers(lenient)).toEqual(["high"]);
  expect(compilePolicy(DEFAULT_EDGES)(0.9)).toMatchObject({ action: "block", review: true });
  expect(reviewedTiers()).toEqual(["high", "critical"]);
});
