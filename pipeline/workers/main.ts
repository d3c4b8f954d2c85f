import { openDatabase } from "../../platform/process/database.ts";
import { configOrExit } from "../../platform/process/env.ts";
import { runProcess } from "../../platform/process/lifecycle.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { createMetrics } from "../../platform/process/metrics.ts";
import { startOpsServer } from "../../platform/process/ops-server.ts";
import { connectRedis } from "../../platform/process/redis.ts";
import { DECISIONS_QUEUE } from "../../scorer/client/types.ts";
import { createScorerClient } from "../../scorer/client.ts";
import { allOf, logAlerts } from "../alerts/alert.ts";
import { publishLive } from "../live.ts";
import {
  MANUAL_REVIEW_QUEUE,
  openDecisionsQueue,
  openManualReviewQueue,
  openTransactionsQueue,
  slaTimer,
  TRANSACTIONS_QUEUE,
} from "../queues.ts";
import { parseDecisions, parseTransactions } from "../record/parse.ts";
import { type JobOutcome, recordJob } from "../record/record-job.ts";
import { escalateCase } from "../review/escalate.ts";
import { isDatabaseAway } from "../store/failure.ts";
import { migrate } from "../store/migrate.ts";
import { preparePartitions } from "../store/partitions.ts";
import type { Database } from "../store/schema.ts";
import { loadWorkerConfig } from "./config.ts";
import { consume } from "./consume.ts";
import { createPatience } from "./patience.ts";
import { notReady } from "./readiness.ts";
import { startReconciler } from "./reconciler.ts";
import { createWorkerMetrics, observeQueues } from "./worker-metrics.ts";

const config = configOrExit(loadWorkerConfig);
const logger = createLogger("worker", config.LOG_LEVEL);

runProcess(logger, async (life) => {
  const registry = createMetrics("worker");
  const metrics = createWorkerMetrics(registry);
  const patience = createPatience(logger, life.stopping);
  const sla = {
    high: config.REVIEW_SLA_HIGH_MINUTES * 60_000,
    critical: config.REVIEW_SLA_CRITICAL_MINUTES * 60_000,
  };
  const db = openDatabase<Database>(config.DATABASE_URL, logger, config.WORKER_CONCURRENCY + 2);
  const scorer = createScorerClient({
    address: config.SCORER_ADDRESS,
    apiKey: config.SCORER_API_KEY,
    deadlineMs: 10_000,
  });
  const consuming = connectRedis(config.REDIS_URL, "worker", logger);
  const producing = connectRedis(config.REDIS_URL, "producer", logger);
  const timers = openManualReviewQueue(producing, config.REDIS_PREFIX);
  const transactions = openTransactionsQueue(producing, config.REDIS_PREFIX);
  const decisions = openDecisionsQueue(producing, config.REDIS_PREFIX);
  const queues = [transactions, decisions, timers];
  for (const queue of queues) queue.on("error", () => {}); // the connection logs its losses itself
  observeQueues(registry, queues);

  const live = createLivePublisher((message) => publishLive(producing, config.REDIS_PREFIX, message));
  const alert = allOf([logAlerts(logger)], logger);

  const settle = (queue: string, outcome: ChunkOutcome, enqueuedAt: number): void => {
    const source = outcome.source ?? "unknown";
    metrics.transactions.inc({ source, result: "recorded" }, outcome.inserted);
    metrics.transactions.inc({ source, result: "duplicate" }, outcome.duplicates);
    metrics.transactions.inc({ source, result: "rejected" }, outcome.rejected);
    metrics.deadLetters.inc({ queue }, outcome.rejected);
    metrics.casesOpened.inc(outcome.cases.length);
    metrics.stageSeconds.observe({ stage: "score" }, outcome.scoreSeconds);
    metrics.stageSeconds.observe({ stage: "record" }, outcome.recordSeconds);
    metrics.lagSeconds.observe(Math.max(0, Date.now() - enqueuedAt) / 1_000);
    if (outcome.rejected > 0)
      logger.warn({ queue, rejected: outcome.rejected }, "transactions refused: see dead letters");
    if (outcome.inserted > 0) live.decided(outcome.inserted, outcome.flagged);
    // Not awaited: the cases are committed, and a timer that cannot be set now is set by the reconciler.
    setTimers(timers, outcome.cases).catch((error: Error) =>
      logger.debug({ err: error.message }, "timers not set"),
    );
  };

  await patience.whileAway("PostgreSQL", isDatabaseAway, () => migrate(db));

  const consumption = {
    redis: consuming,
    prefix: config.REDIS_PREFIX,
    logger,
    metrics,
    concurrency: config.WORKER_CONCURRENCY,
    lockMs: config.WORKER_LOCK_SECONDS * 1_000,
  };
  const workers = [
    consume(TRANSACTIONS_QUEUE, consumption, async (job) => {
      settle(job.queue, await decideChunk({ db, scorer, sla, patience }, job), job.at);
    }),
    consume(DECISIONS_QUEUE, consumption, async (job) => {
      settle(job.queue, await recordHandedOver({ db, scorer, sla, patience }, job), job.at);
    }),
    consume(MANUAL_REVIEW_QUEUE, consumption, async (job) => {
      const { caseId } = slaTimer.parse(job.data);
      const escalated = await patience.whileAway("PostgreSQL", isDatabaseAway, () =>
        escalateCase(db, caseId),
      );
      if (!escalated) return;
      metrics.casesEscalated.inc();
      const at = new Date();
      await alert({ kind: "case_escalated", at, case: escalated });
      await publishLive(producing, config.REDIS_PREFIX, {
        type: "review",
        at: at.toISOString(),
        caseId,
        event: "escalated",
        actor: "system",
      }).catch(() => {});
    }),
  ];
  const reconciler = startReconciler(
    { db, timers, swept: [transactions, decisions], metrics, logger },
    config.RECONCILE_SECONDS * 1_000,
  );
  const ops =
    config.WORKER_METRICS_PORT === undefined
      ? undefined
      : await startOpsServer({
          host: config.WORKER_METRICS_HOST,
          port: config.WORKER_METRICS_PORT,
          metrics: registry,
          notReady: () => notReady({ db, redis: producing, redisPrefix: config.REDIS_PREFIX, scorer }),
        });

  life.onStop("jobs in work", () => Promise.all(workers.map((worker) => worker.close())));
  life.onStop("reconciler", () => reconciler.stop());
  life.onStop("live", () => live.close());
  life.onStop("connections", async () => {
    await Promise.all(queues.map((queue) => queue.close()));
    scorer.close();
    consuming.disconnect();
    producing.disconnect();
    await db.destroy();
    await ops?.close();
  });

  await Promise.all(workers.map((worker) => worker.waitUntilReady()));
  if (ops) logger.info({ port: ops.port }, "metrics");
  logger.info("ready");
});
