import { join } from "node:path";
import { ServerCredentials } from "@grpc/grpc-js";
import type { Registry } from "prom-client";
import { ChangedFiles } from "../platform/process/changed-files.ts";
import type { Logger } from "../platform/process/logger.ts";
import { ModelAdministration } from "./admin/model-administration.ts";
import { asksForKeys, type ScorerConfig, SEED_DIR } from "./config.ts";
import type { HandlerContext } from "./handlers/context.ts";
import { Guard } from "./handlers/guard.ts";
import { openHistory } from "./history.ts";
import { FollowedPolicy } from "./policy/followed-policy.ts";
import { FollowedRates } from "./rates/followed-rates.ts";
import { QueueRecorder } from "./recording/queue-recorder.ts";
import { NO_RECORDER } from "./recording/recorder.ts";
import { InferenceHost } from "./scoring/inference/inference-host.ts";
import { openLines } from "./scoring/lines.ts";
import { ModelCatalog } from "./scoring/model-catalog.ts";
import type { ServedModel } from "./scoring/served-model.ts";
import { ShadowScoring } from "./scoring/shadow.ts";
import { OPEN_AUTHORITY } from "./security/authority.ts";
import { openKeys } from "./security/keys.ts";
import { TlsFiles } from "./security/tls-files.ts";
import { type ScorerServer, startScorerServer } from "./server.ts";
import { seedRegistry } from "./serving/seed.ts";
import { SERVING_FILES } from "./serving/state.ts";
import { RequestStatistics } from "./telemetry/request-statistics.ts";
import { ScoreStatistics } from "./telemetry/score-statistics.ts";
import { BatchStatistics, registerScorerMetrics } from "./telemetry/scorer-metrics.ts";
import { startTracing } from "./telemetry/tracing.ts";

/** A whole scorer. */
export interface Scorer {
  readonly server: ScorerServer;
  readonly catalog: ModelCatalog;
  readonly policy: FollowedPolicy;
  readonly rates: FollowedRates;
  /** Loads and warms the champion, then says SERVING. @throws DomainError when there is none to serve */
  serve(): Promise<ServedModel>;
  /** Health, listening, calls in flight, what is still to be recorded, models: in this order. */
  drain(): Promise<void>;
  /** For tests: cuts everything off. */
  kill(): Promise<void>;
}

/**
 * Puts a scorer together and listens. Health is NOT_SERVING until {@link Scorer.serve}.
 *
 * @param loadFirst listens only when the champion is loaded: a process among several gets connections as soon as it listens
 * @param failed called when an inference thread has died
 * @throws DomainError when the port is taken, or keys or certificates cannot be used
 */
export async function startScorer(
  config: ScorerConfig,
  logger: Logger,
  metrics: Registry,
  failed: (error: Error) => void,
  loadFirst = false,
): Promise<Scorer> {
  const inference = new InferenceHost({ onnxThreads: config.SCORER_ONNX_THREADS }, failed);
  try {
    return await assemble(config, logger, metrics, inference, loadFirst);
  } catch (error) {
    await inference.close();
    throw error;
  }
}

async function assemble(
  config: ScorerConfig,
  logger: Logger,
  metrics: Registry,
  inference: InferenceHost,
  loadFirst: boolean,
): Promise<Scorer> {
  const root = config.seeded
    ? await seedRegistry(SEED_DIR, config.MODEL_DIR, { demo: config.DEMO })
    : config.MODEL_DIR;
  const lines = openLines({
    maxRows: config.SCORER_QUEUE_ROWS,
    maxWaitMs: config.SCORER_QUEUE_MS,
    maxExplainMs: config.SCORER_EXPLAIN_QUEUE_MS,
  });
  const batches = new BatchStatistics();
  const history = openHistory(config, logger);
  const redis = config.REDIS_URL === undefined ? undefined : { ...config, REDIS_URL: config.REDIS_URL };
  const rates = await FollowedRates.open({
    ...{ redis, prefix: config.REDIS_PREFIX, file: config.lastRates, logger },
  });
  const catalog: ModelCatalog = new ModelCatalog({
    root,
    inference,
    maxBatchRows: config.SCORER_BATCH_ROWS,
    maxExtraModels: config.SCORER_EXTRA_MODELS,
    online: history.online,
    rates,
    logger,
    observe: (model) => ({
      batchDone: (slab, rows, queuedMs, computeMs) => {
        lines.scoring.cost.observe(rows, computeMs);
        batches.observe(rows, queuedMs, computeMs);
        if (catalog.shadows.length > 0) shadow.observe(model, slab, rows);
      },
    }),
  });
  const shadow = new ShadowScoring(catalog, inference);
  const recorder =
    redis &&
    new QueueRecorder({
      redis,
      prefix: config.REDIS_PREFIX,
      logger,
      maxWaiting: config.SCORER_RECORD_WAITING,
    });
  const requests = new RequestStatistics();
  const scores = new ScoreStatistics();
  const tracing =
    config.OTEL_EXPORTER_OTLP_ENDPOINT === undefined
      ? undefined
      : startTracing(config.OTEL_EXPORTER_OTLP_ENDPOINT, "paysecure-scorer");
  const keys = asksForKeys(config) ? await openKeys(config, logger) : undefined;
  const tls = await openTls(config);
  const policy = await FollowedPolicy.open({
    redis,
    prefix: config.REDIS_PREFIX,
    file: config.lastPolicy,
    logger,
  });
  registerScorerMetrics(metrics, {
    requests,
    scores,
    batches,
    lines,
    catalog,
    shadow,
    recorder,
    history,
    policy,
  });

  if (loadFirst) await catalog.start();

  const context: HandlerContext = {
    catalog,
    policy,
    inference,
    ...lines,
    maxAnswerBytes: config.SCORER_MAX_ANSWER_BYTES,
    statistics: scores,
    recorder: recorder ?? NO_RECORDER,
    shadow,
    logger,
  };
  const guard = new Guard({
    authority: keys?.authority ?? OPEN_AUTHORITY,
    statistics: requests,
    tracing,
    logger,
  });
  const administration = new ModelAdministration(catalog, logger);
  const draining = new AbortController();
  const server = await startScorerServer(
    { context, guard, administration, draining },
    {
      host: config.SCORER_HOST,
      port: config.SCORER_PORT,
      credentials: tls?.credentials() ?? ServerCredentials.createInsecure(),
      maxMessageBytes: config.SCORER_MAX_MESSAGE_BYTES,
      maxStreams: config.SCORER_MAX_STREAMS,
      connectionAgeMs: config.SCORER_CONNECTION_AGE_MS,
      drainMs: config.SCORER_DRAIN_MS,
    },
  );

  const registryFiles = new ChangedFiles(SERVING_FILES.map((file) => join(root, file)));
  let serving = false;
  const follow = async (): Promise<void> => {
    if (serving && (await registryFiles.look())) await catalog.refresh();
    await tls?.refresh(logger);
    await Promise.all([keys?.refresh(), policy.refresh(), rates.refresh(), history.look(catalog)]);
  };
  let following: Promise<void> | undefined;
  // A look that takes long, while Redis is away for instance, is not queued behind: a drain would wait for all of them.
  const timer = setInterval(() => {
    following ??= follow()
      .catch((error: unknown) => logger.error({ err: error }, "refresh failed"))
      .finally(() => {
        following = undefined;
      });
  }, config.SCORER_REFRESH_MS);

  const close = async (): Promise<void> => {
    clearInterval(timer);
    await following;
    keys?.close();
    policy.close();
    rates.close();
    await recorder?.close();
    history.close();
    await catalog.close();
    await inference.close();
    await tracing?.close();
  };
  return {
    server,
    catalog,
    policy,
    rates,
    async serve() {
      await registryFiles.look();
      const champion = catalog.champion ?? (await catalog.start());
      serving = true;
      server.setServing(true);
      return champion;
    },
    async drain() {
      await server.drain();
      logger.info({ answered: requests.answered }, "drained");
      await close();
    },
    async kill() {
      server.kill();
      await close();
    },
  };
}

async function openTls(config: ScorerConfig): Promise<TlsFiles | undefined> {
  const { SCORER_TLS_CERT: cert, SCORER_TLS_KEY: key, SCORER_TLS_CLIENT_CA: clientCa } = config;
  return cert === undefined || key === undefined ? undefined : await TlsFiles.open({ cert, key, clientCa });
}
