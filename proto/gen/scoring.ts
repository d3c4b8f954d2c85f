import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { Any as _google_protobuf_Any, Any__Output as _google_protobuf_Any__Output } from './google/protobuf/Any.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from './google/protobuf/Timestamp.ts';
import type { Status as _google_rpc_Status, Status__Output as _google_rpc_Status__Output } from './google/rpc/Status.ts';
import type { Conversion as _paysecure_scoring_v1_Conversion, Conversion__Output as _paysecure_scoring_v1_Conversion__Output } from './paysecure/scoring/v1/Conversion.ts';
import type { ExplainRequest as _paysecure_scoring_v1_ExplainRequest, ExplainRequest__Output as _paysecure_scoring_v1_ExplainRequest__Output } from './paysecure/scoring/v1/ExplainRequest.ts';
import type { ExplainResponse as _paysecure_scoring_v1_ExplainResponse, ExplainResponse__Output as _paysecure_scoring_v1_ExplainResponse__Output } from './paysecure/scoring/v1/ExplainResponse.ts';
import type { FieldValue as _paysecure_scoring_v1_FieldValue, FieldValue__Output as _paysecure_scoring_v1_FieldValue__Output } from './paysecure/scoring/v1/FieldValue.ts';
import type { GetModelRequest as _paysecure_scoring_v1_GetModelRequest, GetModelRequest__Output as _paysecure_scoring_v1_GetModelRequest__Output } from './paysecure/scoring/v1/GetModelRequest.ts';
import type { GetModelResponse as _paysecure_scoring_v1_GetModelResponse, GetModelResponse__Output as _paysecure_scoring_v1_GetModelResponse__Output } from './paysecure/scoring/v1/GetModelResponse.ts';
import type { Interval as _paysecure_scoring_v1_Interval, Interval__Output as _paysecure_scoring_v1_Interval__Output } from './paysecure/scoring/v1/Interval.ts';
import type { Metric as _paysecure_scoring_v1_Metric, Metric__Output as _paysecure_scoring_v1_Metric__Output } from './paysecure/scoring/v1/Metric.ts';
import type { ModelRef as _paysecure_scoring_v1_ModelRef, ModelRef__Output as _paysecure_scoring_v1_ModelRef__Output } from './paysecure/scoring/v1/ModelRef.ts';
import type { Reason as _paysecure_scoring_v1_Reason, Reason__Output as _paysecure_scoring_v1_Reason__Output } from './paysecure/scoring/v1/Reason.ts';
import type { RuleHit as _paysecure_scoring_v1_RuleHit, RuleHit__Output as _paysecure_scoring_v1_RuleHit__Output } from './paysecure/scoring/v1/RuleHit.ts';
import type { ScoreBatchRequest as _paysecure_scoring_v1_ScoreBatchRequest, ScoreBatchRequest__Output as _paysecure_scoring_v1_ScoreBatchRequest__Output } from './paysecure/scoring/v1/ScoreBatchRequest.ts';
import type { ScoreBatchResponse as _paysecure_scoring_v1_ScoreBatchResponse, ScoreBatchResponse__Output as _paysecure_scoring_v1_ScoreBatchResponse__Output } from './paysecure/scoring/v1/ScoreBatchResponse.ts';
import type { ScoreRequest as _paysecure_scoring_v1_ScoreRequest, ScoreRequest__Output as _paysecure_scoring_v1_ScoreRequest__Output } from './paysecure/scoring/v1/ScoreRequest.ts';
import type { ScoreResponse as _paysecure_scoring_v1_ScoreResponse, ScoreResponse__Output as _paysecure_scoring_v1_ScoreResponse__Output } from './paysecure/scoring/v1/ScoreResponse.ts';
import type { ScoringServiceClient as _paysecure_scoring_v1_ScoringServiceClient, ScoringServiceDefinition as _paysecure_scoring_v1_ScoringServiceDefinition } from './paysecure/scoring/v1/ScoringService.ts';
import type { TierThresholds as _paysecure_scoring_v1_TierThresholds, TierThresholds__Output as _paysecure_scoring_v1_TierThresholds__Output } from './paysecure/scoring/v1/TierThresholds.ts';
import type { Transaction as _paysecure_scoring_v1_Transaction, Transaction__Output as _paysecure_scoring_v1_Transaction__Output } from './paysecure/scoring/v1/Transaction.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  google: {
    protobuf: {
      Any: MessageTypeDefinition<_google_protobuf_Any, _google_protobuf_Any__Output>
      Timestamp: MessageTypeDefinition<_google_protobuf_Timestamp, _google_protobuf_Timestamp__Output>
    }
    rpc: {
      Status: MessageTypeDefinition<_google_rpc_Status, _google_rpc_Status__Output>
    }
  }
  paysecure: {
    scoring: {
      v1: {
        Action: EnumTypeDefinition
        Conversion: MessageTypeDefinition<_paysecure_scoring_v1_Conversion, _paysecure_scoring_v1_Conversion__Output>
        ExplainRequest: MessageTypeDefinition<_paysecure_scoring_v1_ExplainRequest, _paysecure_scoring_v1_ExplainRequest__Output>
        ExplainResponse: MessageTypeDefinition<_paysecure_scoring_v1_ExplainResponse, _paysecure_scoring_v1_ExplainResponse__Output>
        FieldValue: MessageTypeDefinition<_paysecure_scoring_v1_FieldValue, _paysecure_scoring_v1_FieldValue__Output>
        GetModelRequest: MessageTypeDefinition<_paysecure_scoring_v1_GetModelRequest, _paysecure_scoring_v1_GetModelRequest__Output>
        GetModelResponse: MessageTypeDefinition<_paysecure_scoring_v1_GetModelResponse, _paysecure_scoring_v1_GetModelResponse__Output>
        Interval: MessageTypeDefinition<_paysecure_scoring_v1_Interval, _paysecure_scoring_v1_Interval__Output>
        Metric: MessageTypeDefinition<_paysecure_scoring_v1_Metric, _paysecure_scoring_v1_Metric__Output>
        ModelRef: MessageTypeDefinition<_paysecure_scoring_v1_ModelRef, _paysecure_scoring_v1_ModelRef__Output>
        Reason: MessageTypeDefinition<_paysecure_scoring_v1_Reason, _paysecure_scoring_v1_Reason__Output>
        RiskTier: EnumTypeDefinition
        RuleEffect: EnumTypeDefinition
        RuleHit: MessageTypeDefinition<_paysecure_scoring_v1_RuleHit, _paysecure_scoring_v1_RuleHit__Output>
        ScoreBatchRequest: MessageTypeDefinition<_paysecure_scoring_v1_ScoreBatchRequest, _paysecure_scoring_v1_ScoreBatchRequest__Output>
        ScoreBatchResponse: MessageTypeDefinition<_paysecure_scoring_v1_ScoreBatchResponse, _paysecure_scoring_v1_ScoreBatchResponse__Output>
        ScoreRequest: MessageTypeDefinition<_paysecure_scoring_v1_ScoreRequest, _paysecure_scoring_v1_ScoreRequest__Output>
        ScoreResponse: MessageTypeDefinition<_paysecure_scoring_v1_ScoreResponse, _paysecure_scoring_v1_ScoreResponse__Output>
        /**
         * ScoringService scores card transactions. It is stateless: nothing is stored unless a request sets `record`.
         * 
         * Errors of every call: INVALID_ARGUMENT with a google.rpc.BadRequest that names each wrong field,
         * RESOURCE_EXHAUSTED with a google.rpc.RetryInfo when the bounded queue is full, NOT_FOUND for an unknown model,
         * UNAUTHENTICATED and PERMISSION_DENIED where keys are required, DEADLINE_EXCEEDED and CANCELLED also while queued,
         * UNAVAILABLE while the server drains, INTERNAL with the model's name when it gives no probability.
         */
        ScoringService: SubtypeConstructor<typeof grpc.Client, _paysecure_scoring_v1_ScoringServiceClient> & { service: _paysecure_scoring_v1_ScoringServiceDefinition }
        TierThresholds: MessageTypeDefinition<_paysecure_scoring_v1_TierThresholds, _paysecure_scoring_v1_TierThresholds__Output>
        Transaction: MessageTypeDefinition<_paysecure_scoring_v1_Transaction, _paysecure_scoring_v1_Transaction__Output>
      }
    }
  }
}

