// Original file: proto/paysecure/scoring/v1/scoring.proto


/**
 * GetModelRequest asks for a model's description.
 */
export interface GetModelRequest {
  /**
   * As ScoreRequest.model.
   */
  'model'?: (string);
}

/**
 * GetModelRequest asks for a model's description.
 */
export interface GetModelRequest__Output {
  /**
   * As ScoreRequest.model.
   */
  'model': (string);
}
