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
  /**
   * What the model read when it scored (ScoreResponse.features): explained as it was, where what is known of the payment's
   * entities is another by now. As many as GetModelResponse.inputs, finite. Left out, the model reads the transaction.
   */
  'features'?: (number | string)[];
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
  /**
   * What the model read when it scored (ScoreResponse.features): explained as it was, where what is known of the payment's
   * entities is another by now. As many as GetModelResponse.inputs, finite. Left out, the model reads the transaction.
   */
  'features': (number)[];
}
