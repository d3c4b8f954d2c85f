// Original file: proto/paysecure/scoring/v1/scoring.proto

import type { Transaction as _paysecure_scoring_v1_Transaction, Transaction__Output as _paysecure_scoring_v1_Transaction__Output } from '../../../paysecure/scoring/v1/Transaction.ts';

/**
 * ScoreRequest asks for one score.
 */
export interface ScoreRequest {
  /**
   * The transaction. Required.
   */
  'transaction'?: (_paysecure_scoring_v1_Transaction | null);
  /**
   * Record the decision like any other of the system (dashboard, counters, review queue), off the answer's path.
   */
  'record'?: (boolean);
  /**
   * Put the strongest reasons in the answer. Costs more than a plain score.
   */
  'explain'?: (boolean);
  /**
   * The model to use: empty or "champion", another alias, "name" or "name@version".
   */
  'model'?: (string);
  /**
   * Put what the model read in the answer (ScoreResponse.features). Where keys are required it needs what reasons need.
   */
  'withFeatures'?: (boolean);
}

/**
 * ScoreRequest asks for one score.
 */
export interface ScoreRequest__Output {
  /**
   * The transaction. Required.
   */
  'transaction': (_paysecure_scoring_v1_Transaction__Output | null);
  /**
   * Record the decision like any other of the system (dashboard, counters, review queue), off the answer's path.
   */
  'record': (boolean);
  /**
   * Put the strongest reasons in the answer. Costs more than a plain score.
   */
  'explain': (boolean);
  /**
   * The model to use: empty or "champion", another alias, "name" or "name@version".
   */
  'model': (string);
  /**
   * Put what the model read in the answer (ScoreResponse.features). Where keys are required it needs what reasons need.
   */
  'withFeatures': (boolean);
}
