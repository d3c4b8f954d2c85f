import type { Action } from "../../domain/actions.ts";
import type { Value } from "../../domain/features/definition.ts";
import { DEFAULT_CURRENCY } from "../../domain/money.ts";
import type { PolicyDecision } from "../../domain/policy/decide.ts";
import { DEFAULT_EDGES, tierOf } from "../../domain/policy/decision-policy.ts";
import { isRiskTier } from "../../domain/tiers.ts";
import type { ReadyPolicy } from "./compile.ts";
import { addScore, PAYMENT_MAPS, PAYMENT_VARIABLES, type RuleScope, SCORE_MAPS } from "./variables.ts";

/** An example of a policy's test bench: a payment, and what has to come of it. */
export interface PolicyExample {
  readonly name: string;
  /** By the names that rules read, `fields.items` among them, event_time as ISO 8601; what is left out is "" or 0. The tier follows the probability. */
  readonly payment: Readonly<Record<string, string | number | boolean>>;
  readonly action: Action;
  readonly review: boolean;
}

/** What came of an example. */
export interface ExampleResult {
  readonly example: PolicyExample;
  readonly passed: boolean;
  readonly decision: PolicyDecision;
}

/** Decides the examples by a policy. */
export function runExamples(
  { compiled }: ReadyPolicy,
  examples: readonly PolicyExample[],
): readonly ExampleResult[] {
  return examples.map((example) => {
    const probability = Number(example.payment["probability"] ?? 0);
    const given = example.payment["tier"];
    const tier = isRiskTier(given) ? given : tierOf(probability, DEFAULT_EDGES);
    const scope = addScore(scopeOf(example), probability, tier, String(example.payment["model"] ?? ""));
    const decision = compiled.decide(tier, scope);
    const passed = decision.action === example.action && decision.review === example.review;
    return { example, passed, decision };
  });
}

function scopeOf({ payment }: PolicyExample): RuleScope {
  const at = new Date(String(payment["event_time"] ?? "2026-01-01T12:00:00Z"));
  const scope: RuleScope = {};
  for (const [name, type] of Object.entries(PAYMENT_VARIABLES)) {
    const nothing: Value = type === "number" ? 0 : type === "timestamp" ? at : "";
    scope[name] = type === "timestamp" ? at : (payment[name] ?? nothing);
  }
  if (scope["currency"] === "") scope["currency"] = DEFAULT_CURRENCY;
  if (payment["hour"] === undefined) scope["hour"] = at.getUTCHours();
  for (const map of Object.keys({ ...PAYMENT_MAPS, ...SCORE_MAPS })) {
    const own = Object.entries(payment).filter(([name]) => name.startsWith(`${map}.`));
    scope[map] = Object.fromEntries(own.map(([name, value]) => [name.slice(map.length + 1), value]));
  }
  for (const [name, value] of Object.entries(payment)) scope[name] ??= value;
  return scope;
}
