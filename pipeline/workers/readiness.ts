import type { Redis } from "ioredis";
import type { Kysely } from "kysely";
import type { ScorerClient } from "../../scorer/client.ts";
import { databaseTrouble } from "../readiness/database.ts";
import { queueTrouble } from "../readiness/queue.ts";
import { scorerTrouble } from "../readiness/scorer.ts";
import type { Database } from "../store/schema.ts";

/** The services that keep a payment from being recorded, each with why in words; empty when none does. */
export async function notReady(services: {
  readonly db: Kysely<Database>;
  readonly redis: Redis;
  readonly redisPrefix: string;
  readonly scorer: Pick<ScorerClient, "health">;
}): Promise<string[]> {
  const troubles = await Promise.all([
    databaseTrouble(services.db).then((why) => why && `postgresql ${why}`),
    queueTrouble(services.redis, services.redisPrefix).then((why) => why && `redis ${why}`),
    scorerTrouble(services.scorer).then((why) => why && `scorer ${why}`),
  ]);
  return troubles.filter((trouble) => trouble !== undefined);
}
