import { runProcess } from "../platform/lifecycle.ts";
import { createLogger } from "../platform/logger.ts";
import { createMetrics } from "../platform/metrics.ts";
import { startOpsServer } from "../platform/ops-server.ts";
import { readScorerConfig } from "./config.ts";
import { Admission } from "./scoring/admission.ts";
import { ModelCatalog } from "./scoring/model-catalog.ts";
import { Turns } from "./scoring/turns.ts";
import { startScorerServer } from "./server.ts";

const config = readScorerConfig();
const logger = createLogger("scorer", config.LOG_LEVEL);

runProcess(logger, async (life) => {
  const metrics = createMetrics("scorer");
  const admission = new Admission({ maxRows: config.SCORER_QUEUE_ROWS, maxWaitMs: config.SCORER_QUEUE_MS });
  const catalog = new ModelCatalog({
    root: config.MODEL_DIR,
    maxBatchRows: config.SCORER_BATCH_ROWS,
    maxExtraModels: config.SCORER_EXTRA_MODELS,
    threads: config.SCORER_ONNX_THREADS,
    observer: { batchDone: (rows, _queuedMs, computeMs) => admission.observe(rows, computeMs) },
  });
  const server = await startScorerServer(
    { catalog, admission, turns: new Turns(), logger },
    { host: config.SCORER_HOST, port: config.SCORER_PORT, maxMessageBytes: config.SCORER_MAX_MESSAGE_BYTES },
  );
  life.onStop("grpc server", () => {
    server.setServing(false);
    return server.drain();
  });
  life.onStop("models", () => catalog.close());
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
