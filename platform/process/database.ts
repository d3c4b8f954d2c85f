import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import type { Logger } from "./logger.ts";
import { postgresConnection } from "./postgres-connection.ts";

const INT8_OID = 20;

/**
 * A Kysely handle over a small pool. int8 comes back as a number (counts stay below 2^53).
 *
 * @param url `postgres://` URL; PGlite's socket server and a real PostgreSQL alike
 * @param max connections at most
 * @throws Error when the URL's `sslmode` or a file it names is wrong
 */
export function openDatabase<DB>(url: string, logger: Logger, max = 4): Kysely<DB> {
  const types = new pg.TypeOverrides();
  types.setTypeParser(INT8_OID, Number);
  const { config, Client } = postgresConnection(url);
  const pool = new pg.Pool({
    ...config,
    Client,
    max,
    types,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
  });
  // A server may end a connection at any moment: an idle one says so through the pool, one that is checked out (between
  // two statements) only itself. Unheard, either would end the process. Work on it fails at its next statement.
  pool.on("error", (error) => logger.warn({ err: error.message }, "idle database connection lost"));
  pool.on("connect", (client) => {
    client.on("error", (error) => logger.warn({ err: error.message }, "database connection lost"));
  });
  return new Kysely<DB>({ dialect: new PostgresDialect({ pool }) });
}
