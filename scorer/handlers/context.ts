import type { Logger } from "../../platform/logger.ts";
import type { Admission } from "../scoring/admission.ts";
import type { ModelCatalog } from "../scoring/model-catalog.ts";
import type { Turns } from "../scoring/turns.ts";

/** What every handler works with. */
export interface HandlerContext {
  readonly catalog: ModelCatalog;
  readonly admission: Admission;
  readonly turns: Turns;
  readonly logger: Logger;
}
