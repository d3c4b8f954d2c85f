// Original file: proto/paysecure/scoring/v1/scoring.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ExplainRequest as _paysecure_scoring_v1_ExplainRequest, ExplainRequest__Output as _paysecure_scoring_v1_ExplainRequest__Output } from '../../../paysecure/scoring/v1/ExplainRequest.ts';
import type { ExplainResponse as _paysecure_scoring_v1_ExplainResponse, ExplainResponse__Output as _paysecure_scoring_v1_ExplainResponse__Output } from '../../../paysecure/scoring/v1/ExplainResponse.ts';
import type { GetModelRequest as _paysecure_scoring_v1_GetModelRequest, GetModelRequest__Output as _paysecure_scoring_v1_GetModelRequest__Output } from '../../../paysecure/scoring/v1/GetModelRequest.ts';
import type { GetModelResponse as _paysecure_scoring_v1_GetModelResponse, GetModelResponse__Output as _paysecure_scoring_v1_GetModelResponse__Output } from '../../../paysecure/scoring/v1/GetModelResponse.ts';
import type { ScoreBatchRequest as _paysecure_scoring_v1_ScoreBatchRequest, ScoreBatchRequest__Output as _paysecure_scoring_v1_ScoreBatchRequest__Output } from '../../../paysecure/scoring/v1/ScoreBatchRequest.ts';
import type { ScoreBatchResponse as _paysecure_scoring_v1_ScoreBatchResponse, ScoreBatchResponse__Output as _paysecure_scoring_v1_ScoreBatchResponse__Output } from '../../../paysecure/scoring/v1/ScoreBatchResponse.ts';
import type { ScoreRequest as _paysecure_scoring_v1_ScoreRequest, ScoreRequest__Output as _paysecure_scoring_v1_ScoreRequest__Output } from '../../../paysecure/scoring/v1/ScoreRequest.ts';
import type { ScoreResponse as _paysecure_scoring_v1_ScoreResponse, ScoreResponse__Output as _paysecure_scoring_v1_ScoreResponse__Output } from '../../../paysecure/scoring/v1/ScoreResponse.ts';

/**
 * ScoringService scores card transactions. It is stateless: nothing is stored unless a request sets `record`.
 * 
 * Errors of every call: INVALID_ARGUMENT with a google.rpc.BadRequest that names each wrong field,
 * RESOURCE_EXHAUSTED with a google.rpc.RetryInfo when the bounded queue is full, NOT_FOUND for an unknown model,
 * UNAUTHENTICATED and PERMISSION_DENIED where keys are required, DEADLINE_EXCEEDED and CANCELLED also while queued,
 * UNAVAILABLE while the server drains, INTERNAL with the model's name when it gives no probability.
 */
export interface ScoringServiceClient extends grpc.Client {
  /**
   * Explain scores one transaction and says how much each feature moved the score.
   */
  Explain(argument: _paysecure_scoring_v1_ExplainRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_scoring_v1_ExplainResponse__Output>): grpc.ClientUnaryCall;
  Explain(argument: _paysecure_scoring_v1_ExplainRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_paysecure_scoring_v1_ExplainResponse__Output>): grpc.ClientUnaryCall;
  Explain(argument: _paysecure_scoring_v1_ExplainRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_scoring_v1_ExplainResponse__Output>): grpc.ClientUnaryCall;
  Explain(argument: _paysecure_scoring_v1_ExplainRequest, callback: grpc.requestCallback<_paysecure_scoring_v1_ExplainResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Explain scores one transaction and says how much each feature moved the score.
   */
  explain(argument: _paysecure_scoring_v1_ExplainRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_scoring_v1_ExplainResponse__Output>): grpc.ClientUnaryCall;
  explain(argument: _paysecure_scoring_v1_ExplainRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_paysecure_scoring_v1_ExplainResponse__Output>): grpc.ClientUnaryCall;
  explain(argument: _paysecure_scoring_v1_ExplainRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_scoring_v1_ExplainResponse__Output>): grpc.ClientUnaryCall;
  explain(argument: _paysecure_scoring_v1_ExplainRequest, callback: grpc.requestCallback<_paysecure_scoring_v1_ExplainResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * GetModel describes a model the server can use: version, hash, tier thresholds, measured quality.
   */
  GetModel(argument: _paysecure_scoring_v1_GetModelRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_scoring_v1_GetModelResponse__Output>): grpc.ClientUnaryCall;
  GetModel(argument: _paysecure_scoring_v1_GetModelRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_paysecure_scoring_v1_GetModelResponse__Output>): grpc.ClientUnaryCall;
  GetModel(argument: _paysecure_scoring_v1_GetModelRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_scoring_v1_GetModelResponse__Output>): grpc.ClientUnaryCall;
  GetModel(argument: _paysecure_scoring_v1_GetModelRequest, callback: grpc.requestCallback<_paysecure_scoring_v1_GetModelResponse__Output>): grpc.ClientUnaryCall;
  /**
   * GetModel describes a model the server can use: version, hash, tier thresholds, measured quality.
   */
  getModel(argument: _paysecure_scoring_v1_GetModelRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_scoring_v1_GetModelResponse__Output>): grpc.ClientUnaryCall;
  getModel(argument: _paysecure_scoring_v1_GetModelRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_paysecure_scoring_v1_GetModelResponse__Output>): grpc.ClientUnaryCall;
  getModel(argument: _paysecure_scoring_v1_GetModelRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_scoring_v1_GetModelResponse__Output>): grpc.ClientUnaryCall;
  getModel(argument: _paysecure_scoring_v1_GetModelRequest, callback: grpc.requestCallback<_paysecure_scoring_v1_GetModelResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Score scores one transaction. Concurrent calls are micro-batched into one run of the model.
   */
  Score(argument: _paysecure_scoring_v1_ScoreRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_scoring_v1_ScoreResponse__Output>): grpc.ClientUnaryCall;
  Score(argument: _paysecure_scoring_v1_ScoreRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_paysecure_scoring_v1_ScoreResponse__Output>): grpc.ClientUnaryCall;
  Score(argument: _paysecure_scoring_v1_ScoreRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_scoring_v1_ScoreResponse__Output>): grpc.ClientUnaryCall;
  Score(argument: _paysecure_scoring_v1_ScoreRequest, callback: grpc.requestCallback<_paysecure_scoring_v1_ScoreResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Score scores one transaction. Concurrent calls are micro-batched into one run of the model.
   */
  score(argument: _paysecure_scoring_v1_ScoreRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_scoring_v1_ScoreResponse__Output>): grpc.ClientUnaryCall;
  score(argument: _paysecure_scoring_v1_ScoreRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_paysecure_scoring_v1_ScoreResponse__Output>): grpc.ClientUnaryCall;
  score(argument: _paysecure_scoring_v1_ScoreRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_scoring_v1_ScoreResponse__Output>): grpc.ClientUnaryCall;
  score(argument: _paysecure_scoring_v1_ScoreRequest, callback: grpc.requestCallback<_paysecure_scoring_v1_ScoreResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * ScoreBatch scores up to 10,000 transactions. Results come in the order asked; a bad transaction fails alone,
   * its result carries `error` and the call itself succeeds.
   */
  ScoreBatch(argument: _paysecure_scoring_v1_ScoreBatchRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_scoring_v1_ScoreBatchResponse__Output>): grpc.ClientUnaryCall;
  ScoreBatch(argument: _paysecure_scoring_v1_ScoreBatchRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_paysecure_scoring_v1_ScoreBatchResponse__Output>): grpc.ClientUnaryCall;
  ScoreBatch(argument: _paysecure_scoring_v1_ScoreBatchRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_scoring_v1_ScoreBatchResponse__Output>): grpc.ClientUnaryCall;
  ScoreBatch(argument: _paysecure_scoring_v1_ScoreBatchRequest, callback: grpc.requestCallback<_paysecure_scoring_v1_ScoreBatchResponse__Output>): grpc.ClientUnaryCall;
  /**
   * ScoreBatch scores up to 10,000 transactions. Results come in the order asked; a bad transaction fails alone,
   * its result carries `error` and the call itself succeeds.
   */
  scoreBatch(argument: _paysecure_scoring_v1_ScoreBatchRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_scoring_v1_ScoreBatchResponse__Output>): grpc.ClientUnaryCall;
  scoreBatch(argument: _paysecure_scoring_v1_ScoreBatchRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_paysecure_scoring_v1_ScoreBatchResponse__Output>): grpc.ClientUnaryCall;
  scoreBatch(argument: _paysecure_scoring_v1_ScoreBatchRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_scoring_v1_ScoreBatchResponse__Output>): grpc.ClientUnaryCall;
  scoreBatch(argument: _paysecure_scoring_v1_ScoreBatchRequest, callback: grpc.requestCallback<_paysecure_scoring_v1_ScoreBatchResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * ScoreStream scores transactions as they come; answers keep the order of the requests of the stream.
   * A bad transaction is answered with `error` and does not end the stream.
   */
  ScoreStream(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_paysecure_scoring_v1_ScoreRequest, _paysecure_scoring_v1_ScoreResponse__Output>;
  ScoreStream(options?: grpc.CallOptions): grpc.ClientDuplexStream<_paysecure_scoring_v1_ScoreRequest, _paysecure_scoring_v1_ScoreResponse__Output>;
  /**
   * ScoreStream scores transactions as they come; answers keep the order of the requests of the stream.
   * A bad transaction is answered with `error` and does not end the stream.
   */
  scoreStream(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_paysecure_scoring_v1_ScoreRequest, _paysecure_scoring_v1_ScoreResponse__Output>;
  scoreStream(options?: grpc.CallOptions): grpc.ClientDuplexStream<_paysecure_scoring_v1_ScoreRequest, _paysecure_scoring_v1_ScoreResponse__Output>;
  
}

/**
 * ScoringService scores card transactions. It is stateless: nothing is stored unless a request sets `record`.
 * 
 * Errors of every call: INVALID_ARGUMENT with a google.rpc.BadRequest that names each wrong field,
 * RESOURCE_EXHAUSTED with a google.rpc.RetryInfo when the bounded queue is full, NOT_FOUND for an unknown model,
 * UNAUTHENTICATED and PERMISSION_DENIED where keys are required, DEADLINE_EXCEEDED and CANCELLED also while queued,
 * UNAVAILABLE while the server drains, INTERNAL with the model's name when it gives no probability.
 */
export interface ScoringServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Explain scores one transaction and says how much each feature moved the score.
   */
  Explain: grpc.handleUnaryCall<_paysecure_scoring_v1_ExplainRequest__Output, _paysecure_scoring_v1_ExplainResponse>;
  
  /**
   * GetModel describes a model the server can use: version, hash, tier thresholds, measured quality.
   */
  GetModel: grpc.handleUnaryCall<_paysecure_scoring_v1_GetModelRequest__Output, _paysecure_scoring_v1_GetModelResponse>;
  
  /**
   * Score scores one transaction. Concurrent calls are micro-batched into one run of the model.
   */
  Score: grpc.handleUnaryCall<_paysecure_scoring_v1_ScoreRequest__Output, _paysecure_scoring_v1_ScoreResponse>;
  
  /**
   * ScoreBatch scores up to 10,000 transactions. Results come in the order asked; a bad transaction fails alone,
   * its result carries `error` and the call itself succeeds.
   */
  ScoreBatch: grpc.handleUnaryCall<_paysecure_scoring_v1_ScoreBatchRequest__Output, _paysecure_scoring_v1_ScoreBatchResponse>;
  
  /**
   * ScoreStream scores transactions as they come; answers keep the order of the requests of the stream.
   * A bad transaction is answered with `error` and does not end the stream.
   */
  ScoreStream: grpc.handleBidiStreamingCall<_paysecure_scoring_v1_ScoreRequest__Output, _paysecure_scoring_v1_ScoreResponse>;
  
}

export interface ScoringServiceDefinition extends grpc.ServiceDefinition {
  Explain: MethodDefinition<_paysecure_scoring_v1_ExplainRequest, _paysecure_scoring_v1_ExplainResponse, _paysecure_scoring_v1_ExplainRequest__Output, _paysecure_scoring_v1_ExplainResponse__Output>
  GetModel: MethodDefinition<_paysecure_scoring_v1_GetModelRequest, _paysecure_scoring_v1_GetModelResponse, _paysecure_scoring_v1_GetModelRequest__Output, _paysecure_scoring_v1_GetModelResponse__Output>
  Score: MethodDefinition<_paysecure_scoring_v1_ScoreRequest, _paysecure_scoring_v1_ScoreResponse, _paysecure_scoring_v1_ScoreRequest__Output, _paysecure_scoring_v1_ScoreResponse__Output>
  ScoreBatch: MethodDefinition<_paysecure_scoring_v1_ScoreBatchRequest, _paysecure_scoring_v1_ScoreBatchResponse, _paysecure_scoring_v1_ScoreBatchRequest__Output, _paysecure_scoring_v1_ScoreBatchResponse__Output>
  ScoreStream: MethodDefinition<_paysecure_scoring_v1_ScoreRequest, _paysecure_scoring_v1_ScoreResponse, _paysecure_scoring_v1_ScoreRequest__Output, _paysecure_scoring_v1_ScoreResponse__Output>
}
