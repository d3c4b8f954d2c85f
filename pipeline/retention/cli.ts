import { openDatabase } from "../../platform/process/database.ts";
import { configOrExit } from "../../platform/process/env.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { operator } from "../../platform/process/operator.ts";
import { loadRetentionConfig } from "../store/config.ts";
import type { Database } from "../store/schema.ts";
import { countExpiredImports, dropExpiredImports } from "./imported.ts";
import { dropExpired, listExpired } from "./retention.ts";

/**
 * `npm run retention [-- --dry-run]`: drops months of decisions older than `RETENTION_DAYS`, as the worker does by
 * itself; with `--dry-run` says which would go.
 */
const config = configOrExit(loadRetentionConfig);
const db = openDatabase<Database>(config.DATABASE_URL, createLogger("retention", "warn"), 1);
try {
  const dryRun = process.argv.includes("--dry-run");
  const months = dryRun
    ? await listExpired(db, config.RETENTION_DAYS)
    : await dropExpired(db, config.RETENTION_DAYS, operator());
  for (const { from, decisions, keptBecause } of months) {
    const what = keptBecause === null ? (dryRun ? "would go" : "dropped") : `stays: ${keptBecause}`;
    process.stdout.write(`${from.toISOString().slice(0, 7)}: ${decisions} decisions, ${what}\n`);
  }
  const imported = dryRun
    ? await countExpiredImports(db, config.RETENTION_DAYS)
    : await dropExpiredImports(db, config.RETENTION_DAYS, operator());
  if (imported > 0)
    process.stdout.write(`imported: ${imported} payments, ${dryRun ? "would go" : "dropped"}\n`);
  if (months.length === 0 && imported === 0)
    process.stdout.write(`nothing is older than ${config.RETENTION_DAYS} days\n`);
} finally {
  await db.destroy();
}
