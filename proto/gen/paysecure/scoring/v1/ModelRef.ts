// Original file: proto/paysecure/scoring/v1/scoring.proto


/**
 * ModelRef names the exact model that gave an answer.
 */
export interface ModelRef {
  /**
   * The model's name in the registry, e.g. "fraud-forest".
   */
  'name'?: (string);
  /**
   * The immutable version in the registry, e.g. "2026-11-22.1".
   */
  'version'?: (string);
}

/**
 * ModelRef names the exact model that gave an answer.
 */
export interface ModelRef__Output {
  /**
   * The model's name in the registry, e.g. "fraud-forest".
   */
  'name': (string);
  /**
   * The immutable version in the registry, e.g. "2026-11-22.1".
   */
  'version': (string);
}
