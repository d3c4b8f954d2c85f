// Original file: proto/paysecure/admin/v1/admin.proto


/**
 * SetChallengerRequest names the challenger.
 */
export interface SetChallengerRequest {
  /**
   * As LoadModelRequest.model; empty takes the challenger away.
   */
  'model'?: (string);
  /**
   * Share of the cards whose requests it answers, [0, 1].
   */
  'share'?: (number | string);
  /**
   * Why, for the audit log, at most 500 characters.
   */
  'reason'?: (string);
}

/**
 * SetChallengerRequest names the challenger.
 */
export interface SetChallengerRequest__Output {
  /**
   * As LoadModelRequest.model; empty takes the challenger away.
   */
  'model': (string);
  /**
   * Share of the cards whose requests it answers, [0, 1].
   */
  'share': (number);
  /**
   * Why, for the audit log, at most 500 characters.
   */
  'reason': (string);
}
