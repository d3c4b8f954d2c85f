// Original file: proto/paysecure/admin/v1/admin.proto

import type { ModelState as _paysecure_admin_v1_ModelState, ModelState__Output as _paysecure_admin_v1_ModelState__Output } from '../../../paysecure/admin/v1/ModelState.ts';

/**
 * SetChallengerResponse confirms.
 */
export interface SetChallengerResponse {
  /**
   * The challenger now; absent when there is none.
   */
  'challenger'?: (_paysecure_admin_v1_ModelState | null);
}

/**
 * SetChallengerResponse confirms.
 */
export interface SetChallengerResponse__Output {
  /**
   * The challenger now; absent when there is none.
   */
  'challenger': (_paysecure_admin_v1_ModelState__Output | null);
}
