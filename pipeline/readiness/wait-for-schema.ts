import { setTimeout as sleep } from "node:timers/promises";
import type { Kysely } from "kysely";
import type { Logger } from "../../platform/process/logger.ts";
import type { Database } from "../store/schema.ts";
import { databaseTrouble } from "./database.ts";

const EVERY_MS = 500;

/**
 * Waits until the database takes what this version writes. Only `npm run migrate` changes the schema; whoever needs it
 * waits here, and the log says for what.
 *
 * @returns false when the process stops first
 */
export async function waitForSchema(
  db: Kysely<Database>,
  logger: Logger,
  stopping: AbortSignal,
): Promise<boolean> {
  for (let said = ""; !stopping.aborted; ) {
    const trouble = await databaseTrouble(db);
    if (trouble === undefined) return true;
    if (trouble !== said) logger.warn(`waiting: PostgreSQL ${trouble}`);
    said = trouble;
    await sleep(EVERY_MS, undefined, { signal: stopping }).catch(() => {});
  }
  return false;
}
