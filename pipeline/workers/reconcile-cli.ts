import { openDatabase } from "../../platform/process/database.ts";
import { configOrExit } from "../../platform/process/env.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { operator } from "../../platform/process/operator.ts";
import { auditRepairs } from "../audit/repairs.ts";
import { loadStoreConfig } from "../store/config.ts";
import { findDrift, repairDrift } from "../store/reconcile.ts";
import type { Database } from "../store/schema.ts";

/**
 * `npm run reconcile [-- --repair]`: recounts every counter from the decisions and prints what differs, one line each.
 * Exits with 0 when nothing does or it was repaired, with 1 otherwise.
 */
const repair = process.argv.includes("--repair");
const db = openDatabase<Database>(
  configOrExit(loadStoreConfig).DATABASE_URL,
  createLogger("reconcile", "warn"),
  1,
);
try {
  const drift = repair ? await repairDrift(db, auditRepairs(operator())) : await findDrift(db);
  for (const { day, riskTier, currency, counted, rows } of drift) {
    const money = currency === null ? "" : ` ${currency}`;
    process.stdout.write(`${day ?? "all days"} ${riskTier}${money}: counted ${counted}, rows ${rows}\n`);
  }
  const verdict =
    drift.length === 0 ? "counters equal the rows" : repair ? "repaired" : "run again with --repair";
  process.stdout.write(`${verdict}\n`);
  process.exitCode = drift.length === 0 || repair ? 0 : 1;
} finally {
  await db.destroy();
}
