import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sql } from "kysely";
import pg from "pg";
import { migrate } from "../../pipeline/store/migrate.ts";
import { findDrift } from "../../pipeline/store/reconcile.ts";
import type { Database } from "../../pipeline/store/schema.ts";
import { openDatabase } from "../../platform/process/database.ts";
import { createLogger } from "../../platform/process/logger.ts";
import type { BenchPostgres } from "../servers/postgres.ts";
import { type Filling, fill } from "./fill.ts";

/** Stores of at most so many rows are compared with their counters: a larger one takes minutes. */
const COMPARED_ROWS = 1_000_000;

const logger = createLogger("bench", "silent");

/** A filled database of the server's. */
export interface FilledStore {
  readonly url: string;
  readonly decisions: number;
  readonly cases: number;
}

/**
 * Fills a database of its own, once where the server's folder is kept.
 *
 * @param keep the server's folder, where it is noted what was filled
 * @throws Error when the counters do not agree with the rows
 */
export async function filledStore(
  postgres: BenchPostgres,
  filling: Filling,
  keep: string | undefined,
): Promise<FilledStore> {
  const name = `rows_${filling.rows}`;
  const url = postgres.url.replace(/\/[^/]+$/, `/${name}`);
  const done = keep === undefined ? undefined : join(keep, `${name}.json`);
  const kept: unknown = done && existsSync(done) ? JSON.parse(readFileSync(done, "utf8")) : undefined;
  const signature = { schema: "0005", ...filling };
  if (JSON.stringify(kept) !== JSON.stringify(signature)) {
    const server = new pg.Client({ connectionString: postgres.url });
    await server.connect();
    await server.query(`drop database if exists ${name} with (force)`);
    await server.query(`create database ${name}`);
    // What is filled can be filled again: it need not outlive a crash.
    await server.query(`alter database ${name} set maintenance_work_mem = '512MB'`);
    await server.end();
    const db = openDatabase<Database>(`${url}?options=-c%20synchronous_commit%3Doff`, logger, 1);
    try {
      await migrate(db);
      await fill(db, filling, (text) => console.log(`       ${name}: ${text}`));
    } finally {
      await db.destroy();
    }
    if (done) writeFileSync(done, JSON.stringify(signature));
  }
  const db = openDatabase<Database>(url, logger, 1);
  try {
    await migrate(db);
    if (filling.rows <= COMPARED_ROWS) {
      const drift = await findDrift(db);
      if (drift.length > 0)
        throw new Error(`${name}: counters differ from rows: ${JSON.stringify(drift.slice(0, 3))}`);
    }
    const { rows } = await sql<{ decisions: number; cases: number }>`
      select sum(transactions)::int8 as decisions, sum(cases_opened)::int8 as cases from counters_total`.execute(
      db,
    );
    return { url, decisions: rows[0]?.decisions ?? 0, cases: rows[0]?.cases ?? 0 };
  } finally {
    await db.destroy();
  }
}
