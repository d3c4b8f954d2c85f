// Original file: proto/paysecure/scoring/v1/scoring.proto

import type { Transaction as _paysecure_scoring_v1_Transaction, Transaction__Output as _paysecure_scoring_v1_Transaction__Output } from '../../../paysecure/scoring/v1/Transaction.ts';

/**
 * ExplainRequest asks why.
 */
export interface ExplainRequest {
  /**
   * The transaction to explain. Required.
   */
  'transaction'?: (_paysecure_scoring_v1_Transaction | null);
  /**
   * As ScoreRequest.model.
   */
  'model'?: (string);
  /**
   * How many reasons to give, strongest first; 0 gives all.
   */
  'top'?: (number);
}

/**
 * ExplainRequest asks why.
 */
export interface ExplainRequest__Output {
  /**
   * The transaction to explain. Required.
   */
  'transaction': (_paysecure_scoring_v1_Transaction__Output | null);
  /**
   * As ScoreRequest.model.
   */
  'model': (string);
  /**
   * How many reasons to give, strongest first; 0 gives all.
   */
  'top': (number);
}
