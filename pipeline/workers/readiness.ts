import type { Redis } from "ioredis";
import { type Kysely, sql } from "kysely";
import type { ScorerClient } from "../../scorer/client.ts";
import type { Database } from "../store/schema.ts";

/** Names of the services that do not answer; empty when all do. */
export async function notReady(services: {
  readonly db: Kysely<Database>;
  readonly redis: Redis;
  readonly scorer: Pick<ScorerClient, "health">;
}): Promise<string[]> {
  const checks: [string, Promise<boolean>][] = [
    ["postgresql", answers(sql`select 1`.execute(services.db))],
    ["redis", answers(services.redis.ping())],
    [
      "scorer",
      services.scorer.health().then(
        (health) => health === "serving",
        () => false,
      ),
    ],
  ];
  const missing: string[] = [];
  for (const [name, check] of checks) if (!(await check)) missing.push(name);
  return missing;
}

async function answers(question: Promise<unknown>): Promise<boolean> {
  return question.then(
    () => true,
    () => false,
  );
}
