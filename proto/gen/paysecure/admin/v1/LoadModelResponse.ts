// Original file: proto/paysecure/admin/v1/admin.proto

import type { ModelState as _paysecure_admin_v1_ModelState, ModelState__Output as _paysecure_admin_v1_ModelState__Output } from '../../../paysecure/admin/v1/ModelState.ts';

/**
 * LoadModelResponse says what was loaded.
 */
export interface LoadModelResponse {
  /**
   * The version's state now.
   */
  'model'?: (_paysecure_admin_v1_ModelState | null);
}

/**
 * LoadModelResponse says what was loaded.
 */
export interface LoadModelResponse__Output {
  /**
   * The version's state now.
   */
  'model': (_paysecure_admin_v1_ModelState__Output | null);
}
