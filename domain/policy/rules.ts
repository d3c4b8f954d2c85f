import { ACTIONS, type Action } from "../actions.ts";

/** What a rule that applies does: raises or lowers the action, sends to people, or only watches. */
export const RULE_EFFECTS = ["raise", "lower", "review", "shadow"] as const;
export type RuleEffectKind = (typeof RULE_EFFECTS)[number];

/** An effect that changes what is decided. */
export type ActingEffect =
  | { readonly kind: "raise" | "lower"; readonly to: Action }
  | { readonly kind: "review" };

/** What a rule does; a shadow rule changes nothing, and what it would have done is noted. */
export type RuleEffect = ActingEffect | { readonly kind: "shadow"; readonly would: ActingEffect };

/** One rule of a policy. */
export interface PolicyRule {
  /** Stable, {@link RULE_ID}: what decisions keep. */
  readonly id: string;
  /** What people call it. */
  readonly name: string;
  /** When it applies: CEL, a flag (features/policy). */
  readonly when: string;
  readonly effect: RuleEffect;
  /** The higher, the later applied: of two that contradict each other the higher one has the last word. */
  readonly priority: number;
  readonly enabled: boolean;
  /** Why there is such a rule, for whoever reads the decision. */
  readonly reason: string;
}

export const RULE_ID = /^[a-z][a-z0-9-]{0,39}$/;
export const MAX_RULES = 200;
export const MAX_PRIORITY = 1_000;
/** Longest name, in characters of UTF-16. */
export const MAX_RULE_NAME = 80;
export const MAX_RULE_REASON = 500;

/** What a fired rule did: its effect, or `failed` where it could not be evaluated and did nothing. */
export const HIT_KINDS = [...RULE_EFFECTS, "failed"] as const;
export type HitKind = (typeof HIT_KINDS)[number];

/** A rule that fired, or failed, for one payment, and what it changed. */
export interface RuleHit {
  readonly rule: string;
  readonly name: string;
  readonly kind: HitKind;
  /** The action before it. */
  readonly from: Action;
  /** The action after it; of a shadow, what it would have been. The same as `from` where nothing changed. */
  readonly to: Action;
  /** It sent the payment to people; a shadow would have. */
  readonly review: boolean;
}

/** 0 for the mildest action, 3 for the strongest. */
function strengthOf(action: Action): number {
  return ACTIONS.indexOf(action);
}

/** Whether the first action is the milder one. */
export function isMilder(action: Action, than: Action): boolean {
  return strengthOf(action) < strengthOf(than);
}

/** The action after an effect: raising never lowers, lowering never raises, and review leaves it as it is. */
export function actionAfter(effect: ActingEffect, action: Action): Action {
  if (effect.kind === "raise") return isMilder(action, effect.to) ? effect.to : action;
  if (effect.kind === "lower") return isMilder(effect.to, action) ? effect.to : action;
  return action;
}

const KIND_ORDER: Readonly<Record<RuleEffectKind, number>> = { lower: 0, raise: 1, review: 2, shadow: 3 };

/**
 * The order in which rules are applied: by priority, the higher later; within a priority what lowers before what raises,
 * so that refusing wins over letting through; then by id.
 */
export function inOrder(rules: readonly PolicyRule[]): PolicyRule[] {
  return [...rules].sort(
    (a, b) =>
      a.priority - b.priority ||
      KIND_ORDER[a.effect.kind] - KIND_ORDER[b.effect.kind] ||
      (a.id < b.id ? -1 : a.id > b.id ? 1 : 0),
  );
}
