// Original file: proto/paysecure/scoring/v1/scoring.proto


/**
 * Interval is a range, ends included.
 */
export interface Interval {
  /**
   * Lower end.
   */
  'low'?: (number | string);
  /**
   * Upper end.
   */
  'high'?: (number | string);
}

/**
 * Interval is a range, ends included.
 */
export interface Interval__Output {
  /**
   * Lower end.
   */
  'low': (number);
  /**
   * Upper end.
   */
  'high': (number);
}
