import { type Kysely, type Migration, type MigrationProvider, Migrator, sql, type Transaction } from "kysely";
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
};

const provider: MigrationProvider = { getMigrations: async () => migrations };

/** What this version's code needs to have run. */
export const NEEDED_MIGRATIONS: readonly string[] = Object.keys(migrations);

/** Where it stands which migrations have run. */
export const MIGRATION_TABLE = "paysecure_migration";
const LOCK_TABLE = "paysecure_migration_lock";
/** What they were called up to 0.2.0: Kysely's own names. */
const EARLIER_TABLE = "kysely_migration";
const EARLIER_LOCK = "kysely_migration_lock";
/** How migrations of ours are named. */
const OURS = /^\d{4}-[a-z-]+$/;

/**
 * Brings the schema up to date. Safe from several processes at once: Kysely holds an advisory lock while it runs.
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
  await prepareTables(db, schema);
  const migrator = new Migrator({
    ...{ db, provider, migrationTableSchema: schema },
    ...{ migrationTableName: MIGRATION_TABLE, migrationLockTableName: LOCK_TABLE },
  });
  const { error, results } = await migrator.migrateTo(name);
  if (error) throw error;
  return (results ?? []).map((result) => result.migrationName);
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
 * Makes the tables that say what has run: by one at a time, because Kysely by itself looks first and makes them then, and
 * two that start together would be in each other's way. Earlier versions wrote into Kysely's own tables, which every
 * application with Kysely has: where those are ours and nobody else's they become {@link MIGRATION_TABLE}.
 */
async function prepareTables<DB>(db: Kysely<DB>, schema: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended('paysecure migrations', 0))`.execute(trx);
    await takeOver(trx, schema);
    const { rows } = await sql<{ there: boolean }>`
      select to_regclass(quote_ident(${schema}) || '.' || ${MIGRATION_TABLE}) is not null as there`.execute(
      trx,
    );
    if (rows[0]?.there) return;
    // As Kysely makes them.
    await sql`create table ${sql.table(`${schema}.${MIGRATION_TABLE}`)} (
      name varchar(255) not null primary key, timestamp varchar(255) not null)`.execute(trx);
    await sql`create table ${sql.table(`${schema}.${LOCK_TABLE}`)} (
      id varchar(255) not null primary key, is_locked integer default 0 not null)`.execute(trx);
    await sql`insert into ${sql.table(`${schema}.${LOCK_TABLE}`)} (id) values ('migration_lock')`.execute(
      trx,
    );
  });
}

async function takeOver<DB>(trx: Transaction<DB>, schema: string): Promise<void> {
  const at = (name: string) => sql`to_regclass(quote_ident(${schema}) || '.' || quote_ident(${name}))`;
  const { rows } = await sql<{ earlier: boolean; lock: boolean }>`
    select ${at(MIGRATION_TABLE)} is null and ${at(EARLIER_TABLE)} is not null
             and ${at("decisions")} is not null as earlier,
           ${at(EARLIER_LOCK)} is not null as lock`.execute(trx);
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
  if (rows[0].lock) {
    await sql`alter table ${sql.table(`${schema}.${EARLIER_LOCK}`)} rename to ${sql.ref(LOCK_TABLE)}`.execute(
      trx,
    );
  }
}
