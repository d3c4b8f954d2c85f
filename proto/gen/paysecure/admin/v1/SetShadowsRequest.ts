// Original file: proto/paysecure/admin/v1/admin.proto


/**
 * SetShadowsRequest names the shadows.
 */
export interface SetShadowsRequest {
  /**
   * At most four, each as LoadModelRequest.model; none takes them away.
   */
  'models'?: (string)[];
  /**
   * Why, for the audit log, at most 500 characters.
   */
  'reason'?: (string);
}

/**
 * SetShadowsRequest names the shadows.
 */
export interface SetShadowsRequest__Output {
  /**
   * At most four, each as LoadModelRequest.model; none takes them away.
   */
  'models': (string)[];
  /**
   * Why, for the audit log, at most 500 characters.
   */
  'reason': (string);
}
