import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { openDecisionsQueue, openTransactionShards } from "../pipeline/queues.ts";
import { createStatus } from "../pipeline/status/read-status.ts";
import type { Database } from "../pipeline/store/schema.ts";
import { readStats } from "../pipeline/store/stats.ts";
import { dataDir } from "../platform/process/config.ts";
import { openDatabase } from "../platform/process/database.ts";
import { configOrExit } from "../platform/process/env.ts";
import { runProcess } from "../platform/process/lifecycle.ts";
import { createLogger, type Logger } from "../platform/process/logger.ts";
import { startOpsServer } from "../platform/process/ops-server.ts";
import { connectRedis } from "../platform/process/redis.ts";
import { scorerClientOptions } from "../scorer/client/link.ts";
import { createScorerClient } from "../scorer/client.ts";
import { createApp } from "./app.tsx";
import { openSignInServices } from "./auth/sign-in-services.ts";
import { openToOthers, readConfig } from "./config.ts";
import { boundConnections } from "./connections.ts";
import type { Deps } from "./context.ts";
import { webReadiness } from "./health.ts";
import { createWebServer } from "./https.ts";
import { redisLiveChannel } from "./live/channel.ts";
import { LiveFeed } from "./live/feed.ts";
import { snapshotReader } from "./live/read-snapshot.ts";
import { ScorerWatch } from "./live/scorer-watch.ts";
import { addScrapedGauges, createWebMetrics } from "./metrics.ts";

/** Open connections get so long to finish after the stop signal. */
const CLOSE_AFTER_MS = 8_000;

const config = configOrExit(readConfig);
const logger = createLogger("web", config.LOG_LEVEL);

runProcess(logger, async (life) => {
  const db = openDatabase<Database>(config.DATABASE_URL, logger, 6);
  const redis = connectRedis(config, "producer", logger);
  const subscriber = connectRedis(config, "subscriber", logger);
  const transactions = openTransactionShards(redis, config.REDIS_PREFIX, config);
  const scorer = createScorerClient(scorerClientOptions(config));
  const metrics = createWebMetrics();
  const decisions = openDecisionsQueue(redis, config.REDIS_PREFIX);
  const queues = [...transactions.queues, decisions];
  // The connection's loss is logged once, by itself; unheard, BullMQ would print each failed attempt.
  for (const queue of queues) queue.on("error", () => {});
  addScrapedGauges(metrics, async () => (await readStats(db)).reviews);
  const watch = new ScorerWatch({ health: () => scorer.health(), onChange: () => feed.nudge() });
  const feed: LiveFeed = new LiveFeed({
    read: snapshotReader(db, watch),
    channel: redisLiveChannel(subscriber, config.REDIS_PREFIX),
    logger,
    stopping: life.stopping,
  });
  const deps: Deps = {
    config,
    logger,
    db,
    redis,
    transactions,
    decisions,
    scorer,
    feed,
    status: createStatus({
      ...{ db, redis, scorer, redisPrefix: config.REDIS_PREFIX, logger, dataDir: dataDir() },
      queues,
      shards: config.QUEUE_SHARDS,
    }),
    metrics,
    ...(await openSignInServices({ config, db, redis, logger }, dataDir())),
    stopping: life.stopping,
  };

  const { server, stopFollowing } = await createWebServer(createApp(deps).fetch, config, logger);
  boundConnections(server, config);
  server.listen(config.PORT, config.HOST);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  logger.info({ host: config.HOST, port }, "listening");
  const trouble = openToOthers(config);
  if (trouble !== undefined) logger.warn(`INSECURE=true: ${trouble}`);

  life.onStop("http", () => {
    stopFollowing();
    return closeServer(server);
  });
  if (config.OPS_PORT !== undefined) {
    const ops = await startOpsServer({
      host: config.OPS_HOST,
      port: config.OPS_PORT,
      metrics: metrics.registry,
      notReady: webReadiness(deps),
    });
    life.onStop("metrics", () => ops.close());
    logger.info({ port: ops.port }, "metrics");
  }

  life.onStop("queues", () => Promise.all(queues.map((queue) => queue.close())));
  life.onStop("scorer", () => scorer.close());
  life.onStop("redis", () => {
    redis.disconnect();
    subscriber.disconnect();
  });
  life.onStop("letters", () => deps.mailer?.close());
  life.onStop("failed sign-ins", () => deps.failedSignIns.flush());
  life.onStop("database", () => db.destroy());

  await waitForNeighbours(deps, logger);
  if (!life.stopping.aborted) logger.info("ready");
});

async function waitForNeighbours(deps: Deps, log: Logger): Promise<void> {
  const readiness = webReadiness(deps);
  let said = "";
  while (!deps.stopping.aborted) {
    const missing = await readiness();
    if (missing.size === 0) return;
    const reasons = [...missing].map(([name, why]) => `${name} ${why}`).join("; ");
    if (reasons !== said) log.info({ missing: [...missing.keys()], reasons }, "waiting");
    said = reasons;
    await sleep(500);
  }
}

/** Takes no new connection, lets answers under way finish (streams end by themselves), then closes what is left. */
async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const limit = setTimeout(() => server.closeAllConnections(), CLOSE_AFTER_MS);
  await closed;
  clearTimeout(limit);
}
