import { RISK_TIERS, type RiskTier } from "../tiers.ts";
import type { DecisionPolicy, TierRule } from "./decision-policy.ts";
import type { PolicyRule } from "./rules.ts";

/** A rule that two policies have and that is not the same in both. */
export interface ChangedRule {
  readonly before: PolicyRule;
  readonly after: PolicyRule;
}

/** What makes one policy another. */
export interface PolicyDiff {
  readonly tiers: readonly { readonly tier: RiskTier; readonly before: TierRule; readonly after: TierRule }[];
  readonly added: readonly PolicyRule[];
  readonly removed: readonly PolicyRule[];
  readonly changed: readonly ChangedRule[];
}

type Content = Pick<DecisionPolicy, "tiers" | "rules">;

/** What changes from one policy to another; rules are the same ones by their ids, and their places do not matter. */
export function diffPolicies(before: Content, after: Content): PolicyDiff {
  const earlier = new Map(before.rules.map((rule) => [rule.id, rule]));
  const later = new Set(after.rules.map(({ id }) => id));
  return {
    tiers: RISK_TIERS.flatMap((tier) => {
      const [a, b] = [before.tiers[tier], after.tiers[tier]];
      const same = a.action === b.action && a.review === b.review && a.slaMinutes === b.slaMinutes;
      return same ? [] : [{ tier, before: a, after: b }];
    }),
    added: after.rules.filter(({ id }) => !earlier.has(id)),
    removed: before.rules.filter(({ id }) => !later.has(id)),
    changed: after.rules.flatMap((rule) => {
      const was = earlier.get(rule.id);
      return was && !isSameRule(was, rule) ? [{ before: was, after: rule }] : [];
    }),
  };
}

/** Whether nothing changes. */
export function isEmptyDiff({ tiers, added, removed, changed }: PolicyDiff): boolean {
  return tiers.length + added.length + removed.length + changed.length === 0;
}

function isSameRule(a: PolicyRule, b: PolicyRule): boolean {
  const comparable = ({ id, name, when, effect, priority, enabled, reason }: PolicyRule): string => {
    const acting = effect.kind === "shadow" ? effect.would : effect;
    const what = [effect.kind, acting.kind, "to" in acting ? acting.to : null];
    return JSON.stringify([id, name, when, what, priority, enabled, reason]);
  };
  return comparable(a) === comparable(b);
}
