// Original file: proto/paysecure/admin/v1/admin.proto


/**
 * RollBackRequest asks for the champion before.
 */
export interface RollBackRequest {
  /**
   * Why, for the audit log, at most 500 characters.
   */
  'reason'?: (string);
}

/**
 * RollBackRequest asks for the champion before.
 */
export interface RollBackRequest__Output {
  /**
   * Why, for the audit log, at most 500 characters.
   */
  'reason': (string);
}
