// Original file: proto/paysecure/scoring/v1/scoring.proto


/**
 * Reason is one feature's part in a score, in the plain words of a stable vocabulary.
 */
export interface Reason {
  /**
   * The stable code of the reason, e.g. "V14_LOW", "AMOUNT_HIGH".
   */
  'code'?: (string);
  /**
   * The feature as the model names it, e.g. "V14", "Amount", "hour".
   */
  'feature'?: (string);
  /**
   * The feature's value in this transaction, in the feature's own unit (before scaling).
   */
  'value'?: (number | string);
  /**
   * How much it moved the score against the model's baseline. Positive moves towards fraud. The unit is
   * ExplainResponse.unit.
   */
  'contribution'?: (number | string);
  /**
   * One sentence in plain English for a person.
   */
  'text'?: (string);
}

/**
 * Reason is one feature's part in a score, in the plain words of a stable vocabulary.
 */
export interface Reason__Output {
  /**
   * The stable code of the reason, e.g. "V14_LOW", "AMOUNT_HIGH".
   */
  'code': (string);
  /**
   * The feature as the model names it, e.g. "V14", "Amount", "hour".
   */
  'feature': (string);
  /**
   * The feature's value in this transaction, in the feature's own unit (before scaling).
   */
  'value': (number);
  /**
   * How much it moved the score against the model's baseline. Positive moves towards fraud. The unit is
   * ExplainResponse.unit.
   */
  'contribution': (number);
  /**
   * One sentence in plain English for a person.
   */
  'text': (string);
}
