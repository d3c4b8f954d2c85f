import { randomUUID } from "node:crypto";
import { type Kysely, sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { recordDecisions } from "../record/record-decisions.ts";
import { giveVerdict } from "../review/verdict.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";
import { foldCounters } from "./fold-counters.ts";
import type { Database } from "./schema.ts";
import { ANN, decision, risky, SLA } from "./testing.ts";

/** What is promised to whoever built a report on them (docs/export.md): never changed, only added to at the end. */
const PROMISED = {
  bi_cases:
    "case_id transaction_id opened_at due_at status risk_tier fraud_probability amount currency escalated_at verdict decided_by decided_at",
  bi_daily:
    "day risk_tier currency transactions amount fraud_predicted cases_opened cases_escalated verdicts_fraud verdicts_legitimate",
  bi_decisions:
    "transaction_id decided_at event_time source amount currency card_token merchant_id merchant_category country channel fields entities fraud_probability risk_tier action sent_to_review fraud_predicted model_name model_version policy_version without_history",
  bi_labels: "transaction_id label source labelled_by labelled_at",
};

let store: TestStore;
let db: Kysely<Database>;
beforeAll(async () => {
  store = await openTestStore();
  db = store.db;
  await recordDecisions(
    db,
    [
      decision("a", { amount: 10.5 }),
      decision("b", { amount: 0.1 }),
      decision("yen", { amount: 1_000, currency: "JPY" }),
      risky("dinar", { amount: 1.234, currency: "KWD" }),
    ],
    SLA,
  );
});
afterAll(() => store?.close());

test("their columns are as they were promised", async () => {
  const { rows } = await sql<{ name: string; columns: string }>`
    select table_name as name, string_agg(column_name, ' ' order by ordinal_position) as columns
    from information_schema.columns where table_name like 'bi\\_%' group by 1 order by 1`.execute(db);
  expect(Object.fromEntries(rows.map(({ name, columns }) => [name, columns]))).toEqual(PROMISED);
});

test("money is exact in units of its currency, and days say what rows say, folded or not", async () => {
  const read = async (what: string) =>
    (
      await sql<{
        line: string;
      }>`select ${sql.raw(what)} as line from bi_decisions order by transaction_id`.execute(db)
    ).rows.map(({ line }) => line);
  expect(await read("concat_ws(' ', transaction_id, amount, currency, sent_to_review)")).toEqual([
    "a 10.50 EUR f",
    "b 0.10 EUR f",
    "dinar 1.234 KWD t",
    "yen 1000 JPY f",
  ]);
  const days = async () =>
    (
      await sql<{ line: string }>`
        select concat_ws(' ', risk_tier, currency, transactions, amount, cases_opened) as line
        from bi_daily order by 1`.execute(db)
    ).rows.map(({ line }) => line);
  const expected = ["critical KWD 1 1.234 1", "low EUR 2 10.60 0", "low JPY 1 1000 0"];
  expect(await days()).toEqual(expected);
  await foldCounters(db, "test");
  expect(await days()).toEqual(expected);
});

test("a role that may read the views reads nothing else, and nothing of what the simulator knows", async () => {
  const { case_id } = await db.selectFrom("review_cases").select("case_id").executeTakeFirstOrThrow();
  await giveVerdict(db, { caseId: case_id, actor: ANN, verdict: "fraud", note: "" });
  await db
    .insertInto("labels")
    .values({
      ...{ transaction_id: "a", label: "legitimate", source: "truth" },
      ...{ labelled_by: JSON.stringify(ANN), labelled_at: new Date() },
    })
    .execute();
  const reader = sql.id(`bi_${randomUUID()}`);
  await sql`create role ${reader}`.execute(db);
  await sql`grant select on bi_decisions, bi_cases, bi_labels, bi_daily to ${reader}`.execute(db);
  const asReader = (table: string) =>
    db.transaction().execute(async (trx) => {
      await sql`set local role ${reader}`.execute(trx);
      const { rows } = await sql<Record<string, unknown>>`select * from ${sql.table(table)}`.execute(trx);
      return rows;
    });
  expect(await asReader("bi_decisions")).toHaveLength(4);
  expect(await asReader("bi_cases")).toMatchObject([{ verdict: "fraud", decided_by: "ann" }]);
  expect(await asReader("bi_labels")).toMatchObject([{ transaction_id: "dinar", labelled_by: "ann" }]);
  for (const table of ["decisions", "labels", "review_cases", "audit_log"]) {
    await expect(asReader(table)).rejects.toThrow(/permission denied/);
  }
  await sql`drop owned by ${reader}`.execute(db);
  await sql`drop role ${reader}`.execute(db);
});
