import { ACTIONS, type Action } from "../../domain/actions.ts";
import { HIT_KINDS, type HitKind } from "../../domain/policy/rules.ts";
import { RISK_TIERS, type RiskTier } from "../../domain/tiers.ts";

/**
 * The contract's numbers of tiers, actions and what rules did: 0 is UNSPECIFIED, the others follow in the order in which the domain
 * declares them (enums.test.ts holds both against scoring.proto).
 */
export const UNSPECIFIED = 0;

// Looked for, not looked up: among four texts of the program's own that is a third of what a Map or an object costs.

/** RiskTier's number on the wire. */
export function tierNumber(tier: RiskTier): 1 | 2 | 3 | 4 {
  return (RISK_TIERS.indexOf(tier) + 1) as 1 | 2 | 3 | 4;
}

/** Action's number on the wire. */
export function actionNumber(action: Action): 1 | 2 | 3 | 4 {
  return (ACTIONS.indexOf(action) + 1) as 1 | 2 | 3 | 4;
}

/** The tier of a number; undefined for UNSPECIFIED and for what a later contract may add. */
export function tierOfNumber(number: number): RiskTier | undefined {
  return RISK_TIERS[number - 1];
}

/** The action of a number; undefined for UNSPECIFIED and for what a later contract may add. */
export function actionOfNumber(number: number): Action | undefined {
  return ACTIONS[number - 1];
}

/** RuleEffect's number on the wire. */
export function hitKindNumber(kind: HitKind): 1 | 2 | 3 | 4 | 5 {
  return (HIT_KINDS.indexOf(kind) + 1) as 1 | 2 | 3 | 4 | 5;
}

/** What a rule did, by its number; undefined for UNSPECIFIED and for what a later contract may add. */
export function hitKindOfNumber(number: number): HitKind | undefined {
  return HIT_KINDS[number - 1];
}
