import { expect, test } from "vitest";
import { compilePolicy } from "./decide.ts";
import { type DecisionPolicy, TIER_POLICY } from "./decision-policy.ts";
import type { PolicyRule, RuleEffect } from "./rules.ts";

type Scope = Readonly<Record<string, boolean>>;

/** A rule whose condition is the name of a flag. */
function rule(id: string, effect: RuleEffect, more: Partial<PolicyRule> = {}): PolicyRule {
  return { id, name: id, when: id, effect, priority: 100, enabled: true, reason: "", ...more };
}

function policy(...rules: PolicyRule[]): DecisionPolicy {
  return { ...TIER_POLICY, version: "p-2", rules };
}

function decide(rules: readonly PolicyRule[], tier: "low" | "critical", scope: Scope) {
  const predicateOf = (one: PolicyRule) => (flags: Scope) => {
    if (!(one.when in flags)) throw new Error("no such flag");
    return flags[one.when] as boolean;
  };
  return compilePolicy<Scope>(policy(...rules), predicateOf).decide(tier, scope);
}

const DENY = rule("deny", { kind: "raise", to: "block" });
const ALLOW = rule("allow", { kind: "lower", to: "approve" });
const LOOK = rule("look", { kind: "review" });

test("without rules the tier decides, with the same object each time", () => {
  const compiled = compilePolicy();
  expect(compiled.decide("critical")).toEqual({
    riskTier: "critical",
    action: "block",
    review: true,
    slaMinutes: null,
    policyVersion: "tiers-1",
    rules: [],
  });
  expect(compiled.decide("low")).toBe(compiled.decide("low"));
  expect(compiled.hasRules).toBe(false);
});

test("raising never lowers, lowering never raises, and a hit says what it changed", () => {
  expect(decide([DENY], "low", { deny: true })).toMatchObject({
    action: "block",
    review: false,
    policyVersion: "p-2",
    rules: [{ rule: "deny", kind: "raise", from: "approve", to: "block", review: false }],
  });
  const verify = rule("verify", { kind: "raise", to: "verify" });
  expect(decide([verify], "critical", { verify: true })).toMatchObject({
    action: "block",
    rules: [{ from: "block", to: "block" }],
  });
  const lower = rule("lower", { kind: "lower", to: "verify" });
  expect(decide([lower], "low", { lower: true }).action).toBe("approve");
  expect(decide([lower], "low", { lower: false }).rules).toEqual([]);
});

test("of two that contradict each other the higher priority has the last word; of one priority what raises", () => {
  const both = { deny: true, allow: true };
  expect(decide([ALLOW, DENY], "low", both).action).toBe("block");
  expect(decide([DENY, ALLOW], "low", both).action).toBe("block");
  expect(decide([DENY, { ...ALLOW, priority: 101 }], "low", both)).toMatchObject({
    action: "approve",
    rules: [{ rule: "deny" }, { rule: "allow", from: "block", to: "approve" }],
  });
});

test("review adds review; a tier's own falls away with what is let through", () => {
  expect(decide([LOOK], "low", { look: true })).toMatchObject({ action: "approve", review: true });
  expect(decide([ALLOW], "critical", { allow: true })).toMatchObject({ action: "approve", review: false });
  expect(decide([ALLOW, LOOK], "critical", { allow: true, look: true }).review).toBe(true);
  const verify = rule("lower", { kind: "lower", to: "verify" });
  expect(decide([verify], "critical", { lower: true })).toMatchObject({ action: "verify", review: true });
});

test("a shadow changes nothing and is noted with what it would have done", () => {
  const shadow = rule("deny", { kind: "shadow", would: { kind: "raise", to: "block" } });
  const look = rule("look", { kind: "shadow", would: { kind: "review" } });
  expect(decide([shadow, look], "low", { deny: true, look: true })).toMatchObject({
    action: "approve",
    review: false,
    rules: [
      { rule: "deny", kind: "shadow", from: "approve", to: "block" },
      { rule: "look", kind: "shadow", review: true },
    ],
  });
});

test("a rule that throws is neutral, noted and told of; one that is off is not looked at", () => {
  const told: string[] = [];
  const compiled = compilePolicy<Scope>(
    policy(rule("broken", { kind: "raise", to: "block" }), DENY, { ...LOOK, enabled: false }),
    ({ id }) =>
      () => {
        if (id === "broken") throw new Error("no number");
        return true;
      },
    ({ id }, error) => told.push(`${id}: ${(error as Error).message}`),
  );
  expect(compiled.decide("low", {})).toMatchObject({
    action: "block",
    review: false,
    rules: [
      { rule: "broken", kind: "failed", from: "approve", to: "approve" },
      { rule: "deny", kind: "raise" },
    ],
  });
  expect(told).toEqual(["broken: no number"]);
});
