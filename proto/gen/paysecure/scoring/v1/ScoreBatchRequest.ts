// Original file: proto/paysecure/scoring/v1/scoring.proto

import type { Transaction as _paysecure_scoring_v1_Transaction, Transaction__Output as _paysecure_scoring_v1_Transaction__Output } from '../../../paysecure/scoring/v1/Transaction.ts';
import type { RiskTier as _paysecure_scoring_v1_RiskTier, RiskTier__Output as _paysecure_scoring_v1_RiskTier__Output } from '../../../paysecure/scoring/v1/RiskTier.ts';

/**
 * ScoreBatchRequest asks for many scores at once.
 */
export interface ScoreBatchRequest {
  /**
   * 1 to 10,000 transactions.
   */
  'transactions'?: (_paysecure_scoring_v1_Transaction)[];
  /**
   * As ScoreRequest.record, for all of them.
   */
  'record'?: (boolean);
  /**
   * As ScoreRequest.model, for all of them: a batch that names a model is scored by one version of it. Left empty, each
   * transaction is scored by the model its card belongs to (champion or challenger), as in Score.
   */
  'model'?: (string);
  /**
   * Put the strongest reasons in the results of this tier and above; RISK_TIER_UNSPECIFIED asks for none. What is
   * approved at a glance then costs nothing to explain. Reasons for some 3,000 results fit into an answer of 4 MB; a batch
   * that asks for more is refused with INVALID_ARGUMENT that says how many would.
   */
  'explainFromTier'?: (_paysecure_scoring_v1_RiskTier);
  /**
   * As ScoreRequest.with_features, for all of them.
   */
  'withFeatures'?: (boolean);
}

/**
 * ScoreBatchRequest asks for many scores at once.
 */
export interface ScoreBatchRequest__Output {
  /**
   * 1 to 10,000 transactions.
   */
  'transactions': (_paysecure_scoring_v1_Transaction__Output)[];
  /**
   * As ScoreRequest.record, for all of them.
   */
  'record': (boolean);
  /**
   * As ScoreRequest.model, for all of them: a batch that names a model is scored by one version of it. Left empty, each
   * transaction is scored by the model its card belongs to (champion or challenger), as in Score.
   */
  'model': (string);
  /**
   * Put the strongest reasons in the results of this tier and above; RISK_TIER_UNSPECIFIED asks for none. What is
   * approved at a glance then costs nothing to explain. Reasons for some 3,000 results fit into an answer of 4 MB; a batch
   * that asks for more is refused with INVALID_ARGUMENT that says how many would.
   */
  'explainFromTier': (_paysecure_scoring_v1_RiskTier__Output);
  /**
   * As ScoreRequest.with_features, for all of them.
   */
  'withFeatures': (boolean);
}
