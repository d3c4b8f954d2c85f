import { type Kysely, sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestStore, type TestStore } from "../testing/test-store.ts";
import type { Database } from "./schema.ts";
import { tidyUp } from "./tidy-up.ts";

let store: TestStore;
let db: Kysely<Database>;
beforeAll(async () => {
  store = await openTestStore("embedded");
  db = store.db;
});
afterAll(() => store?.close());

const through = async (messages: number): Promise<void> => {
  await sql`
    insert into outbox (key, kind, payload)
    select 'case:' || n, 'decisions.recorded', '{"count": 1, "flagged": 0}' from generate_series(1, ${messages}::int) as n`.execute(
    db,
  );
  await sql`delete from outbox`.execute(db);
};
const pages = async (): Promise<number> =>
  (await sql<{ pages: number }>`select (pg_relation_size('outbox') / 8192)::int as pages`.execute(db))
    .rows[0]!.pages;

test("what went through the outbox takes no room for ever, and a table in order is left alone", async () => {
  expect(await tidyUp(db)).toEqual([]);
  await through(20_000);
  expect(await pages()).toBeGreaterThan(100);
  // What was done is told to the statistics a little later.
  await expect.poll(() => tidyUp(db), { timeout: 20_000, interval: 500 }).toContain("outbox");
  expect(await pages()).toBeLessThan(10);
  await through(100);
  expect(await tidyUp(db)).toEqual([]);
});
