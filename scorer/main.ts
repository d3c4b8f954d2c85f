import { runProcess } from "../platform/lifecycle.ts";
import { createLogger } from "../platform/logger.ts";
import { createMetrics } from "../platform/metrics.ts";
import { startOpsServer } from "../platform/ops-server.ts";
import { readScorerConfig } from "./config.ts";
import { NO_RECORDER } from "./recording/recorder.ts";
import { Admission } from "./scoring/admission.ts";
import { InferenceHost } from "./scoring/inference/inference-host.ts";
import { ModelCatalog } from "./scoring/model-catalog.ts";
import { Turns } from "./scoring/turns.ts";
import { startScorerServer } from "./server.ts";
import { ScoreStatistics } from "./telemetry/score-statistics.ts";

/** One slice computes while the next is being decoded. */
const SLICES_AT_ONCE = 2;

const config = readScorerConfig();
const logger = createLogger("scorer", config.LOG_LEVEL);

runProcess(logger, async (life) => {
  const metrics = createMetrics("scorer");
  const admission = new Admission({ maxRows: config.SCORER_QUEUE_ROWS, maxWaitMs: config.SCORER_QUEUE_MS });
  const inference = new InferenceHost({ onnxThreads: config.SCORER_ONNX_THREADS }, (error) => {
    throw error;
  });
  const catalog = new ModelCatalog({
    inference,
    logger,
    root: config.MODEL_DIR,
    maxBatchRows: config.SCORER_BATCH_ROWS,
    maxExtraModels: config.SCORER_EXTRA_MODELS,
    observe: () => ({
      batchDone: (_slab, rows, _queuedMs, computeMs) => admission.observe(rows, computeMs),
    }),
  });
  const server = await startScorerServer(
    {
      catalog,
      inference,
      admission,
      turns: new Turns(SLICES_AT_ONCE),
      statistics: new ScoreStatistics(),
      recorder: NO_RECORDER,
      logger,
    },
    { host: config.SCORER_HOST, port: config.SCORER_PORT, maxMessageBytes: config.SCORER_MAX_MESSAGE_BYTES },
  );
  life.onStop("grpc server", () => {
    server.setServing(false);
    return server.drain();
  });
  life.onStop("models", async () => {
    await catalog.close();
    await inference.close();
  });
  logger.info({ address: `${config.SCORER_HOST}:${server.port}` }, "listening");

  let serving = false;
  if (config.SCORER_METRICS_PORT !== undefined) {
    const ops = await startOpsServer({
      host: config.SCORER_HOST,
      port: config.SCORER_METRICS_PORT,
      metrics,
      notReady: () => (serving && !life.stopping.aborted ? [] : ["model"]),
    });
    life.onStop("metrics", () => ops.close());
    logger.info({ port: ops.port }, "metrics");
  }

  const champion = await catalog.start();
  serving = true;
  server.setServing(true);
  logger.info({ model: champion.id, sha256: champion.card.sha256 }, "model loaded and warm");
  logger.info("ready");
});
