import { join } from "node:path";
import { z } from "zod";
import { dataDir } from "../../platform/process/config.ts";
import { logLevel, parseEnv, port } from "../../platform/process/env.ts";

const schema = z.object({
  EMBEDDED_POSTGRES_PORT: port(0),
  /** What a connection has to show; `npm start` makes a new one each time. */
  EMBEDDED_POSTGRES_PASSWORD: z
    .string()
    .regex(/^[!-~]{16,}$/, "must be 16 or more printable ASCII characters"),
  LOG_LEVEL: logLevel,
});

/** What the embedded PostgreSQL reads. */
export function loadPostgresConfig(): z.output<typeof schema> & { readonly folder: string } {
  return { ...parseEnv(schema, process.env), folder: join(dataDir(), "postgres") };
}
