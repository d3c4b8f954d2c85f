// Original file: proto/paysecure/scoring/v1/scoring.proto


/**
 * TierThresholds are the lower edges of the tiers; Low starts at 0.
 */
export interface TierThresholds {
  /**
   * Medium starts here (inclusive), e.g. 0.1.
   */
  'medium'?: (number | string);
  /**
   * High starts here (inclusive), e.g. 0.3.
   */
  'high'?: (number | string);
  /**
   * Critical starts here (inclusive), e.g. 0.7.
   */
  'critical'?: (number | string);
}

/**
 * TierThresholds are the lower edges of the tiers; Low starts at 0.
 */
export interface TierThresholds__Output {
  /**
   * Medium starts here (inclusive), e.g. 0.1.
   */
  'medium': (number);
  /**
   * High starts here (inclusive), e.g. 0.3.
   */
  'high': (number);
  /**
   * Critical starts here (inclusive), e.g. 0.7.
   */
  'critical': (number);
}
