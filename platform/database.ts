import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import type { Logger } from "./logger.ts";

const INT8_OID = 20;

/**
 * A Kysely handle over a small pool. int8 comes back as a number (counts stay below 2^53).
 *
 * @param url `postgres://` URL; PGlite's socket server and a real PostgreSQL alike
 * @param max connections at most
 */
export function openDatabase<DB>(url: string, logger: Logger, max = 4): Kysely<DB> {
  const types = new pg.TypeOverrides();
  types.setTypeParser(INT8_OID, Number);
  const pool = new pg.Pool({
    connectionString: url,
    max,
    types,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
  });
  // An idle client whose server went away emits here; unheard it would end the process.
  pool.on("error", (error) => logger.warn({ err: error.message }, "idle database connection lost"));
  return new Kysely<DB>({ dialect: new PostgresDialect({ pool }) });
}
