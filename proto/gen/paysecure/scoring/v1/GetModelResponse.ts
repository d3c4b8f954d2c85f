// Original file: proto/paysecure/scoring/v1/scoring.proto

import type { ModelRef as _paysecure_scoring_v1_ModelRef, ModelRef__Output as _paysecure_scoring_v1_ModelRef__Output } from '../../../paysecure/scoring/v1/ModelRef.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../../google/protobuf/Timestamp.ts';
import type { TierThresholds as _paysecure_scoring_v1_TierThresholds, TierThresholds__Output as _paysecure_scoring_v1_TierThresholds__Output } from '../../../paysecure/scoring/v1/TierThresholds.ts';
import type { Metric as _paysecure_scoring_v1_Metric, Metric__Output as _paysecure_scoring_v1_Metric__Output } from '../../../paysecure/scoring/v1/Metric.ts';

/**
 * GetModelResponse describes a model.
 */
export interface GetModelResponse {
  /**
   * Which model.
   */
  'model'?: (_paysecure_scoring_v1_ModelRef | null);
  /**
   * SHA-256 of model.onnx, lower-case hex.
   */
  'sha256'?: (string);
  /**
   * When it was trained.
   */
  'trainedAt'?: (_google_protobuf_Timestamp | null);
  /**
   * The names of the inputs, in the order in which the graph takes them.
   */
  'inputs'?: (string)[];
  /**
   * The tiers' edges.
   */
  'thresholds'?: (_paysecure_scoring_v1_TierThresholds | null);
  /**
   * What was measured, each under its protocol.
   */
  'metrics'?: (_paysecure_scoring_v1_Metric)[];
  /**
   * The model's card, as JSON.
   */
  'cardJson'?: (string);
  /**
   * The aliases that point at it, e.g. "champion".
   */
  'aliases'?: (string)[];
  /**
   * The model's schema, as JSON: fields, entities and features by name. Empty for a model without one.
   */
  'schemaJson'?: (string);
}

/**
 * GetModelResponse describes a model.
 */
export interface GetModelResponse__Output {
  /**
   * Which model.
   */
  'model': (_paysecure_scoring_v1_ModelRef__Output | null);
  /**
   * SHA-256 of model.onnx, lower-case hex.
   */
  'sha256': (string);
  /**
   * When it was trained.
   */
  'trainedAt': (_google_protobuf_Timestamp__Output | null);
  /**
   * The names of the inputs, in the order in which the graph takes them.
   */
  'inputs': (string)[];
  /**
   * The tiers' edges.
   */
  'thresholds': (_paysecure_scoring_v1_TierThresholds__Output | null);
  /**
   * What was measured, each under its protocol.
   */
  'metrics': (_paysecure_scoring_v1_Metric__Output)[];
  /**
   * The model's card, as JSON.
   */
  'cardJson': (string);
  /**
   * The aliases that point at it, e.g. "champion".
   */
  'aliases': (string)[];
  /**
   * The model's schema, as JSON: fields, entities and features by name. Empty for a model without one.
   */
  'schemaJson': (string);
}
