import { expect, test } from "vitest";
import { TIER_POLICY } from "./decision-policy.ts";
import { diffPolicies, isEmptyDiff } from "./diff.ts";
import type { PolicyRule } from "./rules.ts";

const rule = (id: string, more: Partial<PolicyRule> = {}): PolicyRule => {
  const effect = { kind: "raise", to: "block" } as const;
  return { id, name: id, when: "true", effect, priority: 100, enabled: true, reason: "", ...more };
};

test("a diff says what was added, taken away and changed, whatever the order", () => {
  const before = { ...TIER_POLICY, rules: [rule("a"), rule("b"), rule("c")] };
  const after = {
    tiers: { ...TIER_POLICY.tiers, high: { ...TIER_POLICY.tiers.high, review: false } },
    rules: [rule("d"), rule("c", { when: "false" }), rule("a")],
  };
  expect(diffPolicies(before, after)).toEqual({
    tiers: [{ tier: "high", before: TIER_POLICY.tiers.high, after: after.tiers.high }],
    added: [rule("d")],
    removed: [rule("b")],
    changed: [{ before: rule("c"), after: rule("c", { when: "false" }) }],
  });
  expect(isEmptyDiff(diffPolicies(before, { ...before, rules: before.rules.toReversed() }))).toBe(true);
});
