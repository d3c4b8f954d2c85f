// Original file: proto/paysecure/scoring/v1/scoring.proto

/**
 * RuleEffect is what a rule of the policy did.
 */
export const RuleEffect = {
  /**
   * Not set.
   */
  RULE_EFFECT_UNSPECIFIED: 0,
  /**
   * It raised the action, or would have, had that not been as strong before.
   */
  RULE_EFFECT_RAISE: 1,
  /**
   * It lowered the action, or would have, had that not been as mild before.
   */
  RULE_EFFECT_LOWER: 2,
  /**
   * It sent the payment to people.
   */
  RULE_EFFECT_REVIEW: 3,
  /**
   * It only watched and changed nothing: `to_action` and `review` are what it would have done.
   */
  RULE_EFFECT_SHADOW: 4,
  /**
   * It could not be evaluated for this payment and changed nothing.
   */
  RULE_EFFECT_FAILED: 5,
} as const;

/**
 * RuleEffect is what a rule of the policy did.
 */
export type RuleEffect =
  /**
   * Not set.
   */
  | 'RULE_EFFECT_UNSPECIFIED'
  | 0
  /**
   * It raised the action, or would have, had that not been as strong before.
   */
  | 'RULE_EFFECT_RAISE'
  | 1
  /**
   * It lowered the action, or would have, had that not been as mild before.
   */
  | 'RULE_EFFECT_LOWER'
  | 2
  /**
   * It sent the payment to people.
   */
  | 'RULE_EFFECT_REVIEW'
  | 3
  /**
   * It only watched and changed nothing: `to_action` and `review` are what it would have done.
   */
  | 'RULE_EFFECT_SHADOW'
  | 4
  /**
   * It could not be evaluated for this payment and changed nothing.
   */
  | 'RULE_EFFECT_FAILED'
  | 5

/**
 * RuleEffect is what a rule of the policy did.
 */
export type RuleEffect__Output = typeof RuleEffect[keyof typeof RuleEffect]
