import { z } from "zod";
import { databaseUrl, parseEnv } from "../../platform/process/env.ts";

const schema = z.object({ DATABASE_URL: databaseUrl });

/** What the store's command lines read. @throws ConfigError */
export function loadStoreConfig(): z.output<typeof schema> {
  return parseEnv(schema, process.env);
}
