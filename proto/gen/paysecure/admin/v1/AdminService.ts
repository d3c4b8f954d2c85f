// Original file: proto/paysecure/admin/v1/admin.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ListModelsRequest as _paysecure_admin_v1_ListModelsRequest, ListModelsRequest__Output as _paysecure_admin_v1_ListModelsRequest__Output } from '../../../paysecure/admin/v1/ListModelsRequest.ts';
import type { ListModelsResponse as _paysecure_admin_v1_ListModelsResponse, ListModelsResponse__Output as _paysecure_admin_v1_ListModelsResponse__Output } from '../../../paysecure/admin/v1/ListModelsResponse.ts';
import type { LoadModelRequest as _paysecure_admin_v1_LoadModelRequest, LoadModelRequest__Output as _paysecure_admin_v1_LoadModelRequest__Output } from '../../../paysecure/admin/v1/LoadModelRequest.ts';
import type { LoadModelResponse as _paysecure_admin_v1_LoadModelResponse, LoadModelResponse__Output as _paysecure_admin_v1_LoadModelResponse__Output } from '../../../paysecure/admin/v1/LoadModelResponse.ts';
import type { PromoteModelRequest as _paysecure_admin_v1_PromoteModelRequest, PromoteModelRequest__Output as _paysecure_admin_v1_PromoteModelRequest__Output } from '../../../paysecure/admin/v1/PromoteModelRequest.ts';
import type { PromoteModelResponse as _paysecure_admin_v1_PromoteModelResponse, PromoteModelResponse__Output as _paysecure_admin_v1_PromoteModelResponse__Output } from '../../../paysecure/admin/v1/PromoteModelResponse.ts';
import type { RollBackRequest as _paysecure_admin_v1_RollBackRequest, RollBackRequest__Output as _paysecure_admin_v1_RollBackRequest__Output } from '../../../paysecure/admin/v1/RollBackRequest.ts';
import type { RollBackResponse as _paysecure_admin_v1_RollBackResponse, RollBackResponse__Output as _paysecure_admin_v1_RollBackResponse__Output } from '../../../paysecure/admin/v1/RollBackResponse.ts';
import type { SetChallengerRequest as _paysecure_admin_v1_SetChallengerRequest, SetChallengerRequest__Output as _paysecure_admin_v1_SetChallengerRequest__Output } from '../../../paysecure/admin/v1/SetChallengerRequest.ts';
import type { SetChallengerResponse as _paysecure_admin_v1_SetChallengerResponse, SetChallengerResponse__Output as _paysecure_admin_v1_SetChallengerResponse__Output } from '../../../paysecure/admin/v1/SetChallengerResponse.ts';
import type { SetShadowsRequest as _paysecure_admin_v1_SetShadowsRequest, SetShadowsRequest__Output as _paysecure_admin_v1_SetShadowsRequest__Output } from '../../../paysecure/admin/v1/SetShadowsRequest.ts';
import type { SetShadowsResponse as _paysecure_admin_v1_SetShadowsResponse, SetShadowsResponse__Output as _paysecure_admin_v1_SetShadowsResponse__Output } from '../../../paysecure/admin/v1/SetShadowsResponse.ts';

/**
 * AdminService lists, loads, promotes and rolls back models. A change goes through the registry's folder, so every
 * scorer process that serves from it follows within seconds; the one that was asked follows before it answers.
 * 
 * Errors: INVALID_ARGUMENT, NOT_FOUND for an unknown version, ABORTED when the registry cannot be written or there is
 * nothing to roll back to, UNAUTHENTICATED and PERMISSION_DENIED.
 */
export interface AdminServiceClient extends grpc.Client {
  /**
   * ListModels lists the registry's versions with their part in serving.
   */
  ListModels(argument: _paysecure_admin_v1_ListModelsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_admin_v1_ListModelsResponse__Output>): grpc.ClientUnaryCall;
  ListModels(argument: _paysecure_admin_v1_ListModelsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_paysecure_admin_v1_ListModelsResponse__Output>): grpc.ClientUnaryCall;
  ListModels(argument: _paysecure_admin_v1_ListModelsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_admin_v1_ListModelsResponse__Output>): grpc.ClientUnaryCall;
  ListModels(argument: _paysecure_admin_v1_ListModelsRequest, callback: grpc.requestCallback<_paysecure_admin_v1_ListModelsResponse__Output>): grpc.ClientUnaryCall;
  /**
   * ListModels lists the registry's versions with their part in serving.
   */
  listModels(argument: _paysecure_admin_v1_ListModelsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_admin_v1_ListModelsResponse__Output>): grpc.ClientUnaryCall;
  listModels(argument: _paysecure_admin_v1_ListModelsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_paysecure_admin_v1_ListModelsResponse__Output>): grpc.ClientUnaryCall;
  listModels(argument: _paysecure_admin_v1_ListModelsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_admin_v1_ListModelsResponse__Output>): grpc.ClientUnaryCall;
  listModels(argument: _paysecure_admin_v1_ListModelsRequest, callback: grpc.requestCallback<_paysecure_admin_v1_ListModelsResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * LoadModel loads, verifies and warms a version without giving it traffic. What is wrong with it is said here.
   */
  LoadModel(argument: _paysecure_admin_v1_LoadModelRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_admin_v1_LoadModelResponse__Output>): grpc.ClientUnaryCall;
  LoadModel(argument: _paysecure_admin_v1_LoadModelRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_paysecure_admin_v1_LoadModelResponse__Output>): grpc.ClientUnaryCall;
  LoadModel(argument: _paysecure_admin_v1_LoadModelRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_admin_v1_LoadModelResponse__Output>): grpc.ClientUnaryCall;
  LoadModel(argument: _paysecure_admin_v1_LoadModelRequest, callback: grpc.requestCallback<_paysecure_admin_v1_LoadModelResponse__Output>): grpc.ClientUnaryCall;
  /**
   * LoadModel loads, verifies and warms a version without giving it traffic. What is wrong with it is said here.
   */
  loadModel(argument: _paysecure_admin_v1_LoadModelRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_admin_v1_LoadModelResponse__Output>): grpc.ClientUnaryCall;
  loadModel(argument: _paysecure_admin_v1_LoadModelRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_paysecure_admin_v1_LoadModelResponse__Output>): grpc.ClientUnaryCall;
  loadModel(argument: _paysecure_admin_v1_LoadModelRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_admin_v1_LoadModelResponse__Output>): grpc.ClientUnaryCall;
  loadModel(argument: _paysecure_admin_v1_LoadModelRequest, callback: grpc.requestCallback<_paysecure_admin_v1_LoadModelResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * PromoteModel makes a version the champion: loaded, verified and warm before the first request goes to it, while
   * requests in flight finish on the version before.
   */
  PromoteModel(argument: _paysecure_admin_v1_PromoteModelRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_admin_v1_PromoteModelResponse__Output>): grpc.ClientUnaryCall;
  PromoteModel(argument: _paysecure_admin_v1_PromoteModelRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_paysecure_admin_v1_PromoteModelResponse__Output>): grpc.ClientUnaryCall;
  PromoteModel(argument: _paysecure_admin_v1_PromoteModelRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_admin_v1_PromoteModelResponse__Output>): grpc.ClientUnaryCall;
  PromoteModel(argument: _paysecure_admin_v1_PromoteModelRequest, callback: grpc.requestCallback<_paysecure_admin_v1_PromoteModelResponse__Output>): grpc.ClientUnaryCall;
  /**
   * PromoteModel makes a version the champion: loaded, verified and warm before the first request goes to it, while
   * requests in flight finish on the version before.
   */
  promoteModel(argument: _paysecure_admin_v1_PromoteModelRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_admin_v1_PromoteModelResponse__Output>): grpc.ClientUnaryCall;
  promoteModel(argument: _paysecure_admin_v1_PromoteModelRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_paysecure_admin_v1_PromoteModelResponse__Output>): grpc.ClientUnaryCall;
  promoteModel(argument: _paysecure_admin_v1_PromoteModelRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_admin_v1_PromoteModelResponse__Output>): grpc.ClientUnaryCall;
  promoteModel(argument: _paysecure_admin_v1_PromoteModelRequest, callback: grpc.requestCallback<_paysecure_admin_v1_PromoteModelResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * RollBack makes the champion before this one the champion again.
   */
  RollBack(argument: _paysecure_admin_v1_RollBackRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_admin_v1_RollBackResponse__Output>): grpc.ClientUnaryCall;
  RollBack(argument: _paysecure_admin_v1_RollBackRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_paysecure_admin_v1_RollBackResponse__Output>): grpc.ClientUnaryCall;
  RollBack(argument: _paysecure_admin_v1_RollBackRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_admin_v1_RollBackResponse__Output>): grpc.ClientUnaryCall;
  RollBack(argument: _paysecure_admin_v1_RollBackRequest, callback: grpc.requestCallback<_paysecure_admin_v1_RollBackResponse__Output>): grpc.ClientUnaryCall;
  /**
   * RollBack makes the champion before this one the champion again.
   */
  rollBack(argument: _paysecure_admin_v1_RollBackRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_admin_v1_RollBackResponse__Output>): grpc.ClientUnaryCall;
  rollBack(argument: _paysecure_admin_v1_RollBackRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_paysecure_admin_v1_RollBackResponse__Output>): grpc.ClientUnaryCall;
  rollBack(argument: _paysecure_admin_v1_RollBackRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_admin_v1_RollBackResponse__Output>): grpc.ClientUnaryCall;
  rollBack(argument: _paysecure_admin_v1_RollBackRequest, callback: grpc.requestCallback<_paysecure_admin_v1_RollBackResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * SetChallenger gives a version a share of the cards, or takes it away.
   */
  SetChallenger(argument: _paysecure_admin_v1_SetChallengerRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_admin_v1_SetChallengerResponse__Output>): grpc.ClientUnaryCall;
  SetChallenger(argument: _paysecure_admin_v1_SetChallengerRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_paysecure_admin_v1_SetChallengerResponse__Output>): grpc.ClientUnaryCall;
  SetChallenger(argument: _paysecure_admin_v1_SetChallengerRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_admin_v1_SetChallengerResponse__Output>): grpc.ClientUnaryCall;
  SetChallenger(argument: _paysecure_admin_v1_SetChallengerRequest, callback: grpc.requestCallback<_paysecure_admin_v1_SetChallengerResponse__Output>): grpc.ClientUnaryCall;
  /**
   * SetChallenger gives a version a share of the cards, or takes it away.
   */
  setChallenger(argument: _paysecure_admin_v1_SetChallengerRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_admin_v1_SetChallengerResponse__Output>): grpc.ClientUnaryCall;
  setChallenger(argument: _paysecure_admin_v1_SetChallengerRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_paysecure_admin_v1_SetChallengerResponse__Output>): grpc.ClientUnaryCall;
  setChallenger(argument: _paysecure_admin_v1_SetChallengerRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_admin_v1_SetChallengerResponse__Output>): grpc.ClientUnaryCall;
  setChallenger(argument: _paysecure_admin_v1_SetChallengerRequest, callback: grpc.requestCallback<_paysecure_admin_v1_SetChallengerResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * SetShadows says which versions score along, off the answers' path, to be compared with the champion.
   */
  SetShadows(argument: _paysecure_admin_v1_SetShadowsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_admin_v1_SetShadowsResponse__Output>): grpc.ClientUnaryCall;
  SetShadows(argument: _paysecure_admin_v1_SetShadowsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_paysecure_admin_v1_SetShadowsResponse__Output>): grpc.ClientUnaryCall;
  SetShadows(argument: _paysecure_admin_v1_SetShadowsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_admin_v1_SetShadowsResponse__Output>): grpc.ClientUnaryCall;
  SetShadows(argument: _paysecure_admin_v1_SetShadowsRequest, callback: grpc.requestCallback<_paysecure_admin_v1_SetShadowsResponse__Output>): grpc.ClientUnaryCall;
  /**
   * SetShadows says which versions score along, off the answers' path, to be compared with the champion.
   */
  setShadows(argument: _paysecure_admin_v1_SetShadowsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_admin_v1_SetShadowsResponse__Output>): grpc.ClientUnaryCall;
  setShadows(argument: _paysecure_admin_v1_SetShadowsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_paysecure_admin_v1_SetShadowsResponse__Output>): grpc.ClientUnaryCall;
  setShadows(argument: _paysecure_admin_v1_SetShadowsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_paysecure_admin_v1_SetShadowsResponse__Output>): grpc.ClientUnaryCall;
  setShadows(argument: _paysecure_admin_v1_SetShadowsRequest, callback: grpc.requestCallback<_paysecure_admin_v1_SetShadowsResponse__Output>): grpc.ClientUnaryCall;
  
}

/**
 * AdminService lists, loads, promotes and rolls back models. A change goes through the registry's folder, so every
 * scorer process that serves from it follows within seconds; the one that was asked follows before it answers.
 * 
 * Errors: INVALID_ARGUMENT, NOT_FOUND for an unknown version, ABORTED when the registry cannot be written or there is
 * nothing to roll back to, UNAUTHENTICATED and PERMISSION_DENIED.
 */
export interface AdminServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * ListModels lists the registry's versions with their part in serving.
   */
  ListModels: grpc.handleUnaryCall<_paysecure_admin_v1_ListModelsRequest__Output, _paysecure_admin_v1_ListModelsResponse>;
  
  /**
   * LoadModel loads, verifies and warms a version without giving it traffic. What is wrong with it is said here.
   */
  LoadModel: grpc.handleUnaryCall<_paysecure_admin_v1_LoadModelRequest__Output, _paysecure_admin_v1_LoadModelResponse>;
  
  /**
   * PromoteModel makes a version the champion: loaded, verified and warm before the first request goes to it, while
   * requests in flight finish on the version before.
   */
  PromoteModel: grpc.handleUnaryCall<_paysecure_admin_v1_PromoteModelRequest__Output, _paysecure_admin_v1_PromoteModelResponse>;
  
  /**
   * RollBack makes the champion before this one the champion again.
   */
  RollBack: grpc.handleUnaryCall<_paysecure_admin_v1_RollBackRequest__Output, _paysecure_admin_v1_RollBackResponse>;
  
  /**
   * SetChallenger gives a version a share of the cards, or takes it away.
   */
  SetChallenger: grpc.handleUnaryCall<_paysecure_admin_v1_SetChallengerRequest__Output, _paysecure_admin_v1_SetChallengerResponse>;
  
  /**
   * SetShadows says which versions score along, off the answers' path, to be compared with the champion.
   */
  SetShadows: grpc.handleUnaryCall<_paysecure_admin_v1_SetShadowsRequest__Output, _paysecure_admin_v1_SetShadowsResponse>;
  
}

export interface AdminServiceDefinition extends grpc.ServiceDefinition {
  ListModels: MethodDefinition<_paysecure_admin_v1_ListModelsRequest, _paysecure_admin_v1_ListModelsResponse, _paysecure_admin_v1_ListModelsRequest__Output, _paysecure_admin_v1_ListModelsResponse__Output>
  LoadModel: MethodDefinition<_paysecure_admin_v1_LoadModelRequest, _paysecure_admin_v1_LoadModelResponse, _paysecure_admin_v1_LoadModelRequest__Output, _paysecure_admin_v1_LoadModelResponse__Output>
  PromoteModel: MethodDefinition<_paysecure_admin_v1_PromoteModelRequest, _paysecure_admin_v1_PromoteModelResponse, _paysecure_admin_v1_PromoteModelRequest__Output, _paysecure_admin_v1_PromoteModelResponse__Output>
  RollBack: MethodDefinition<_paysecure_admin_v1_RollBackRequest, _paysecure_admin_v1_RollBackResponse, _paysecure_admin_v1_RollBackRequest__Output, _paysecure_admin_v1_RollBackResponse__Output>
  SetChallenger: MethodDefinition<_paysecure_admin_v1_SetChallengerRequest, _paysecure_admin_v1_SetChallengerResponse, _paysecure_admin_v1_SetChallengerRequest__Output, _paysecure_admin_v1_SetChallengerResponse__Output>
  SetShadows: MethodDefinition<_paysecure_admin_v1_SetShadowsRequest, _paysecure_admin_v1_SetShadowsResponse, _paysecure_admin_v1_SetShadowsRequest__Output, _paysecure_admin_v1_SetShadowsResponse__Output>
}
