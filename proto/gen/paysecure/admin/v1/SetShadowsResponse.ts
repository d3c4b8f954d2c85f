// Original file: proto/paysecure/admin/v1/admin.proto

import type { ModelState as _paysecure_admin_v1_ModelState, ModelState__Output as _paysecure_admin_v1_ModelState__Output } from '../../../paysecure/admin/v1/ModelState.ts';

/**
 * SetShadowsResponse confirms.
 */
export interface SetShadowsResponse {
  /**
   * The shadows now.
   */
  'shadows'?: (_paysecure_admin_v1_ModelState)[];
}

/**
 * SetShadowsResponse confirms.
 */
export interface SetShadowsResponse__Output {
  /**
   * The shadows now.
   */
  'shadows': (_paysecure_admin_v1_ModelState__Output)[];
}
