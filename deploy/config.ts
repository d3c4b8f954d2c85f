import { z } from "zod";
import { dataDir } from "../platform/process/config.ts";
import { databaseUrl, opsPort, parseEnv, port, redisUrl } from "../platform/process/env.ts";

const schema = z.object({
  PORT: port(8000),
  SCORER_PORT: port(50_051),
  OPS_PORT: opsPort,
  REDIS_URL: redisUrl.optional(),
  REDIS_PREFIX: z.string().optional(),
  DATABASE_URL: databaseUrl.optional(),
  SCORER_ADDRESS: z.string().optional(),
  NO_COLOR: z.string().optional(),
});

/** What `npm start` reads; the processes it launches read their own. */
export type StartConfig = z.output<typeof schema> & { readonly DATA_DIR: string };

/** @throws ConfigError naming every wrong variable */
export function loadStartConfig(): StartConfig {
  return { ...parseEnv(schema, process.env), DATA_DIR: dataDir() };
}

/** The environment that launched processes inherit, with what this run decides on top. */
export function childEnv(extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return { ...process.env, ...extra };
}
