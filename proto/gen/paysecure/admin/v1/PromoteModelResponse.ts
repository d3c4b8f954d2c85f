// Original file: proto/paysecure/admin/v1/admin.proto

import type { ModelState as _paysecure_admin_v1_ModelState, ModelState__Output as _paysecure_admin_v1_ModelState__Output } from '../../../paysecure/admin/v1/ModelState.ts';

/**
 * PromoteModelResponse says who is champion.
 */
export interface PromoteModelResponse {
  /**
   * The champion before, "name@version".
   */
  'previous'?: (string);
  /**
   * The champion now.
   */
  'champion'?: (_paysecure_admin_v1_ModelState | null);
}

/**
 * PromoteModelResponse says who is champion.
 */
export interface PromoteModelResponse__Output {
  /**
   * The champion before, "name@version".
   */
  'previous': (string);
  /**
   * The champion now.
   */
  'champion': (_paysecure_admin_v1_ModelState__Output | null);
}
