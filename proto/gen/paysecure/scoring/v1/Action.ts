// Original file: proto/paysecure/scoring/v1/scoring.proto

/**
 * Action is what the caller should do with the payment: the policy decides, by tier unless a rule says otherwise.
 */
export const Action = {
  /**
   * Not set: only in a result that carries an error.
   */
  ACTION_UNSPECIFIED: 0,
  /**
   * Let it pass (by default Low).
   */
  ACTION_APPROVE: 1,
  /**
   * Let it pass and watch the card (by default Medium).
   */
  ACTION_MONITOR: 2,
  /**
   * Ask the card holder before it passes (by default High).
   */
  ACTION_VERIFY: 3,
  /**
   * Do not let it pass (by default Critical).
   */
  ACTION_BLOCK: 4,
} as const;

/**
 * Action is what the caller should do with the payment: the policy decides, by tier unless a rule says otherwise.
 */
export type Action =
  /**
   * Not set: only in a result that carries an error.
   */
  | 'ACTION_UNSPECIFIED'
  | 0
  /**
   * Let it pass (by default Low).
   */
  | 'ACTION_APPROVE'
  | 1
  /**
   * Let it pass and watch the card (by default Medium).
   */
  | 'ACTION_MONITOR'
  | 2
  /**
   * Ask the card holder before it passes (by default High).
   */
  | 'ACTION_VERIFY'
  | 3
  /**
   * Do not let it pass (by default Critical).
   */
  | 'ACTION_BLOCK'
  | 4

/**
 * Action is what the caller should do with the payment: the policy decides, by tier unless a rule says otherwise.
 */
export type Action__Output = typeof Action[keyof typeof Action]
