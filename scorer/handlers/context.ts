import type { Logger } from "../../platform/process/logger.ts";
import type { ServedPolicy } from "../policy/served-policy.ts";
import type { Recorder } from "../recording/recorder.ts";
import type { InferenceHost } from "../scoring/inference/inference-host.ts";
import type { Lines } from "../scoring/lines.ts";
import type { ModelCatalog } from "../scoring/model-catalog.ts";
import type { ShadowScoring } from "../scoring/shadow.ts";
import type { ScoreStatistics } from "../telemetry/score-statistics.ts";

/** What every handler works with. */
export interface HandlerContext extends Lines {
  readonly catalog: ModelCatalog;
  /** What decides now; a request keeps the one that it began with. */
  readonly policy: { readonly current: ServedPolicy };
  readonly inference: InferenceHost;
  /** The largest message that may be sent. */
  readonly maxAnswerBytes: number;
  readonly statistics: ScoreStatistics;
  readonly recorder: Recorder;
  /** Models that score along; undefined where none ever do. */
  readonly shadow?: ShadowScoring | undefined;
  readonly logger: Logger;
}
