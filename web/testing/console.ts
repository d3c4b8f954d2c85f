import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import type { Hono } from "hono";
import type { Kysely } from "kysely";
import { openDecisionsQueue, openTransactionShards } from "../../pipeline/queues.ts";
import { createStatus } from "../../pipeline/status/read-status.ts";
import { migrate } from "../../pipeline/store/migrate.ts";
import type { Database } from "../../pipeline/store/schema.ts";
import { startTestPostgres } from "../../platform/embedded/testing/postgres.ts";
import { startTestRedis, type TestRedis } from "../../platform/embedded/testing/redis.ts";
import { openDatabase } from "../../platform/process/database.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { connectRedis } from "../../platform/process/redis.ts";
import { createApp } from "../app.tsx";
import { openSignInServices } from "../auth/sign-in-services.ts";
import { readConfig, type WebConfig } from "../config.ts";
import { boundConnections } from "../connections.ts";
import type { AppEnv, Deps } from "../context.ts";
import { redisLiveChannel } from "../live/channel.ts";
import { LiveFeed } from "../live/feed.ts";
import { snapshotReader } from "../live/read-snapshot.ts";
import { ScorerWatch } from "../live/scorer-watch.ts";
import { createWebMetrics } from "../metrics.ts";
import { fakeScorer } from "./scorer.ts";

/** The whole web on real PostgreSQL and Redis; only the scorer is a stand-in unless one is given. */
export interface TestConsole {
  readonly app: Hono<AppEnv>;
  readonly deps: Deps;
  readonly db: Kysely<Database>;
  readonly redis: TestRedis;
  /** Serves it on loopback, on a free port unless one is given. */
  listen(port?: number): Promise<string>;
  /** As a SIGTERM would: streams end. */
  drain(): void;
  stop(): Promise<void>;
}

export async function startTestConsole(
  env: Readonly<Record<string, string>> = {},
  scorer: Deps["scorer"] = fakeScorer(),
): Promise<TestConsole> {
  const [postgres, redisServer] = await Promise.all([startTestPostgres("migrated"), startTestRedis()]);
  const logger = createLogger("test", "silent");
  const config: WebConfig = readConfig({
    REDIS_URL: redisServer.url,
    DATABASE_URL: postgres.url,
    SECRET_KEY: randomBytes(32).toString("base64"),
    ...env,
  });
  const db = openDatabase<Database>(config.DATABASE_URL, logger, 6);
  await migrate(db);
  const redis = connectRedis(config.REDIS_URL, "producer", logger);
  const subscriber = connectRedis(config.REDIS_URL, "subscriber", logger);
  const transactions = openTransactionShards(redis, config.REDIS_PREFIX, config);
  // As in main.ts: the connection's own loss is logged once; BullMQ would print each failed attempt.
  const decisions = openDecisionsQueue(redis, config.REDIS_PREFIX);
  for (const queue of [...transactions.queues, decisions]) queue.on("error", () => {});
  const abort = new AbortController();
  const watch = new ScorerWatch({ health: () => scorer.health(), onChange: () => feed.nudge() });
  const feed: LiveFeed = new LiveFeed({
    read: snapshotReader(db, watch),
    channel: redisLiveChannel(subscriber, config.REDIS_PREFIX),
    logger,
    stopping: abort.signal,
    coalesceMs: 250,
    // So long that what a page shows came by a message, or by asking while Redis is away.
    idleMs: 600_000,
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
      ...{ db, redis, scorer, redisPrefix: config.REDIS_PREFIX, logger, dataDir: "" },
      queues: [...transactions.queues, decisions],
      shards: config.QUEUE_SHARDS,
    }),
    metrics: createWebMetrics(),
    ...(await openSignInServices({ config, db, redis, logger }, "")),
    stopping: abort.signal,
  };
  const app = createApp(deps);
  const servers: Server[] = [];
  return {
    app,
    deps,
    db,
    redis: redisServer,
    listen: async (port = 0) => {
      const server = createAdaptorServer({ fetch: app.fetch }) as Server;
      boundConnections(server, config);
      server.listen(port, "127.0.0.1");
      await once(server, "listening");
      servers.push(server);
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    },
    drain: () => abort.abort(),
    stop: async () => {
      abort.abort();
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
      await Promise.allSettled([...transactions.queues, decisions].map((queue) => queue.close()));
      deps.mailer?.close();
      await deps.failedSignIns.flush();
      redis.disconnect();
      subscriber.disconnect();
      await db.destroy();
      await Promise.all([postgres.stop(), redisServer.stop()]);
    },
  };
}
