// Original file: proto/paysecure/scoring/v1/scoring.proto

/**
 * RiskTier is the band a fraud probability falls in. The edges are the policy of the model's card; the defaults are
 * given here.
 */
export const RiskTier = {
  /**
   * Not set: only in a result that carries an error.
   */
  RISK_TIER_UNSPECIFIED: 0,
  /**
   * [0, 0.1): approve.
   */
  RISK_TIER_LOW: 1,
  /**
   * [0.1, 0.3): approve and monitor.
   */
  RISK_TIER_MEDIUM: 2,
  /**
   * [0.3, 0.7): verify with the card holder; reviewed by hand.
   */
  RISK_TIER_HIGH: 3,
  /**
   * [0.7, 1]: block; reviewed by hand first.
   */
  RISK_TIER_CRITICAL: 4,
} as const;

/**
 * RiskTier is the band a fraud probability falls in. The edges are the policy of the model's card; the defaults are
 * given here.
 */
export type RiskTier =
  /**
   * Not set: only in a result that carries an error.
   */
  | 'RISK_TIER_UNSPECIFIED'
  | 0
  /**
   * [0, 0.1): approve.
   */
  | 'RISK_TIER_LOW'
  | 1
  /**
   * [0.1, 0.3): approve and monitor.
   */
  | 'RISK_TIER_MEDIUM'
  | 2
  /**
   * [0.3, 0.7): verify with the card holder; reviewed by hand.
   */
  | 'RISK_TIER_HIGH'
  | 3
  /**
   * [0.7, 1]: block; reviewed by hand first.
   */
  | 'RISK_TIER_CRITICAL'
  | 4

/**
 * RiskTier is the band a fraud probability falls in. The edges are the policy of the model's card; the defaults are
 * given here.
 */
export type RiskTier__Output = typeof RiskTier[keyof typeof RiskTier]
