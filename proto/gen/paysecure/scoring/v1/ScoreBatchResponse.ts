// Original file: proto/paysecure/scoring/v1/scoring.proto

import type { ScoreResponse as _paysecure_scoring_v1_ScoreResponse, ScoreResponse__Output as _paysecure_scoring_v1_ScoreResponse__Output } from '../../../paysecure/scoring/v1/ScoreResponse.ts';

/**
 * ScoreBatchResponse carries the decisions.
 */
export interface ScoreBatchResponse {
  /**
   * One for each transaction, in the order asked.
   */
  'results'?: (_paysecure_scoring_v1_ScoreResponse)[];
}

/**
 * ScoreBatchResponse carries the decisions.
 */
export interface ScoreBatchResponse__Output {
  /**
   * One for each transaction, in the order asked.
   */
  'results': (_paysecure_scoring_v1_ScoreResponse__Output)[];
}
