// Original file: proto/paysecure/scoring/v1/scoring.proto


/**
 * Reason is one feature's part in a score, in the plain words of a stable vocabulary.
 */
export interface Reason {
  /**
   * The stable code of the reason, e.g. "V14_LOW", "AMOUNT_HIGH", "CHANNEL_ONLINE_YES".
   */
  'code'?: (string);
  /**
   * The feature as the model names it, e.g. "V14", "Amount", "hour", "customer_count_1h".
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
  /**
   * The feature's usual value, in the unit of `value`: what the model saw in the middle of its training. Unset where that
   * is not known.
   */
  'usual'?: (number | string);
  /**
   * What `value` counts, for models with a schema: "payments", "s", a currency, "share" (0 to 1), or what the schema says.
   * Empty for a bare number.
   */
  'unit'?: (string);
  /**
   * The feature in words, for models with a schema, e.g. "Payments of this customer in the last hour".
   */
  'title'?: (string);
  '_usual'?: "usual";
}

/**
 * Reason is one feature's part in a score, in the plain words of a stable vocabulary.
 */
export interface Reason__Output {
  /**
   * The stable code of the reason, e.g. "V14_LOW", "AMOUNT_HIGH", "CHANNEL_ONLINE_YES".
   */
  'code': (string);
  /**
   * The feature as the model names it, e.g. "V14", "Amount", "hour", "customer_count_1h".
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
  /**
   * The feature's usual value, in the unit of `value`: what the model saw in the middle of its training. Unset where that
   * is not known.
   */
  'usual'?: (number);
  /**
   * What `value` counts, for models with a schema: "payments", "s", a currency, "share" (0 to 1), or what the schema says.
   * Empty for a bare number.
   */
  'unit': (string);
  /**
   * The feature in words, for models with a schema, e.g. "Payments of this customer in the last hour".
   */
  'title': (string);
  '_usual'?: "usual";
}
