// Original file: proto/paysecure/scoring/v1/scoring.proto

import type { ScoreResponse as _paysecure_scoring_v1_ScoreResponse, ScoreResponse__Output as _paysecure_scoring_v1_ScoreResponse__Output } from '../../../paysecure/scoring/v1/ScoreResponse.ts';
import type { Reason as _paysecure_scoring_v1_Reason, Reason__Output as _paysecure_scoring_v1_Reason__Output } from '../../../paysecure/scoring/v1/Reason.ts';

/**
 * ExplainResponse says how a score came about: baseline + all contributions = score.
 */
export interface ExplainResponse {
  /**
   * The decision, as Score gives it (without reasons).
   */
  'score'?: (_paysecure_scoring_v1_ScoreResponse | null);
  /**
   * What the model says before it has seen anything: the expected score, in `unit`.
   */
  'baseline'?: (number | string);
  /**
   * Contributions, largest absolute value first, at most `top` of them.
   */
  'contributions'?: (_paysecure_scoring_v1_Reason)[];
  /**
   * Sum of the contributions that `top` left out.
   */
  'remainder'?: (number | string);
  /**
   * What baseline and contributions add up to: "probability" or "log-odds" (before calibration).
   */
  'unit'?: (string);
  /**
   * How they were computed, with the source, e.g. "path attribution (Saabas 2014)".
   */
  'method'?: (string);
  /**
   * baseline + all contributions: the model's raw score in `unit`, before any calibration.
   */
  'rawScore'?: (number | string);
}

/**
 * ExplainResponse says how a score came about: baseline + all contributions = score.
 */
export interface ExplainResponse__Output {
  /**
   * The decision, as Score gives it (without reasons).
   */
  'score': (_paysecure_scoring_v1_ScoreResponse__Output | null);
  /**
   * What the model says before it has seen anything: the expected score, in `unit`.
   */
  'baseline': (number);
  /**
   * Contributions, largest absolute value first, at most `top` of them.
   */
  'contributions': (_paysecure_scoring_v1_Reason__Output)[];
  /**
   * Sum of the contributions that `top` left out.
   */
  'remainder': (number);
  /**
   * What baseline and contributions add up to: "probability" or "log-odds" (before calibration).
   */
  'unit': (string);
  /**
   * How they were computed, with the source, e.g. "path attribution (Saabas 2014)".
   */
  'method': (string);
  /**
   * baseline + all contributions: the model's raw score in `unit`, before any calibration.
   */
  'rawScore': (number);
}
