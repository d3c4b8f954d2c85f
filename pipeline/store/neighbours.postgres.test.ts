import { type Kysely, type Migration, Migrator, type RawBuilder, sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startTestPostgres, type TestPostgres } from "../../platform/embedded/testing/postgres.ts";
import { openDatabase } from "../../platform/process/database.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { databaseTrouble } from "../readiness/database.ts";
import { migrate, NEEDED_MIGRATIONS } from "./migrate.ts";
import { preparePartitions } from "./partitions.ts";
import type { Database } from "./schema.ts";

const logger = createLogger("test", "silent");
let postgres: TestPostgres;
let db: Kysely<Database>;

beforeEach(async () => {
  postgres = await startTestPostgres("embedded");
  db = openDatabase<Database>(postgres.url, logger, 2);
});
afterEach(async () => {
  await db.destroy();
  await postgres.stop();
});

/** Another application's migrations, as Kysely runs them. */
function neighbour(): Migrator {
  const theirs: Migration = {
    up: async (their: Kysely<unknown>) => {
      await sql`create table invoices (id int)`.execute(their);
    },
  };
  return new Migrator({ db, provider: { getMigrations: async () => ({ "2024-invoices": theirs }) } });
}

const namesIn = async (table: string): Promise<string[]> =>
  (await sql<{ name: string }>`select name from ${sql.table(table)} order by name`.execute(db)).rows.map(
    ({ name }) => name,
  );

test("another Kysely application in the same schema neither disturbs nor is disturbed, whoever comes first", async () => {
  expect((await neighbour().migrateToLatest()).error).toBeUndefined();
  expect(await migrate(db)).toEqual(NEEDED_MIGRATIONS);
  expect(await databaseTrouble(db)).toBeUndefined();
  expect(await migrate(db)).toEqual([]);
  expect((await neighbour().migrateToLatest()).error).toBeUndefined();
  expect(await namesIn("kysely_migration")).toEqual(["2024-invoices"]);
});

test("what an earlier version wrote into Kysely's own tables is taken over, with the names of later versions", async () => {
  await migrate(db);
  await sql`alter table paysecure_migration rename to kysely_migration`.execute(db);
  await sql`create table kysely_migration_lock (id text primary key, is_locked int)`.execute(db);
  await sql`insert into kysely_migration values ('9998-of-a-later-version', '')`.execute(db);
  expect(await databaseTrouble(db)).toContain("run npm run migrate");
  // What is not known is refused: nothing is run, and all of it is kept.
  await expect(migrate(db)).rejects.toThrow(
    "migrated by another version (9998-of-a-later-version): start that one",
  );
  await sql`delete from kysely_migration where name like '9998%'`.execute(db);
  expect(await migrate(db)).toEqual([]);
  expect(await databaseTrouble(db)).toBeUndefined();
  const { rows } = await sql`
    select to_regclass('kysely_migration') as there, to_regclass('kysely_migration_lock') as lock`.execute(
    db,
  );
  expect(rows).toEqual([{ there: null, lock: null }]);
});

test("tables of another application that are not ours alone are left, also beside tables of our names", async () => {
  await neighbour().migrateToLatest();
  await sql`create table decisions (id int)`.execute(db);
  await expect(migrate(db)).rejects.toThrow("decisions");
  expect(await namesIn("kysely_migration")).toEqual(["2024-invoices"]);
});

test("a second house in a schema of its own has tables of its own", async () => {
  await migrate(db);
  await sql`create schema second`.execute(db);
  const other = openDatabase<Database>(`${postgres.url}?options=-c%20search_path%3Dsecond`, logger, 1);
  try {
    await sql`set search_path to second`.execute(other);
    expect(await databaseTrouble(other)).toContain("has not got our tables");
    expect(await migrate(other)).toEqual(NEEDED_MIGRATIONS);
    expect(await databaseTrouble(other)).toBeUndefined();
  } finally {
    await sql`set search_path to public`.execute(other);
    await other.destroy();
  }
});

test("a house lies in its schema alone, in a shape that can be a distributed schema of Citus", async () => {
  await sql`create schema house`.execute(db);
  await db.connection().execute(async (one) => {
    await sql`set search_path to house`.execute(one);
    await migrate(one);
    await preparePartitions(one);
    await sql`set search_path to public`.execute(one);
  });
  const names = async (what: RawBuilder<{ name: string }>): Promise<string[]> =>
    (await what.execute(db)).rows.map(({ name }) => name);
  const theirs = sql`n.nspname not in ('house', 'information_schema') and n.nspname !~ '^pg_'`;
  // Of ours, nothing lies elsewhere.
  expect(
    await names(sql`select relname as name from pg_class c join pg_namespace n on n.oid = relnamespace where ${theirs}
      union all select proname from pg_proc join pg_namespace n on n.oid = pronamespace where ${theirs}
      union all select typname from pg_type join pg_namespace n on n.oid = typnamespace where ${theirs}`),
  ).toEqual([]);
  const tables = await names(
    sql`select relname as name from pg_class where relnamespace = 'house'::regnamespace`,
  );
  expect(tables).toEqual(expect.arrayContaining(["decisions", "paysecure_migration", "audit_log"]));
  expect(
    await names(sql`select conname as name from pg_constraint join pg_class r on r.oid = confrelid
      where contype = 'f' and r.relnamespace <> 'house'::regnamespace`),
  ).toEqual([]);
  // One level of partitions.
  expect(
    await names(sql`select c.relname as name from pg_class c where c.relkind = 'p' and c.relispartition`),
  ).toEqual([]);
  expect(
    await names(sql`select c.relname as name from pg_class c where c.relispartition and relkind = 'r'`),
  ).not.toEqual([]);
  expect(
    await names(
      sql`select sequencename as name from pg_sequences where schemaname = 'house' and data_type <> 'bigint'::regtype order by name`,
    ),
    // Two tables whose rows are written by hand: by the coordinator.
  ).toEqual(["policies_policy_id_seq", "policy_back_tests_back_test_id_seq"]);
  expect(
    await names(
      sql`select rulename as name from pg_rules where schemaname = 'house' and rulename <> '_RETURN'`,
    ),
  ).toEqual([]);
  // docs/scaling.md says of each why it may be let pass.
  expect(
    await names(sql`select tgname as name from pg_trigger join pg_class c on c.oid = tgrelid
      where not tgisinternal and c.relnamespace = 'house'::regnamespace`),
  ).toEqual(["audit_log_append_only"]);
});

test("a search path without a schema that is there is said", async () => {
  await db.connection().execute(async (one) => {
    await sql`set search_path to nowhere`.execute(one);
    await expect(migrate(one)).rejects.toThrow("none of the schemas in the search path (nowhere) is there");
    await sql`set search_path to public`.execute(one);
  });
});
