// Original file: proto/paysecure/admin/v1/admin.proto

import type { ModelState as _paysecure_admin_v1_ModelState, ModelState__Output as _paysecure_admin_v1_ModelState__Output } from '../../../paysecure/admin/v1/ModelState.ts';

/**
 * ListModelsResponse holds every version, by name, then version.
 */
export interface ListModelsResponse {
  /**
   * The versions.
   */
  'models'?: (_paysecure_admin_v1_ModelState)[];
}

/**
 * ListModelsResponse holds every version, by name, then version.
 */
export interface ListModelsResponse__Output {
  /**
   * The versions.
   */
  'models': (_paysecure_admin_v1_ModelState__Output)[];
}
