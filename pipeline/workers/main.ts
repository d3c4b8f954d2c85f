import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import type { Queue } from "bullmq";
import { DECISIONS_QUEUE, REVIEW_TIMERS_QUEUE } from "../../domain/jobs.ts";
import { StateStore } from "../../features/online/state-store.ts";
import { dataDir } from "../../platform/process/config.ts";
import { openDatabase } from "../../platform/process/database.ts";
import { configOrExit } from "../../platform/process/env.ts";
import { messageOf } from "../../platform/process/errors.ts";
import { runProcess } from "../../platform/process/lifecycle.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { createMetrics } from "../../platform/process/metrics.ts";
import { startOpsServer } from "../../platform/process/ops-server.ts";
import { createPatience } from "../../platform/process/patience.ts";
import { connectRedis } from "../../platform/process/redis.ts";
import { scorerClientOptions } from "../../scorer/client/link.ts";
import { createScorerClient } from "../../scorer/client.ts";
import { openSecretBox } from "../accounts/secret-box.ts";
import { forgetEntity } from "../aggregates/forget.ts";
import { aggregateEffects } from "../aggregates/move.ts";
import { ServedSchemas } from "../aggregates/served-schemas.ts";
import { createRedriver } from "../dead-letters/redrive.ts";
import { createEffects } from "../effects/effects.ts";
import { keyCourier } from "../keys/publish.ts";
import { createMailer } from "../mail/mailer.ts";
import { startModelKeeper } from "../models/keeper.ts";
import { startRelay } from "../outbox/relay.ts";
import { runNextBackTest } from "../policy/back-tests.ts";
import { policyCourier } from "../policy/publish.ts";
import {
  dropEarlierTimers,
  openDecisionsQueue,
  openReviewTimersQueue,
  openTransactionShards,
  slaTimer,
} from "../queues.ts";
import { ratesCourier } from "../rates/publish.ts";
import { createReadiness } from "../readiness/readiness.ts";
import { waitForSchema } from "../readiness/wait-for-schema.ts";
import { reviewing } from "../record/config.ts";
import { parseDecisions, parseTransactions } from "../record/parse.ts";
import { type JobOutcome, recordJob } from "../record/record-job.ts";
import { escalateCase } from "../review/escalate.ts";
import { StoredRates } from "../store/exchange-rates.ts";
import { isDatabaseAway } from "../store/failure.ts";
import { foldCounters } from "../store/fold-counters.ts";
import type { Database } from "../store/schema.ts";
import { forgetDeliveries } from "../webhooks/deliveries.ts";
import { noteEvents } from "../webhooks/events.ts";
import { ownerWord } from "../webhooks/owner-word.ts";
import { startSender } from "../webhooks/sender.ts";
import { startAlerts } from "./alerts.ts";
import { Alone } from "./alone.ts";
import { loadWorkerConfig } from "./config.ts";
import { consume } from "./consume.ts";
import { consumeShards } from "./consume-shards.ts";
import { startReconciler } from "./reconciler.ts";
import { repeat } from "./repeat.ts";
import { createWorkerMetrics, observeOutbox, observeQueues } from "./worker-metrics.ts";

/** How often what was appended is folded into the counters. */
const FOLD_EVERY_MS = 1_000;
/** How often a worker looks whether somebody asked for a back-test. */
const BACK_TESTS_EVERY_MS = 1_000;
/** How often a worker looks whether somebody asked something of models. */
const MODELS_EVERY_MS = 1_000;
/** How often what was sent too long ago is forgotten. */
const FORGET_EVERY_MS = 600_000;
/** How often scorers are told which API keys and which policy there are; a Redis that lost everything knows them again after that. */
const TELL_EVERY_MS = 2_000;

const config = configOrExit(loadWorkerConfig);
const logger = createLogger("worker", config.LOG_LEVEL);

runProcess(logger, async (life) => {
  const registry = createMetrics("worker");
  const metrics = createWorkerMetrics(registry);
  const patience = createPatience(logger, life.stopping);
  // Beside the jobs in work: the reconciler, the relay, the fold, readiness, webhooks, models, two of the alerts.
  const db = openDatabase<Database>(config.DATABASE_URL, logger, config.WORKER_CONCURRENCY + 7);
  const scorer = createScorerClient({
    ...scorerClientOptions(config),
    deadlineMs: 10_000,
  });
  const consuming = connectRedis(config, "worker", logger);
  const producing = connectRedis(config, "producer", logger);
  const timers = openReviewTimersQueue(producing, config.REDIS_PREFIX);
  const shards = openTransactionShards(producing, config.REDIS_PREFIX, config);
  const decisions = openDecisionsQueue(producing, config.REDIS_PREFIX);
  const queues: Queue[] = [...shards.queues, decisions, timers];
  for (const queue of queues) queue.on("error", () => {}); // the connection logs its losses itself
  observeQueues(registry, queues);
  observeOutbox(registry, db);

  if (!(await waitForSchema(db, logger, life.stopping))) return;

  const mailer =
    config.SMTP_URL === undefined ? null : createMailer(config.SMTP_URL, config.MAIL_FROM ?? "", logger);
  const sender = startSender({
    ...{ db, logger, allowed: config.OUTGOING_ALLOW },
    secrets: await openSecretBox(dataDir(), config.SECRET_KEY),
    tellOwner: ownerWord(db, logger, mailer, config.PUBLIC_URL),
    onOutcome: (event, outcome) => metrics.webhooks.inc({ event, outcome }),
  });
  const forget = repeat("webhooks' log", FORGET_EVERY_MS, logger, async () => {
    await forgetDeliveries(db, config.WEBHOOK_LOG_DAYS);
  });
  const rates = new StoredRates(db);
  const states = new StateStore(producing, config.REDIS_PREFIX);
  const schemas = new ServedSchemas(config.registry, logger, rates);
  const notReady = createReadiness({ db, redis: producing, redisPrefix: config.REDIS_PREFIX, scorer });
  const alerts = startAlerts({
    config,
    db,
    redis: producing,
    queues,
    logger,
    rates,
    metrics,
    missing: notReady,
  });
  const relay = startRelay({
    db,
    logger,
    deliver: createEffects({
      timers,
      redis: producing,
      prefix: config.REDIS_PREFIX,
      alerts: alerts.effects,
      redrive: createRedriver(db, [shards.queues[0], decisions]),
      webhooks: async (messages) => {
        if ((await noteEvents(db, messages)) > 0) sender.nudge();
      },
      aggregates: aggregateEffects({
        ...{ db, logger, rates, schemas },
        store: states,
        onMoved: (moved) => {
          for (const [outcome, count] of Object.entries(moved)) metrics.aggregates.inc({ outcome }, count);
        },
      }),
    }),
    onOutcome: (kind, outcome, count) => metrics.deliveries.inc({ kind, outcome }, count),
  });
  const holder = randomUUID();
  const fold = repeat("counters", FOLD_EVERY_MS, logger, async () => {
    await foldCounters(db, holder);
  });
  const tellKeys = keyCourier(db, producing, config.REDIS_PREFIX);
  const tellPolicy = policyCourier(db, producing, config.REDIS_PREFIX);
  const tellRates = ratesCourier(db, producing, config.REDIS_PREFIX);
  const couriers = [
    repeat("api keys", TELL_EVERY_MS, logger, tellKeys),
    repeat("policy", TELL_EVERY_MS, logger, tellPolicy),
    repeat("exchange rates", TELL_EVERY_MS, logger, tellRates),
  ];
  const backTests = repeat("back-tests", BACK_TESTS_EVERY_MS, logger, async () => {
    while (await runNextBackTest(db, life.stopping));
  });

  const keeper = existsSync(config.registry)
    ? startModelKeeper({
        ...{ db, consuming, producing, logger, prefix: config.REDIS_PREFIX, registry: config.registry },
        retrainAt: config.RETRAIN_CRON,
        retrainDays: config.RETRAIN_DAYS,
        retrainLabels: config.RETRAIN_LABELS,
      })
    : undefined;
  const models = keeper && repeat("models", MODELS_EVERY_MS, logger, () => keeper.look());

  const settle = (queue: string, outcome: JobOutcome, enqueuedAt: number): void => {
    const source = outcome.source ?? "unknown";
    metrics.transactions.inc({ source, result: "recorded" }, outcome.inserted);
    metrics.transactions.inc({ source, result: "duplicate" }, outcome.duplicates);
    metrics.transactions.inc({ source, result: "rejected" }, outcome.rejected);
    metrics.deadLetters.inc({ queue }, outcome.rejected);
    metrics.casesOpened.inc(outcome.cases.length);
    metrics.withoutHistory.inc(outcome.withoutHistory);
    metrics.stageSeconds.observe({ stage: "score" }, outcome.scoreSeconds);
    metrics.stageSeconds.observe({ stage: "record" }, outcome.recordSeconds);
    metrics.lagSeconds.observe(Math.max(0, Date.now() - enqueuedAt) / 1_000);
    if (outcome.rejected > 0)
      logger.warn({ queue, rejected: outcome.rejected }, "transactions refused: see dead letters");
    if (outcome.inserted > 0) relay.nudge();
  };

  const consumption = {
    redis: consuming,
    prefix: config.REDIS_PREFIX,
    logger,
    metrics,
    concurrency: config.WORKER_CONCURRENCY,
    lockMs: config.WORKER_LOCK_SECONDS * 1_000,
    alone: new Alone(),
  };
  const recording = { db, scorer, patience, ...reviewing(config) };
  const swept: Queue[] = [...shards.queues, decisions];
  const onMore = (queue: Queue): void => {
    queue.on("error", () => {});
    queues.push(queue);
    swept.push(queue);
  };
  const ofShards = consumeShards({ ...consumption, shards, producing, onMore }, async (job) => {
    settle(job.queue, await recordJob(recording, parseTransactions, job), job.at);
  });
  const workers = [
    consume(DECISIONS_QUEUE, consumption, async (job) => {
      settle(job.queue, await recordJob(recording, parseDecisions, job), job.at);
    }),
    consume(REVIEW_TIMERS_QUEUE, consumption, async (job) => {
      const { caseId } = slaTimer.parse(job.data);
      const escalated = await patience.whileAway("PostgreSQL", isDatabaseAway, () =>
        escalateCase(db, caseId),
      );
      if (!escalated) return;
      metrics.casesEscalated.inc();
      relay.nudge();
    }),
  ];
  const reconciler = startReconciler(
    {
      db,
      timers,
      redis: producing,
      swept,
      metrics,
      logger,
      keeping: { retentionDays: config.RETENTION_DAYS, redactAfterDays: config.REDACT_AFTER_DAYS },
      forget: (subject) => forgetEntity(states, schemas, subject),
      registry: config.registry,
    },
    config.RECONCILE_SECONDS * 1_000,
  );
  dropEarlierTimers(producing, config.REDIS_PREFIX).catch((error: unknown) =>
    logger.warn({ err: messageOf(error) }, "timers of an earlier version were not taken away"),
  );
  const ops =
    config.OPS_PORT === undefined
      ? undefined
      : await startOpsServer({
          host: config.OPS_HOST,
          port: config.OPS_PORT,
          metrics: registry,
          notReady,
        });

  life.onStop("jobs in work", () => Promise.all([ofShards, ...workers].map((one) => one.close())));
  life.onStop("effects", () =>
    Promise.all(
      [models, relay, fold, backTests, ...couriers, reconciler, alerts, forget].map((one) => one?.stop()),
    ),
  );
  life.onStop("models", async () => keeper?.stop());
  life.onStop("webhooks", async () => {
    await sender.stop();
    await mailer?.idle();
    mailer?.close();
  });
  life.onStop("connections", async () => {
    await Promise.all(queues.map((queue) => queue.close()));
    scorer.close();
    consuming.disconnect();
    producing.disconnect();
    await db.destroy();
    await ops?.close();
  });

  await Promise.all([ofShards.ready(), ...workers.map((worker) => worker.waitUntilReady())]);
  if (ops) logger.info({ port: ops.port }, "metrics");
  logger.info("ready");
});
