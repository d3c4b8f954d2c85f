import { Hono } from "hono";
import { sql } from "kysely";
import type { AppEnv, Deps } from "./context.ts";

/** How long a neighbour has to answer. */
const LIMIT_MS = 2_000;

async function answers(work: () => Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, LIMIT_MS, false);
  });
  const answer = (async () => {
    try {
      return (await work()) !== false;
    } catch {
      return false;
    }
  })();
  try {
    return await Promise.race([answer, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Asks every neighbour at once.
 *
 * @returns the names of those that do not answer, empty when all do
 */
export async function missingNeighbours({
  db,
  redis,
  scorer,
}: Pick<Deps, "db" | "redis" | "scorer">): Promise<string[]> {
  const checks: [string, () => Promise<unknown>][] = [
    ["scorer", async () => (await scorer.health()) === "serving"],
    ["redis", () => redis.ping()],
    ["postgresql", () => sql`select 1`.execute(db)],
  ];
  const answered = await Promise.all(checks.map(([, check]) => answers(check)));
  return checks.filter((_, index) => !answered[index]).map(([name]) => name);
}

/** `/healthz` (the process lives), `/readyz` (every neighbour answers), `/metrics` (Prometheus). Open: they tell no secrets. */
export function healthRoutes(deps: Deps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get("/healthz", (c) => c.json({ status: "alive" }))
    .get("/readyz", async (c) => {
      const missing = deps.stopping.aborted ? ["web (stopping)"] : await missingNeighbours(deps);
      if (missing.length === 0) return c.json({ status: "ready" });
      return c.json({ status: "not ready", missing }, 503);
    })
    .get("/metrics", async (c) => {
      c.header("Content-Type", deps.metrics.registry.contentType);
      return c.body(await deps.metrics.registry.metrics());
    });
}
