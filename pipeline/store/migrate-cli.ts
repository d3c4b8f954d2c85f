import { setTimeout as sleep } from "node:timers/promises";
import { openDatabase } from "../../platform/process/database.ts";
import { configOrExit } from "../../platform/process/env.ts";
import { messageOf } from "../../platform/process/errors.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { loadStoreConfig } from "./config.ts";
import { isDatabaseAway } from "./failure.ts";
import { migrate } from "./migrate.ts";
import type { Database } from "./schema.ts";

/** How long a database that does not answer is waited for, milliseconds. */
const PATIENCE_MS = 60_000;

/**
 * `npm run migrate`: brings the schema up to date, the one job that does. Forward only; run it before the processes of a
 * new version start (the Procfile's `release`). Safe to run again, and from two places at once. Exits with 1, and nothing
 * changed, when it cannot.
 */
const logger = createLogger("migrate", "info");
const db = openDatabase<Database>(
  configOrExit(loadStoreConfig).DATABASE_URL,
  createLogger("migrate", "silent"),
  1,
);
try {
  const ran = await patiently();
  logger.info({ ran }, ran.length > 0 ? "the schema is up to date now" : "the schema is up to date");
} catch (error) {
  logger.error({ err: messageOf(error).slice(0, 1_000) }, "not migrated; nothing was changed");
  process.exitCode = 1;
} finally {
  await db.destroy();
}

async function patiently(): Promise<string[]> {
  const end = Date.now() + PATIENCE_MS;
  for (let said = false; ; said = true) {
    try {
      return await migrate(db);
    } catch (error) {
      if (!isDatabaseAway(error) || Date.now() > end) throw error;
      if (!said) logger.warn({ err: messageOf(error) }, "the database does not answer yet, waiting");
      await sleep(500);
    }
  }
}
