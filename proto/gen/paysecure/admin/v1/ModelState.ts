// Original file: proto/paysecure/admin/v1/admin.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../../google/protobuf/Timestamp.ts';

/**
 * ModelState is one version of the registry and its part in serving.
 */
export interface ModelState {
  /**
   * "name@version".
   */
  'id'?: (string);
  /**
   * In memory, verified and warm.
   */
  'loaded'?: (boolean);
  /**
   * Answers requests that name no model.
   */
  'champion'?: (boolean);
  /**
   * The share of cards whose requests it answers as challenger, [0, 1].
   */
  'challengerShare'?: (number | string);
  /**
   * Scores along to be compared.
   */
  'shadow'?: (boolean);
  /**
   * The aliases of the registry that point at it.
   */
  'aliases'?: (string)[];
  /**
   * When it was trained, if its card can be read.
   */
  'trainedAt'?: (_google_protobuf_Timestamp | null);
  /**
   * SHA-256 of model.onnx by its card, lower-case hex.
   */
  'sha256'?: (string);
}

/**
 * ModelState is one version of the registry and its part in serving.
 */
export interface ModelState__Output {
  /**
   * "name@version".
   */
  'id': (string);
  /**
   * In memory, verified and warm.
   */
  'loaded': (boolean);
  /**
   * Answers requests that name no model.
   */
  'champion': (boolean);
  /**
   * The share of cards whose requests it answers as challenger, [0, 1].
   */
  'challengerShare': (number);
  /**
   * Scores along to be compared.
   */
  'shadow': (boolean);
  /**
   * The aliases of the registry that point at it.
   */
  'aliases': (string)[];
  /**
   * When it was trained, if its card can be read.
   */
  'trainedAt': (_google_protobuf_Timestamp__Output | null);
  /**
   * SHA-256 of model.onnx by its card, lower-case hex.
   */
  'sha256': (string);
}
