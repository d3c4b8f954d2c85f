import { z } from "zod";
import { databaseUrl, parseEnv, queueShards, redisPrefix, redisUrl } from "../../platform/process/env.ts";
import { checkRedisLink, redisLink } from "../../platform/process/redis-link.ts";

const schema = z.object({
  ...redisLink,
  REDIS_URL: redisUrl,
  REDIS_PREFIX: redisPrefix,
  ...queueShards,
  DATABASE_URL: databaseUrl,
});

/** What `npm run queue` reads of the environment. @throws ConfigError naming every wrong variable */
export function loadQueueConfig() {
  const config = parseEnv(schema, process.env);
  checkRedisLink(config);
  return config;
}
