import { z } from "zod";
import { parseEnv, queueShards, redisPrefix, redisUrl } from "../../platform/process/env.ts";
import { checkRedisLink, redisLink } from "../../platform/process/redis-link.ts";

const schema = z.object({ ...redisLink, REDIS_URL: redisUrl, REDIS_PREFIX: redisPrefix, ...queueShards });

/** What `npm run replay` reads of the environment. @throws ConfigError naming every wrong variable */
export function loadReplayConfig() {
  const config = parseEnv(schema, process.env);
  checkRedisLink(config);
  return config;
}
