import { z } from "zod";
import { outgoingAllow } from "../../platform/outgoing/outgoing-allow.ts";
import { databaseUrl, parseEnv, secretKey } from "../../platform/process/env.ts";

const schema = z.object({
  DATABASE_URL: databaseUrl,
  /** As the worker's and the web's. */
  SECRET_KEY: secretKey,
  OUTGOING_ALLOW: outgoingAllow,
});

/** What was sent is remembered so long, days. */
export const logDays = z.coerce.number().int().min(1).max(366).default(30);

/** What `npm run webhooks` reads. @throws ConfigError */
export function loadWebhooksConfig(): z.output<typeof schema> {
  return parseEnv(schema, process.env);
}
