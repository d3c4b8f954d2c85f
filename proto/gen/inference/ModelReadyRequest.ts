// Original file: proto/inference/open_inference.proto


export interface ModelReadyRequest {
  'name'?: (string);
  /**
   * Empty: the champion's version if it has that name, the newest otherwise.
   */
  'version'?: (string);
}

export interface ModelReadyRequest__Output {
  'name': (string);
  /**
   * Empty: the champion's version if it has that name, the newest otherwise.
   */
  'version': (string);
}
