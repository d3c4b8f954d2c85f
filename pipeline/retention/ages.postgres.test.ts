import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ANN } from "../store/testing.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";
import { dropAged, listAged } from "./ages.ts";

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
  const name = "imported_transactions";
  expect(await listAged(db, 60)).toMatchObject([{ name, rows: 40 }]);
  expect(await dropAged(db, 60, ANN)).toMatchObject([{ name, rows: 40 }]);
  expect(await dropAged(db, 60)).toEqual([]);
  const { rows } = await sql`select count(*)::int8 as n from imported_transactions`.execute(db);
  expect(rows).toEqual([{ n: 60 }]);
  const acts = await db.selectFrom("audit_log").select(["act", "actor", "detail"]).execute();
  expect(acts).toEqual([
    { act: "retention.rows_dropped", actor: ANN, detail: { rows: 40, older_than_days: 60 } },
  ]);
});

test("dead letters go once somebody has handled them; one that waits stays, however old", async () => {
  const { db } = store;
  await sql`
    insert into dead_letters (queue, job_id, position, error_code, error, payload, at, state, handled_at, handled_by)
    select 'transactions', 'j' || n, 0, 'invalid_argument', 'no', '{}', now() - interval '90 days',
      case when n % 2 = 0 then 'discarded' else 'waiting' end,
      case when n % 2 = 0 then now() end, case when n % 2 = 0 then ${JSON.stringify(ANN)}::jsonb end
    from generate_series(1, 6) n`.execute(db);
  expect(await dropAged(db, 60, ANN)).toMatchObject([{ name: "dead_letters", rows: 3 }]);
  const left = await db.selectFrom("dead_letters").select("state").execute();
  expect(left.map(({ state }) => state)).toEqual(["waiting", "waiting", "waiting"]);
});
