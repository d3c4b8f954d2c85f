// Original file: /work/main/proto/paysecure/scoring/v1/scoring.proto


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
   * Lower end of the 95 % interval, when measured.
   */
  'low'?: (number | string);
  /**
   * Upper end of the 95 % interval, when measured.
   */
  'high'?: (number | string);
  '_low'?: "low";
  '_high'?: "high";
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
   * Lower end of the 95 % interval, when measured.
   */
  'low'?: (number);
  /**
   * Upper end of the 95 % interval, when measured.
   */
  'high'?: (number);
  '_low'?: "low";
  '_high'?: "high";
}
