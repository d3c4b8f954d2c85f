import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { recordDecisions } from "../record/record-decisions.ts";
import { decision, emptyLedger, SLA } from "../store/testing.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";
import { historyOf, storedRows } from "./history.ts";

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store?.close());
beforeEach(() => emptyLedger(store.db));

const HOUR_MS = 3_600_000;

/** @param hours from now; the label is known as late again */
async function imported(id: string, hours: number, fraud: boolean | null = null, knownIn = hours) {
  const moment = (at: number): string => new Date(Date.now() + at * HOUR_MS).toISOString();
  await sql`
    insert into imported_transactions
      (transaction_id, content_hash, schema_name, event_time, entities, is_fraud, label_known_at)
    values (${id}, decode(md5('x'), 'hex'), 'own', ${moment(hours)}, '{"customer": "c"}', ${fraud},
      ${fraud === null ? null : moment(knownIn)})`.execute(store.db);
}

async function ids(atOnce?: number): Promise<string[][]> {
  const parts: string[][] = [];
  for await (const { payments } of historyOf(store.db, atOnce)) {
    parts.push(payments.map(({ payment }) => payment.transactionId));
  }
  return parts;
}

test("imported payments stand among decided ones where they happened, and once where they were decided, too", async () => {
  await imported("late", 2);
  await imported("early", -3);
  for (const id of ["both", "early too"]) await imported(id, -2);
  await recordDecisions(store.db, [decision("live 1"), decision("both"), decision("live 2")], SLA);
  expect(await ids()).toEqual([["early", "early too", "both", "live 1", "live 2", "late"]]);
  expect(await ids(2)).toEqual([
    ["early", "early too"],
    ["both", "live 1"],
    ["live 2", "late"],
  ]);
});

test("no payments are no parts; a page of nothing but decided ones is no end", async () => {
  expect(await ids()).toEqual([]);
  for (const [i, id] of ["a", "b", "c"].entries()) await imported(id, i - 9);
  await recordDecisions(store.db, [decision("a"), decision("b")], SLA);
  expect((await ids(1)).flat()).toEqual(["c", "a", "b"]);
});

test("a label that is not known yet is none", async () => {
  await imported("known", -3, true, -1);
  await imported("not yet", -2, true, 1);
  await imported("nobody knows", -1);
  const rows = [];
  for await (const some of storedRows(store.db)) rows.push(...some);
  expect(rows.map(({ line, label }) => [line, label?.fraud])).toEqual([
    [1, true],
    [2, undefined],
    [3, undefined],
  ]);
});

test("what was redacted is passed over, a page of nothing else is no end", async () => {
  for (const [i, id] of ["a", "b", "c"].entries()) await imported(id, i - 9);
  await recordDecisions(store.db, [decision("d"), decision("e"), decision("f")], SLA);
  await sql`update imported_transactions set redacted_at = now() where transaction_id in ('a', 'b')`.execute(
    store.db,
  );
  await sql`update decisions set redacted_at = now() where transaction_id in ('d', 'e')`.execute(store.db);
  expect((await ids(1)).flat()).toEqual(["c", "f"]);
});
