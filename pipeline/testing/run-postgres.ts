import { postgresPrograms } from "../../platform/embedded/testing/locked-postgres.ts";
import { administer, TEMPLATE } from "../../platform/embedded/testing/postgres.ts";
import { startRealPostgres } from "../../platform/embedded/testing/real-postgres.ts";
import { setTestDatabaseUrl, testDatabaseUrl } from "../../platform/process/config.ts";
import { openDatabase } from "../../platform/process/database.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { migrate } from "../store/migrate.ts";
import type { Database } from "../store/schema.ts";

/**
 * Before a run of tests: one real PostgreSQL for all of them, where Debian's programs are there, with a database that has
 * our tables to copy. Tests that ask for the embedded one, and all of them elsewhere, have a PGlite each.
 *
 * @returns what ends it
 */
export default async function setup(): Promise<() => Promise<void>> {
  const given = testDatabaseUrl();
  if (given === undefined && postgresPrograms() === undefined) return async () => {};
  const server =
    given === undefined
      ? await startRealPostgres({
          ...{ max_connections: 300, shared_buffers: "64MB", max_locks_per_transaction: 256 },
          ...{ full_page_writes: "off", max_wal_size: "2GB", checkpoint_timeout: "1h" },
        })
      : { url: given, stop: async () => {} };
  await administer(server.url, `drop database if exists ${TEMPLATE} with (force)`);
  await administer(server.url, `create database ${TEMPLATE}`);
  const url = new URL(server.url);
  url.pathname = `/${TEMPLATE}`;
  const db = openDatabase<Database>(url.href, createLogger("test", "silent"), 1);
  await migrate(db);
  await db.destroy();
  setTestDatabaseUrl(server.url);
  return async () => {
    if (given !== undefined) await administer(server.url, `drop database if exists ${TEMPLATE} with (force)`);
    await server.stop();
  };
}
