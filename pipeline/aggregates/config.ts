import { join } from "node:path";
import { z } from "zod";
import { dataDir } from "../../platform/process/config.ts";
import { databaseUrl, logLevel, parseEnv, redisPrefix } from "../../platform/process/env.ts";
import { checkRedisLink, redisLink } from "../../platform/process/redis-link.ts";

const schema = z.object({
  ...redisLink,
  REDIS_PREFIX: redisPrefix,
  DATABASE_URL: databaseUrl,
  LOG_LEVEL: logLevel,
  MODEL_DIR: z.string().optional(),
});

/** What the commands about aggregates need. @throws ConfigError naming every wrong variable */
export function loadAggregatesConfig() {
  const config = parseEnv(schema, process.env);
  checkRedisLink(config);
  return { ...config, registry: config.MODEL_DIR ?? join(dataDir(), "registry") };
}
