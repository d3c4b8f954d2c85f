import { z } from "zod";
import { databaseUrl, parseEnv, redisPrefix } from "../../platform/process/env.ts";
import { checkRedisLink, redisLink } from "../../platform/process/redis-link.ts";

const schema = z.object({
  DATABASE_URL: databaseUrl,
  /** To tell scorers at once; without it the worker does within seconds. */
  ...redisLink,
  REDIS_URL: redisLink.REDIS_URL.optional(),
  REDIS_PREFIX: redisPrefix,
});

/** What `npm run api-keys` reads. @throws ConfigError */
export function loadKeysConfig(): z.output<typeof schema> {
  const config = parseEnv(schema, process.env);
  checkRedisLink(config);
  return config;
}
