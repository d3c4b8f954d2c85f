import { Hono } from "hono";
import { databaseTrouble } from "../pipeline/readiness/database.ts";
import { queueTrouble } from "../pipeline/readiness/queue.ts";
import { scorerTrouble } from "../pipeline/readiness/scorer.ts";
import type { AppEnv, Deps } from "./context.ts";

/** How long a neighbour has to answer. */
const LIMIT_MS = 2_000;

/** How long an answer holds, so that asking often costs the neighbours little. */
const HOLDS_MS = 1_000;

/** Which neighbours keep a payment from being decided and recorded, and why in words: no addresses. */
export type Missing = ReadonlyMap<string, string>;

type Trouble = string | undefined;

/** What a neighbour's trouble is, or that it does not answer in time. Of each only one question is under way. */
function patiently(ask: () => Promise<Trouble>): () => Promise<Trouble> {
  let asked: Promise<Trouble> | undefined;
  return async () => {
    asked ??= ask().finally(() => {
      asked = undefined;
    });
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<Trouble>((resolve) => {
      timer = setTimeout(resolve, LIMIT_MS, "does not answer");
    });
    try {
      return await Promise.race([asked, limit]);
    } finally {
      clearTimeout(timer);
    }
  };
}

/**
 * Looks whether a payment would be decided and recorded.
 *
 * @returns a function that asks every neighbour at once, or says what it found less than a second ago
 */
export function createReadiness({
  db,
  redis,
  scorer,
  config,
}: Pick<Deps, "db" | "redis" | "scorer" | "config">): () => Promise<Missing> {
  const questions: readonly (readonly [string, () => Promise<Trouble>])[] = [
    ["scorer", patiently(() => scorerTrouble(scorer))],
    ["redis", patiently(() => queueTrouble(redis, config.REDIS_PREFIX))],
    ["postgresql", patiently(() => databaseTrouble(db))],
  ];
  const askAll = async (): Promise<Missing> => {
    const answers = await Promise.all(questions.map(async ([name, ask]) => [name, await ask()] as const));
    return new Map(answers.filter((answer): answer is readonly [string, string] => answer[1] !== undefined));
  };
  let found: { readonly missing: Promise<Missing>; readonly at: number } | undefined;
  return () => {
    const now = performance.now();
    if (!found || now - found.at > HOLDS_MS) found = { missing: askAll(), at: now };
    return found.missing;
  };
}

/** `/healthz` (the process lives), `/readyz` (a payment would be recorded), `/metrics` (Prometheus). Open: they tell no secrets. */
export function healthRoutes(deps: Deps): Hono<AppEnv> {
  const readiness = createReadiness(deps);
  return new Hono<AppEnv>()
    .get("/healthz", (c) => c.json({ status: "alive" }))
    .get("/readyz", async (c) => {
      const missing: Missing = deps.stopping.aborted ? new Map([["web", "is stopping"]]) : await readiness();
      if (missing.size === 0) return c.json({ status: "ready" });
      const reasons = Object.fromEntries(missing);
      return c.json({ status: "not ready", missing: Object.keys(reasons), reasons }, 503);
    })
    .get("/metrics", async (c) => {
      c.header("Content-Type", deps.metrics.registry.contentType);
      return c.body(await deps.metrics.registry.metrics());
    });
}
