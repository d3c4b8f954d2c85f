import cluster from "node:cluster";
import { configOrExit } from "../platform/process/env.ts";
import { messageOf } from "../platform/process/errors.ts";
import { runProcess } from "../platform/process/lifecycle.ts";
import { createLogger } from "../platform/process/logger.ts";
import { createMetrics } from "../platform/process/metrics.ts";
import { startOpsServer } from "../platform/process/ops-server.ts";
import { openToOthers, readScorerConfig } from "./config.ts";
import { routeGrpcLog } from "./grpc-log.ts";
import { startScorer } from "./scorer.ts";
import { runWorkers, shareMetrics, tellPrimary } from "./workers.ts";

const config = configOrExit(readScorerConfig);
const logger = createLogger("scorer", config.LOG_LEVEL);
routeGrpcLog(logger);
const trouble = openToOthers(config);
if (trouble !== undefined && cluster.isPrimary) logger.warn(`INSECURE=true: ${trouble}`);

if (config.SCORER_WORKERS > 1 && cluster.isPrimary) {
  runProcess(logger, (life) => runWorkers(config, logger, life));
} else {
  runProcess(logger, async (life) => {
    const metrics = createMetrics("scorer");
    if (cluster.isWorker) shareMetrics(metrics);
    const failed = (error: Error): never => {
      throw error;
    };
    const starting = startScorer(config, logger, metrics, failed, cluster.isWorker);
    // Told to stop while it starts, it starts first: a thread that loads a model cannot be ended in the middle.
    life.onStop("scorer", () =>
      starting.then(
        (scorer) => scorer.drain(),
        () => {},
      ),
    );
    const scorer = await starting.catch((error: unknown) => {
      tellPrimary({ kind: "failed", why: messageOf(error) });
      throw error;
    });
    logger.info({ address: `${config.SCORER_HOST}:${scorer.server.port}` }, "listening");

    let serving = false;
    if (config.OPS_PORT !== undefined && cluster.isPrimary) {
      const ops = await startOpsServer({
        host: config.OPS_HOST,
        port: config.OPS_PORT,
        metrics,
        notReady: () =>
          serving && !life.stopping.aborted ? new Map() : new Map([["model", "is not loaded"]]),
      });
      life.onStop("metrics", () => ops.close());
      logger.info({ port: ops.port }, "metrics");
    }

    const champion = await scorer.serve();
    serving = true;
    logger.info({ model: champion.id, sha256: champion.card.sha256 }, "model loaded and warm");
    logger.info("ready");
    tellPrimary({ kind: "ready", port: scorer.server.port });
  });
}
