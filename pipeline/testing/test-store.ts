import { startTestPostgres } from "../../platform/embedded/testing/postgres.ts";
import { openDatabase } from "../../platform/process/database.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { migrate } from "../store/migrate.ts";
import type { Database } from "../store/schema.ts";

/** A store of a test's own: empty, its schema up to date. */
export interface TestStore {
  readonly url: string;
  readonly db: ReturnType<typeof openDatabase<Database>>;
  close(): Promise<void>;
}

/** Opens one, on PGlite if asked for or where there is no other. */
export async function openTestStore(on: "any" | "embedded" = "any"): Promise<TestStore> {
  const postgres = await startTestPostgres(on === "any" ? "migrated" : "embedded");
  const db = openDatabase<Database>(postgres.url, createLogger("test", "silent"));
  await migrate(db);
  return {
    url: postgres.url,
    db,
    close: async () => {
      await db.destroy();
      await postgres.stop();
    },
  };
}
