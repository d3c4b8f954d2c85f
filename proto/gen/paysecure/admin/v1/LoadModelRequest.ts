// Original file: proto/paysecure/admin/v1/admin.proto


/**
 * LoadModelRequest names a version.
 */
export interface LoadModelRequest {
  /**
   * An alias, "name" (its newest version) or "name@version". Required.
   */
  'model'?: (string);
}

/**
 * LoadModelRequest names a version.
 */
export interface LoadModelRequest__Output {
  /**
   * An alias, "name" (its newest version) or "name@version". Required.
   */
  'model': (string);
}
