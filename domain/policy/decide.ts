import type { Action } from "../actions.ts";
import { byTier, type RiskTier } from "../tiers.ts";
import { type DecisionPolicy, TIER_POLICY, type TierRule } from "./decision-policy.ts";
import { actionAfter, inOrder, isMilder, type PolicyRule, type RuleHit } from "./rules.ts";

/** What a policy says of one payment. */
export interface PolicyDecision extends TierRule {
  readonly riskTier: RiskTier;
  readonly policyVersion: string;
  /** The rules that fired or failed, in the order in which they were applied. */
  readonly rules: readonly RuleHit[];
}

/** Whether a rule applies to what `scope` says of a payment. @throws anything where that cannot be told */
export type Predicate<Scope> = (scope: Scope) => boolean;

/** What decides; see {@link compilePolicy}. */
export interface CompiledPolicy<Scope> {
  readonly version: string;
  /** Whether there are rules: without, nothing but the tier is looked at. */
  readonly hasRules: boolean;
  /** By tier, before any rule. */
  readonly byTier: Readonly<Record<RiskTier, PolicyDecision>>;
  /** @param scope what the predicates read; may be left out where there are no rules */
  decide(riskTier: RiskTier, scope?: Scope): PolicyDecision;
}

/** A payment that gets these goes through, and nobody waits for a verdict on it. */
const LETS_THROUGH: ReadonlySet<Action> = new Set<Action>(["approve", "monitor"]);

/**
 * Compiles a policy into what decides: pure, the same for the same inputs.
 *
 * 1. The tier gives action, review and SLA.
 * 2. The enabled rules that apply are applied in the order of `inOrder`: by priority, the higher later and so stronger;
 *    within a priority what raises comes after what lowers. `raise` never lowers and `lower` never raises.
 * 3. `review` sends to people, and nothing takes that away again. A tier's own review falls away where rules lowered the
 *    action to one that lets the payment through (approve, monitor).
 * 4. `shadow` changes nothing; what it would have done at its place is noted.
 * 5. A rule that throws does nothing and is noted as failed: no rule can keep a payment from being decided.
 *
 * Without rules what comes out is one of four objects made here, so that deciding costs a look-up.
 *
 * @param predicateOf gives each enabled rule's predicate, compiled by whoever knows the language
 * @param failed told of each rule that throws
 */
export function compilePolicy<Scope>(
  policy: DecisionPolicy = TIER_POLICY,
  predicateOf: (rule: PolicyRule) => Predicate<Scope> = noPredicate,
  failed: (rule: PolicyRule, error: unknown) => void = () => {},
): CompiledPolicy<Scope> {
  const outcomes = byTier(
    (riskTier): PolicyDecision =>
      Object.freeze({ riskTier, ...policy.tiers[riskTier], policyVersion: policy.version, rules: [] }),
  );
  const rules = inOrder(policy.rules.filter(({ enabled }) => enabled)).map((rule) => ({
    rule,
    applies: predicateOf(rule),
  }));

  const decide = (riskTier: RiskTier, scope: Scope): PolicyDecision => {
    const plain = outcomes[riskTier];
    let hits: RuleHit[] | undefined;
    let { action } = plain;
    let sent = false;
    for (const { rule, applies } of rules) {
      let hit: RuleHit | undefined;
      try {
        if (applies(scope)) hit = hitOf(rule, action);
      } catch (error) {
        hit = { rule: rule.id, name: rule.name, kind: "failed", from: action, to: action, review: false };
        failed(rule, error);
      }
      if (!hit) continue;
      hits ??= [];
      hits.push(hit);
      if (hit.kind === "shadow") continue;
      action = hit.to;
      sent ||= hit.review;
    }
    if (!hits) return plain;
    const letThrough = isMilder(action, plain.action) && LETS_THROUGH.has(action);
    return { ...plain, action, review: sent || (plain.review && !letThrough), rules: hits };
  };
  return {
    version: policy.version,
    hasRules: rules.length > 0,
    byTier: outcomes,
    decide: rules.length > 0 ? (tier, scope) => decide(tier, scope as Scope) : (tier) => outcomes[tier],
  };
}

function hitOf({ id, name, effect }: PolicyRule, from: Action): RuleHit {
  const acting = effect.kind === "shadow" ? effect.would : effect;
  const to = actionAfter(acting, from);
  return { rule: id, name, kind: effect.kind, from, to, review: acting.kind === "review" };
}

function noPredicate(rule: PolicyRule): never {
  throw new Error(`nobody compiled the rule ${rule.id}`);
}
