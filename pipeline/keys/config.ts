import { z } from "zod";
import { databaseUrl, parseEnv, redisPrefix, redisUrl } from "../../platform/process/env.ts";

const schema = z.object({
  DATABASE_URL: databaseUrl,
  /** To tell scorers at once; without it the worker does within seconds. */
  REDIS_URL: redisUrl.optional(),
  REDIS_PREFIX: redisPrefix,
});

/** What `npm run api-keys` reads. @throws ConfigError */
export function loadKeysConfig(): z.output<typeof schema> {
  return parseEnv(schema, process.env);
}
