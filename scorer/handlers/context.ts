import type { Logger } from "../../platform/logger.ts";
import type { Recorder } from "../recording/recorder.ts";
import type { Admission } from "../scoring/admission.ts";
import type { InferenceHost } from "../scoring/inference/inference-host.ts";
import type { ModelCatalog } from "../scoring/model-catalog.ts";
import type { Turns } from "../scoring/turns.ts";
import type { ScoreStatistics } from "../telemetry/score-statistics.ts";

/** What every handler works with. */
export interface HandlerContext {
  readonly catalog: ModelCatalog;
  readonly inference: InferenceHost;
  readonly admission: Admission;
  readonly turns: Turns;
  readonly statistics: ScoreStatistics;
  readonly recorder: Recorder;
  readonly logger: Logger;
}
