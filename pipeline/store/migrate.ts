import { type Kysely, type Migration, sql, type Transaction } from "kysely";
import { first } from "./migrations/0001-first.ts";
import { operations } from "./migrations/0002-operations.ts";
import { freeSource } from "./migrations/0003-free-source.ts";
import { amountsByCurrency } from "./migrations/0004-amounts-by-currency.ts";
import { ledger } from "./migrations/0005-ledger.ts";
import { droppedCases } from "./migrations/0006-dropped-cases.ts";
import { roles } from "./migrations/0007-roles.ts";
import { accounts } from "./migrations/0008-accounts.ts";
import { apiKeys } from "./migrations/0009-api-keys.ts";
import { auditSearch } from "./migrations/0010-audit-search.ts";
import { droppedTotals } from "./migrations/0011-dropped-totals.ts";
import { tidy } from "./migrations/0012-tidy.ts";
import { policy } from "./migrations/0013-policy.ts";
import { ownFields } from "./migrations/0014-own-fields.ts";
import { queueWithoutCases } from "./migrations/0016-queue-without-cases.ts";
import { neighbours } from "./migrations/0017-neighbours.ts";
import { imported } from "./migrations/0018-imported.ts";
import { howRead } from "./migrations/0019-how-read.ts";
import { featuresAsSeen } from "./migrations/0020-features-as-seen.ts";
import { deadLetterStates } from "./migrations/0021-dead-letters.ts";
import { extra } from "./migrations/0022-extra.ts";
import { biViews } from "./migrations/0023-bi-views.ts";
import { alerts } from "./migrations/0024-alerts.ts";
import { webhooks } from "./migrations/0025-webhooks.ts";
import { keeping } from "./migrations/0027-keeping.ts";
import { review } from "./migrations/0028-review.ts";
import { queueOrders } from "./migrations/0029-queue-orders.ts";
import { watch } from "./migrations/0030-watch.ts";
import { models } from "./migrations/0031-models.ts";
import { queueViews } from "./migrations/0032-queue-views.ts";
import type { Database } from "./schema.ts";

/** In the order they run; a migration that has landed is never changed. */
const migrations: Record<string, Migration> = {
  "0001-first": first,
  "0002-operations": operations,
  "0003-free-source": freeSource,
  "0004-amounts-by-currency": amountsByCurrency,
  "0005-ledger": ledger,
  "0006-dropped-cases": droppedCases,
  "0007-roles": roles,
  "0008-accounts": accounts,
  "0009-api-keys": apiKeys,
  "0010-audit-search": auditSearch,
  "0011-dropped-totals": droppedTotals,
  "0012-tidy": tidy,
  "0013-policy": policy,
  "0014-own-fields": ownFields,
  "0016-queue-without-cases": queueWithoutCases,
  "0017-neighbours": neighbours,
  "0018-imported": imported,
  "0019-how-read": howRead,
  "0020-features-as-seen": featuresAsSeen,
  "0021-dead-letters": deadLetterStates,
  "0022-extra": extra,
  "0023-bi-views": biViews,
  "0024-alerts": alerts,
  "0025-webhooks": webhooks,
  "0027-keeping": keeping,
  "0028-review": review,
  "0029-queue-orders": queueOrders,
  "0030-watch": watch,
  "0031-models": models,
  "0032-queue-views": queueViews,
};

/** What this version's code needs to have run. */
export const NEEDED_MIGRATIONS: readonly string[] = Object.keys(migrations);

/** Where it stands which migrations have run; as Kysely keeps it, which wrote it up to 0.2.0. */
export const MIGRATION_TABLE = "paysecure_migration";
/** What they were called up to 0.2.0: Kysely's own names. */
const EARLIER_TABLE = "kysely_migration";
const EARLIER_LOCK = "kysely_migration_lock";
/** How migrations of ours are named. */
const OURS = /^\d{4}-[a-z-]+$/;

/**
 * Brings the schema up to date, in one transaction and under a lock that ends with it: safe from several processes at
 * once, also behind a pooler that lends a connection for a transaction alone (there Kysely's Migrator, whose lock is the
 * session's, locks one connection and migrates on another).
 *
 * @returns the names of the migrations that ran now
 * @throws Error in words for a database that cannot be ours, or the database's error; what the failed run changed is rolled back
 */
export async function migrate(db: Kysely<Database>): Promise<string[]> {
  return migrateTo(db, NEEDED_MIGRATIONS.at(-1)!);
}

/** … up to a migration of an earlier version; tests begin there. */
export async function migrateTo<DB>(db: Kysely<DB>, name: string): Promise<string[]> {
  const schema = await fitSchema(db);
  // What another has committed while this waited for the lock is to be seen, however the role is set up.
  const transaction = db.transaction().setIsolationLevel("read committed");
  return await transaction.execute(async (trx) => {
    await sql`select set_config('lock_timeout', '1h', true), set_config('statement_timeout', '0', true)`.execute(
      trx,
    );
    await sql`select pg_advisory_xact_lock(hashtextextended('paysecure migrations', 0))`.execute(trx);
    await takeOver(trx, schema);
    const table = sql.table(`${schema}.${MIGRATION_TABLE}`);
    await sql`create table if not exists ${table} (
      name varchar(255) not null primary key, timestamp varchar(255) not null)`.execute(trx);
    const { rows } = await sql<{ name: string }>`select name from ${table} order by name`.execute(trx);
    const ran = rows.map((row) => row.name);
    const unknown = ran.find((each, i) => each !== NEEDED_MIGRATIONS[i]);
    if (unknown !== undefined) {
      throw new Error(
        `the database has been migrated by another version (${unknown}): start that one, or a later one`,
      );
    }
    const todo = NEEDED_MIGRATIONS.slice(ran.length).filter((each) => each <= name);
    for (const each of todo) {
      await migrations[each]!.up(trx);
      await sql`insert into ${table} (name, timestamp) values (${each}, ${new Date().toISOString()})`.execute(
        trx,
      );
    }
    return todo;
  });
}

/** Whether no migration has ever run: a database that was just made. @throws the database's error */
export async function isUnmigrated(db: Kysely<Database>): Promise<boolean> {
  const { rows } = await sql<{ none: boolean }>`
    select to_regclass(${MIGRATION_TABLE}) is null and to_regclass('decisions') is null as none`.execute(db);
  return rows[0]?.none ?? false;
}

/**
 * The schema that our tables are in: the first of the role's search path that there is.
 *
 * @throws Error in words when there is none, or the database keeps text in another way than UTF-8
 */
async function fitSchema<DB>(db: Kysely<DB>): Promise<string> {
  const { rows } = await sql<{ schema: string | null; path: string; encoding: string; is_new: boolean }>`
    select current_schema() as schema, current_setting('search_path') as path,
           current_setting('server_encoding') as encoding, to_regclass('decisions') is null as is_new`.execute(
    db,
  );
  const [{ schema, path, encoding, is_new } = { schema: null, path: "", encoding: "", is_new: true }] = rows;
  if (is_new && encoding !== "UTF8") {
    throw new Error(
      `the database keeps text as ${encoding}, which cannot hold every name: create it with encoding 'UTF8'`,
    );
  }
  if (schema === null) throw new Error(`none of the schemas in the search path (${path}) is there`);
  return schema;
}

/**
 * Earlier versions wrote into Kysely's own tables, which every application with Kysely has: where those are ours and
 * nobody else's they become {@link MIGRATION_TABLE}.
 */
async function takeOver<DB>(trx: Transaction<DB>, schema: string): Promise<void> {
  const at = (name: string) => sql`to_regclass(quote_ident(${schema}) || '.' || quote_ident(${name}))`;
  const { rows } = await sql<{ earlier: boolean }>`
    select ${at(MIGRATION_TABLE)} is null and ${at(EARLIER_TABLE)} is not null
             and ${at("decisions")} is not null as earlier`.execute(trx);
  if (!rows[0]?.earlier) return;
  const ran = await sql<{ name: string }>`
    select name from ${sql.table(`${schema}.${EARLIER_TABLE}`)}`.execute(trx);
  const names = ran.rows.map(({ name }) => name);
  // A later version may have written names that this one does not know, in the same manner.
  const ours = names.includes(NEEDED_MIGRATIONS[0]!) && names.every((name) => OURS.test(name));
  if (!ours) return;
  await sql`alter table ${sql.table(`${schema}.${EARLIER_TABLE}`)} rename to ${sql.ref(MIGRATION_TABLE)}`.execute(
    trx,
  );
  await sql`drop table if exists ${sql.table(`${schema}.${EARLIER_LOCK}`)}`.execute(trx);
}
