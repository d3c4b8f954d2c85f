// Original file: proto/paysecure/admin/v1/admin.proto


/**
 * ListModelsRequest asks for all.
 */
export interface ListModelsRequest {
}

/**
 * ListModelsRequest asks for all.
 */
export interface ListModelsRequest__Output {
}
