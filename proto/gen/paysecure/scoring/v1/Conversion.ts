// Original file: proto/paysecure/scoring/v1/scoring.proto


/**
 * Conversion is an amount as it was read in another currency than it came in.
 */
export interface Conversion {
  /**
   * In units of `currency`.
   */
  'amount'?: (number | string);
  /**
   * ISO 4217 code of the currency that the model reads.
   */
  'currency'?: (string);
  /**
   * What one unit of the payment's currency was worth in `currency`.
   */
  'rate'?: (number | string);
  /**
   * The day that the rate is of, "2026-11-26"; where two were needed, the earlier.
   */
  'ratesOf'?: (string);
}

/**
 * Conversion is an amount as it was read in another currency than it came in.
 */
export interface Conversion__Output {
  /**
   * In units of `currency`.
   */
  'amount': (number);
  /**
   * ISO 4217 code of the currency that the model reads.
   */
  'currency': (string);
  /**
   * What one unit of the payment's currency was worth in `currency`.
   */
  'rate': (number);
  /**
   * The day that the rate is of, "2026-11-26"; where two were needed, the earlier.
   */
  'ratesOf': (string);
}
