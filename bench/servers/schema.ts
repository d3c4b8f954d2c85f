import { migrate } from "../../pipeline/store/migrate.ts";
import type { Database } from "../../pipeline/store/schema.ts";
import { openDatabase } from "../../platform/process/database.ts";
import { createLogger } from "../../platform/process/logger.ts";

/** Brings the schema of a database up to date, as `npm run migrate` does. @throws the database's error */
export async function prepareSchema(url: string): Promise<void> {
  const db = openDatabase<Database>(url, createLogger("bench", "silent"), 1);
  try {
    await migrate(db);
  } finally {
    await db.destroy();
  }
}
