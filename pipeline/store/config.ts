import { join } from "node:path";
import { z } from "zod";
import { dataDir } from "../../platform/process/config.ts";
import { databaseUrl, parseEnv } from "../../platform/process/env.ts";

const schema = z.object({ DATABASE_URL: databaseUrl });

/** How long decisions are kept, days: 1827 (five years) unless told otherwise. */
export const retentionDays = z.coerce.number().int().min(31).max(36_525).default(1_827);

/** After how many days what identifies somebody is taken out of decisions; unset, never before they are dropped. */
export const redactAfterDays = z.coerce.number().int().min(31).max(36_525).optional();

/** What the store's command lines read. @throws ConfigError */
export function loadStoreConfig(): z.output<typeof schema> {
  return parseEnv(schema, process.env);
}

const auditSchema = schema.extend({ MODEL_DIR: z.string().optional() });

/** … and the one that audits: also where the registry's own history is. @throws ConfigError */
export function loadAuditConfig(): z.output<typeof schema> & { readonly registry: string } {
  const { MODEL_DIR, ...config } = parseEnv(auditSchema, process.env);
  return { ...config, registry: MODEL_DIR ?? join(dataDir(), "registry") };
}

const retentionSchema = schema.extend({
  RETENTION_DAYS: retentionDays,
  REDACT_AFTER_DAYS: redactAfterDays,
});

/** … and the one that drops. @throws ConfigError */
export function loadRetentionConfig(): z.output<typeof retentionSchema> {
  return parseEnv(retentionSchema, process.env);
}
