import { type Kysely, sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestPostgres, type TestPostgres } from "../../platform/embedded/testing/postgres.ts";
import { openDatabase } from "../../platform/process/database.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { migrate } from "../store/migrate.ts";
import type { Database } from "../store/schema.ts";
import { databaseTrouble } from "./database.ts";

const logger = createLogger("test", "silent");
let postgres: TestPostgres;
let db: Kysely<Database>;

beforeAll(async () => {
  postgres = await startTestPostgres("embedded");
  db = openDatabase<Database>(postgres.url, logger, 2);
});
afterAll(async () => {
  await db.destroy();
  await postgres.stop();
});

test("a database without our tables records nothing; also when another application has migrations of its own", async () => {
  expect(await databaseTrouble(db)).toContain("has not got our tables");
  await sql`create table kysely_migration (name varchar(255) primary key, timestamp varchar(255) not null)`.execute(
    db,
  );
  await sql`insert into kysely_migration values ('2020-theirs', '')`.execute(db);
  expect(await databaseTrouble(db)).toContain("has not got our tables");
  await sql`drop table kysely_migration`.execute(db);
});

test("a migrated database is in no trouble, one that lacks a migration is", async () => {
  await migrate(db);
  expect(await databaseTrouble(db)).toBeUndefined();
  await db
    .transaction()
    .execute(async (trx) => {
      await sql`delete from paysecure_migration where name = (select max(name) from paysecure_migration)`.execute(
        trx,
      );
      expect(await databaseTrouble(trx)).toContain("of an older version");
      throw new Error("roll back");
    })
    .catch(() => {});
  await sql`insert into paysecure_migration values ('9999-of-a-newer-version', '')`.execute(db);
  expect(await databaseTrouble(db)).toBeUndefined();
});

test("a database that takes no writes is said to be read-only", async () => {
  const trouble = await db
    .transaction()
    .setAccessMode("read only")
    .execute((trx) => databaseTrouble(trx));
  expect(trouble).toContain("is read-only");
});

test("a user that may read and not write is said to lack the right", async () => {
  await sql`create role reader`.execute(db);
  await sql`grant select on all tables in schema public to reader`.execute(db);
  const trouble = await db.transaction().execute(async (trx) => {
    await sql`set local role reader`.execute(trx);
    return await databaseTrouble(trx);
  });
  expect(trouble).toBe("does not let our user write to our tables");
  await sql`drop owned by reader`.execute(db);
  await sql`drop role reader`.execute(db);
});

test("a database that is away does not answer", async () => {
  const away = openDatabase<Database>("postgres://postgres@127.0.0.1:1/postgres", logger, 1);
  expect(await databaseTrouble(away)).toBe("does not answer");
  await away.destroy();
});
