import { Hono, type MiddlewareHandler } from "hono";
import { createReadiness, type Missing } from "../pipeline/readiness/readiness.ts";
import { shardTrouble } from "../pipeline/shards.ts";
import { readinessReport } from "../platform/process/ops-server.ts";
import { shownApiKeys } from "./auth/api-key.ts";
import { mayDo, requireRight } from "./auth/guard.ts";
import type { AppEnv, Deps } from "./context.ts";

/** Whether a payment would be decided and recorded; while the process drains it says that nothing is. */
export function webReadiness(deps: Deps): () => Promise<Missing> {
  const { db, redis, scorer, config, stopping } = deps;
  const neighbours = createReadiness({
    db,
    redis,
    scorer,
    redisPrefix: config.REDIS_PREFIX,
    beside: { workers: () => shardTrouble(redis, config.REDIS_PREFIX, config.QUEUE_SHARDS) },
  });
  return async () => (stopping.aborted ? new Map([["web", "is stopping"]]) : await neighbours());
}

/**
 * `/healthz` (the process lives) and `/readyz` (a payment would be recorded), open and short: a load balancer needs no
 * more. Who waits for what, and `/metrics` (Prometheus), are for API keys with `operations.read`; the operations port
 * (OPS_PORT) has both without a key. They stand before the routes that read sessions: without a key or a cookie they
 * answer when the database does not.
 */
export function healthRoutes(deps: Deps, identified: MiddlewareHandler<AppEnv>): Hono<AppEnv> {
  const readiness = webReadiness(deps);
  return new Hono<AppEnv>()
    .get("/healthz", (c) => c.json({ status: "alive" }))
    .get("/readyz", async (c) => {
      // Whoever has a wrong key is told what everybody is: a prober's header says nothing about the house.
      if (shownApiKeys(c).length > 0) await identified(c, async () => {}).catch(() => {});
      const missing = await readiness();
      const status = missing.size === 0 ? 200 : 503;
      if (mayDo(c.get("user") ?? null, "operations.read")) return c.json(readinessReport(missing), status);
      return c.json({ status: status === 200 ? "ready" : "not ready" }, status);
    })
    .get("/metrics", identified, requireRight("operations.read"), async (c) => {
      c.header("Content-Type", deps.metrics.registry.contentType);
      return c.body(await deps.metrics.registry.metrics());
    });
}
