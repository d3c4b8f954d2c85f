// Original file: proto/paysecure/scoring/v1/scoring.proto

import type { RiskTier as _paysecure_scoring_v1_RiskTier, RiskTier__Output as _paysecure_scoring_v1_RiskTier__Output } from '../../../paysecure/scoring/v1/RiskTier.ts';
import type { Action as _paysecure_scoring_v1_Action, Action__Output as _paysecure_scoring_v1_Action__Output } from '../../../paysecure/scoring/v1/Action.ts';
import type { ModelRef as _paysecure_scoring_v1_ModelRef, ModelRef__Output as _paysecure_scoring_v1_ModelRef__Output } from '../../../paysecure/scoring/v1/ModelRef.ts';
import type { Reason as _paysecure_scoring_v1_Reason, Reason__Output as _paysecure_scoring_v1_Reason__Output } from '../../../paysecure/scoring/v1/Reason.ts';
import type { Status as _google_rpc_Status, Status__Output as _google_rpc_Status__Output } from '../../../google/rpc/Status.ts';
import type { RuleHit as _paysecure_scoring_v1_RuleHit, RuleHit__Output as _paysecure_scoring_v1_RuleHit__Output } from '../../../paysecure/scoring/v1/RuleHit.ts';
import type { Conversion as _paysecure_scoring_v1_Conversion, Conversion__Output as _paysecure_scoring_v1_Conversion__Output } from '../../../paysecure/scoring/v1/Conversion.ts';

/**
 * ScoreResponse is the decision on one transaction.
 */
export interface ScoreResponse {
  /**
   * As in the request.
   */
  'transactionId'?: (string);
  /**
   * Probability of fraud, [0, 1].
   */
  'fraudProbability'?: (number | string);
  /**
   * The tier of fraud_probability under the policy of the model's card.
   */
  'riskTier'?: (_paysecure_scoring_v1_RiskTier);
  /**
   * What to do, by the policy.
   */
  'action'?: (_paysecure_scoring_v1_Action);
  /**
   * fraud_probability ≥ 0.5.
   */
  'fraudPredicted'?: (boolean);
  /**
   * The model that gave this answer.
   */
  'model'?: (_paysecure_scoring_v1_ModelRef | null);
  /**
   * The strongest reasons, largest absolute contribution first; only when asked for with `explain`.
   */
  'reasons'?: (_paysecure_scoring_v1_Reason)[];
  /**
   * Only in a batch or stream: why this transaction was not scored. Every field but transaction_id is then unset.
   */
  'error'?: (_google_rpc_Status | null);
  /**
   * The decision will be recorded: Redis has it. False when `record` was not set, when the recorder is unavailable or
   * full, and when Redis has not said so within a second: then it may be recorded all the same, later.
   */
  'recorded'?: (boolean);
  /**
   * The version of the policy that decided. Empty from a scorer that knows no policies: it decides by tier.
   */
  'policyVersion'?: (string);
  /**
   * The policy's rules that fired, in the order in which they were applied. Of a batch so large that they do not fit into
   * one answer, some or all are left out; what is recorded has them all.
   */
  'rules'?: (_paysecure_scoring_v1_RuleHit)[];
  /**
   * The names in Transaction.fields that this model reads nothing of, e.g. because one is misspelt. Empty for models that
   * declare no fields of a team's own.
   */
  'unknownFields'?: (string)[];
  /**
   * The policy sends the payment to people.
   */
  'review'?: (boolean);
  /**
   * How long people may take, minutes; 0 where the policy leaves it to the operator.
   */
  'slaMinutes'?: (number);
  /**
   * What the model read, in the order of GetModelResponse.inputs: only when asked for with `with_features`, and only of a
   * model that reads more than the contract's Time, V1…V28 and Amount.
   */
  'features'?: (number | string)[];
  /**
   * The feature store was away: aggregates of the payment's entities are what the schema says of no payments.
   */
  'withoutHistory'?: (boolean);
  /**
   * How the model read the amount, where that came in another currency than the model's; not set otherwise.
   */
  'conversion'?: (_paysecure_scoring_v1_Conversion | null);
}

/**
 * ScoreResponse is the decision on one transaction.
 */
export interface ScoreResponse__Output {
  /**
   * As in the request.
   */
  'transactionId': (string);
  /**
   * Probability of fraud, [0, 1].
   */
  'fraudProbability': (number);
  /**
   * The tier of fraud_probability under the policy of the model's card.
   */
  'riskTier': (_paysecure_scoring_v1_RiskTier__Output);
  /**
   * What to do, by the policy.
   */
  'action': (_paysecure_scoring_v1_Action__Output);
  /**
   * fraud_probability ≥ 0.5.
   */
  'fraudPredicted': (boolean);
  /**
   * The model that gave this answer.
   */
  'model': (_paysecure_scoring_v1_ModelRef__Output | null);
  /**
   * The strongest reasons, largest absolute contribution first; only when asked for with `explain`.
   */
  'reasons': (_paysecure_scoring_v1_Reason__Output)[];
  /**
   * Only in a batch or stream: why this transaction was not scored. Every field but transaction_id is then unset.
   */
  'error': (_google_rpc_Status__Output | null);
  /**
   * The decision will be recorded: Redis has it. False when `record` was not set, when the recorder is unavailable or
   * full, and when Redis has not said so within a second: then it may be recorded all the same, later.
   */
  'recorded': (boolean);
  /**
   * The version of the policy that decided. Empty from a scorer that knows no policies: it decides by tier.
   */
  'policyVersion': (string);
  /**
   * The policy's rules that fired, in the order in which they were applied. Of a batch so large that they do not fit into
   * one answer, some or all are left out; what is recorded has them all.
   */
  'rules': (_paysecure_scoring_v1_RuleHit__Output)[];
  /**
   * The names in Transaction.fields that this model reads nothing of, e.g. because one is misspelt. Empty for models that
   * declare no fields of a team's own.
   */
  'unknownFields': (string)[];
  /**
   * The policy sends the payment to people.
   */
  'review': (boolean);
  /**
   * How long people may take, minutes; 0 where the policy leaves it to the operator.
   */
  'slaMinutes': (number);
  /**
   * What the model read, in the order of GetModelResponse.inputs: only when asked for with `with_features`, and only of a
   * model that reads more than the contract's Time, V1…V28 and Amount.
   */
  'features': (number)[];
  /**
   * The feature store was away: aggregates of the payment's entities are what the schema says of no payments.
   */
  'withoutHistory': (boolean);
  /**
   * How the model read the amount, where that came in another currency than the model's; not set otherwise.
   */
  'conversion': (_paysecure_scoring_v1_Conversion__Output | null);
}
