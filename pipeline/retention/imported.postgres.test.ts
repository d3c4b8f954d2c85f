import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ANN } from "../store/testing.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";
import { countExpiredImports, dropExpiredImports } from "./imported.ts";

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store?.close());

test("imported payments go by when they were imported, are counted, and their going is written down", async () => {
  const { db } = store;
  await sql`
    insert into imported_transactions (transaction_id, content_hash, schema_name, event_time, imported_at)
    select 't' || n, decode(md5('x'), 'hex'), 'own', '2018-01-01', now() - n * interval '1 day'
    from generate_series(0, 99) n`.execute(db);
  expect(await countExpiredImports(db, 60)).toBe(40);
  expect(await dropExpiredImports(db, 60, ANN)).toBe(40);
  expect(await dropExpiredImports(db, 60)).toBe(0);
  const { rows } = await sql`select count(*)::int8 as n from imported_transactions`.execute(db);
  expect(rows).toEqual([{ n: 60 }]);
  const acts = await db.selectFrom("audit_log").select(["act", "actor", "detail"]).execute();
  expect(acts).toEqual([
    { act: "retention.imports_dropped", actor: ANN, detail: { payments: 40, older_than_days: 60 } },
  ]);
});
