import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from './google/protobuf/Timestamp.ts';
import type { AdminServiceClient as _paysecure_admin_v1_AdminServiceClient, AdminServiceDefinition as _paysecure_admin_v1_AdminServiceDefinition } from './paysecure/admin/v1/AdminService.ts';
import type { ListModelsRequest as _paysecure_admin_v1_ListModelsRequest, ListModelsRequest__Output as _paysecure_admin_v1_ListModelsRequest__Output } from './paysecure/admin/v1/ListModelsRequest.ts';
import type { ListModelsResponse as _paysecure_admin_v1_ListModelsResponse, ListModelsResponse__Output as _paysecure_admin_v1_ListModelsResponse__Output } from './paysecure/admin/v1/ListModelsResponse.ts';
import type { LoadModelRequest as _paysecure_admin_v1_LoadModelRequest, LoadModelRequest__Output as _paysecure_admin_v1_LoadModelRequest__Output } from './paysecure/admin/v1/LoadModelRequest.ts';
import type { LoadModelResponse as _paysecure_admin_v1_LoadModelResponse, LoadModelResponse__Output as _paysecure_admin_v1_LoadModelResponse__Output } from './paysecure/admin/v1/LoadModelResponse.ts';
import type { ModelState as _paysecure_admin_v1_ModelState, ModelState__Output as _paysecure_admin_v1_ModelState__Output } from './paysecure/admin/v1/ModelState.ts';
import type { PromoteModelRequest as _paysecure_admin_v1_PromoteModelRequest, PromoteModelRequest__Output as _paysecure_admin_v1_PromoteModelRequest__Output } from './paysecure/admin/v1/PromoteModelRequest.ts';
import type { PromoteModelResponse as _paysecure_admin_v1_PromoteModelResponse, PromoteModelResponse__Output as _paysecure_admin_v1_PromoteModelResponse__Output } from './paysecure/admin/v1/PromoteModelResponse.ts';
import type { RollBackRequest as _paysecure_admin_v1_RollBackRequest, RollBackRequest__Output as _paysecure_admin_v1_RollBackRequest__Output } from './paysecure/admin/v1/RollBackRequest.ts';
import type { RollBackResponse as _paysecure_admin_v1_RollBackResponse, RollBackResponse__Output as _paysecure_admin_v1_RollBackResponse__Output } from './paysecure/admin/v1/RollBackResponse.ts';
import type { SetChallengerRequest as _paysecure_admin_v1_SetChallengerRequest, SetChallengerRequest__Output as _paysecure_admin_v1_SetChallengerRequest__Output } from './paysecure/admin/v1/SetChallengerRequest.ts';
import type { SetChallengerResponse as _paysecure_admin_v1_SetChallengerResponse, SetChallengerResponse__Output as _paysecure_admin_v1_SetChallengerResponse__Output } from './paysecure/admin/v1/SetChallengerResponse.ts';
import type { SetShadowsRequest as _paysecure_admin_v1_SetShadowsRequest, SetShadowsRequest__Output as _paysecure_admin_v1_SetShadowsRequest__Output } from './paysecure/admin/v1/SetShadowsRequest.ts';
import type { SetShadowsResponse as _paysecure_admin_v1_SetShadowsResponse, SetShadowsResponse__Output as _paysecure_admin_v1_SetShadowsResponse__Output } from './paysecure/admin/v1/SetShadowsResponse.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  google: {
    protobuf: {
      Timestamp: MessageTypeDefinition<_google_protobuf_Timestamp, _google_protobuf_Timestamp__Output>
    }
  }
  paysecure: {
    admin: {
      v1: {
        /**
         * AdminService lists, loads, promotes and rolls back models. A change goes through the registry's folder, so every
         * scorer process that serves from it follows within seconds; the one that was asked follows before it answers.
         * 
         * Errors: INVALID_ARGUMENT, NOT_FOUND for an unknown version, ABORTED when the registry cannot be written or there is
         * nothing to roll back to, UNAUTHENTICATED and PERMISSION_DENIED.
         */
        AdminService: SubtypeConstructor<typeof grpc.Client, _paysecure_admin_v1_AdminServiceClient> & { service: _paysecure_admin_v1_AdminServiceDefinition }
        ListModelsRequest: MessageTypeDefinition<_paysecure_admin_v1_ListModelsRequest, _paysecure_admin_v1_ListModelsRequest__Output>
        ListModelsResponse: MessageTypeDefinition<_paysecure_admin_v1_ListModelsResponse, _paysecure_admin_v1_ListModelsResponse__Output>
        LoadModelRequest: MessageTypeDefinition<_paysecure_admin_v1_LoadModelRequest, _paysecure_admin_v1_LoadModelRequest__Output>
        LoadModelResponse: MessageTypeDefinition<_paysecure_admin_v1_LoadModelResponse, _paysecure_admin_v1_LoadModelResponse__Output>
        ModelState: MessageTypeDefinition<_paysecure_admin_v1_ModelState, _paysecure_admin_v1_ModelState__Output>
        PromoteModelRequest: MessageTypeDefinition<_paysecure_admin_v1_PromoteModelRequest, _paysecure_admin_v1_PromoteModelRequest__Output>
        PromoteModelResponse: MessageTypeDefinition<_paysecure_admin_v1_PromoteModelResponse, _paysecure_admin_v1_PromoteModelResponse__Output>
        RollBackRequest: MessageTypeDefinition<_paysecure_admin_v1_RollBackRequest, _paysecure_admin_v1_RollBackRequest__Output>
        RollBackResponse: MessageTypeDefinition<_paysecure_admin_v1_RollBackResponse, _paysecure_admin_v1_RollBackResponse__Output>
        SetChallengerRequest: MessageTypeDefinition<_paysecure_admin_v1_SetChallengerRequest, _paysecure_admin_v1_SetChallengerRequest__Output>
        SetChallengerResponse: MessageTypeDefinition<_paysecure_admin_v1_SetChallengerResponse, _paysecure_admin_v1_SetChallengerResponse__Output>
        SetShadowsRequest: MessageTypeDefinition<_paysecure_admin_v1_SetShadowsRequest, _paysecure_admin_v1_SetShadowsRequest__Output>
        SetShadowsResponse: MessageTypeDefinition<_paysecure_admin_v1_SetShadowsResponse, _paysecure_admin_v1_SetShadowsResponse__Output>
      }
    }
  }
}

