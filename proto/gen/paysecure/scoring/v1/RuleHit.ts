// Original file: proto/paysecure/scoring/v1/scoring.proto

import type { RuleEffect as _paysecure_scoring_v1_RuleEffect, RuleEffect__Output as _paysecure_scoring_v1_RuleEffect__Output } from '../../../paysecure/scoring/v1/RuleEffect.ts';
import type { Action as _paysecure_scoring_v1_Action, Action__Output as _paysecure_scoring_v1_Action__Output } from '../../../paysecure/scoring/v1/Action.ts';

/**
 * RuleHit is a rule of the policy that fired for a payment, and what it changed.
 */
export interface RuleHit {
  /**
   * The rule's stable id.
   */
  'ruleId'?: (string);
  /**
   * What people call it.
   */
  'name'?: (string);
  /**
   * What it did.
   */
  'effect'?: (_paysecure_scoring_v1_RuleEffect);
  /**
   * The action before it.
   */
  'fromAction'?: (_paysecure_scoring_v1_Action);
  /**
   * The action after it; the same where it changed none.
   */
  'toAction'?: (_paysecure_scoring_v1_Action);
  /**
   * It sent the payment to people.
   */
  'review'?: (boolean);
}

/**
 * RuleHit is a rule of the policy that fired for a payment, and what it changed.
 */
export interface RuleHit__Output {
  /**
   * The rule's stable id.
   */
  'ruleId': (string);
  /**
   * What people call it.
   */
  'name': (string);
  /**
   * What it did.
   */
  'effect': (_paysecure_scoring_v1_RuleEffect__Output);
  /**
   * The action before it.
   */
  'fromAction': (_paysecure_scoring_v1_Action__Output);
  /**
   * The action after it; the same where it changed none.
   */
  'toAction': (_paysecure_scoring_v1_Action__Output);
  /**
   * It sent the payment to people.
   */
  'review': (boolean);
}
