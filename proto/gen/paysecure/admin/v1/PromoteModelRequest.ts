// Original file: proto/paysecure/admin/v1/admin.proto


/**
 * PromoteModelRequest names the next champion.
 */
export interface PromoteModelRequest {
  /**
   * As LoadModelRequest.model. Required.
   */
  'model'?: (string);
  /**
   * Why, for the audit log, at most 500 characters.
   */
  'reason'?: (string);
}

/**
 * PromoteModelRequest names the next champion.
 */
export interface PromoteModelRequest__Output {
  /**
   * As LoadModelRequest.model. Required.
   */
  'model': (string);
  /**
   * Why, for the audit log, at most 500 characters.
   */
  'reason': (string);
}
