// Original file: proto/paysecure/scoring/v1/scoring.proto

import type { Interval as _paysecure_scoring_v1_Interval, Interval__Output as _paysecure_scoring_v1_Interval__Output } from '../../../paysecure/scoring/v1/Interval.ts';

/**
 * Metric is one measured figure.
 */
export interface Metric {
  /**
   * What, e.g. "auprc".
   */
  'name'?: (string);
  /**
   * How, e.g. "honest" (by time, weighted to the true base rate) or "original" (SMOTE before the split).
   */
  'protocol'?: (string);
  /**
   * The figure.
   */
  'value'?: (number | string);
  /**
   * The 95 % interval, when measured.
   */
  'interval'?: (_paysecure_scoring_v1_Interval | null);
}

/**
 * Metric is one measured figure.
 */
export interface Metric__Output {
  /**
   * What, e.g. "auprc".
   */
  'name': (string);
  /**
   * How, e.g. "honest" (by time, weighted to the true base rate) or "original" (SMOTE before the split).
   */
  'protocol': (string);
  /**
   * The figure.
   */
  'value': (number);
  /**
   * The 95 % interval, when measured.
   */
  'interval': (_paysecure_scoring_v1_Interval__Output | null);
}
