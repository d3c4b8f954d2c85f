import { randomUUID } from "node:crypto";
import { type Kysely, sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { verifyAudit } from "../audit/verify.ts";
import { liftHold, putHold } from "../privacy/holds.ts";
import { recordDecisions } from "../record/record-decisions.ts";
import { giveVerdict } from "../review/verdict.ts";
import { getDecision } from "../store/decision-list.ts";
import { foldCounters } from "../store/fold-counters.ts";
import { createPartitions } from "../store/partitions.ts";
import { findDrift } from "../store/reconcile.ts";
import type { Database } from "../store/schema.ts";
import { readStats } from "../store/stats.ts";
import { ANN, decision, emptyLedger, risky, SLA } from "../store/testing.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";
import { planRedaction, redactExpired } from "./redact-expired.ts";
import { dropExpired, listExpired } from "./retention.ts";

const DAY_MS = 86_400_000;
let store: TestStore;
let db: Kysely<Database>;
beforeAll(async () => {
  store = await openTestStore();
  db = store.db;
  await createPartitions(db, new Date(Date.now() - 500 * DAY_MS), new Date());
});
afterAll(() => store?.close());
beforeEach(async () => {
  await emptyLedger(db);
  await sql`truncate redaction_progress, redaction_left, legal_holds`.execute(db);
});

/** Records what becomes as if it had been recorded so many days ago. @returns the cases */
async function recordAgo(
  days: number,
  ...decisions: Parameters<typeof recordDecisions>[1]
): Promise<number[]> {
  const { cases } = await recordDecisions(db, decisions, SLA);
  const ids = decisions.map((d) => d.transactionId);
  const at = sql`now() - ${days}::int * interval '1 day'`;
  await sql`update decisions set decided_at = ${at} where transaction_id = any(${ids})`.execute(db);
  await sql`update transaction_keys k set decided_at = d.decided_at from decisions d
    where d.transaction_id = k.transaction_id and k.transaction_id = any(${ids})`.execute(db);
  await sql`update review_cases c set decision_at = d.decided_at from decisions d
    where d.transaction_id = c.transaction_id and c.transaction_id = any(${ids})`.execute(db);
  return cases.map(({ caseId }) => caseId);
}

const own = { fields: { note: "to Ann" }, entities: { customer: "c-1" }, extra: { shop: "North" } };
const redact = (days = 90) => redactExpired(db, days, randomUUID());
const isRedacted = async (id: string) => (await getDecision(db, id)).redactedAt !== null;

test("what identifies somebody goes by age; what was counted, decided and judged stays", async () => {
  const [caseId] = await recordAgo(100, risky("a", { ...own, unknownFields: ["note"] }), decision("b"));
  await giveVerdict(db, { caseId: caseId!, actor: ANN, verdict: "fraud", note: "called Ann at home" });
  await recordAgo(10, decision("young", own));
  await foldCounters(db, "test");
  const [stats, before] = [await readStats(db), await getDecision(db, "a")];
  // The days that the test moved them to were not counted.
  const drift = await findDrift(db);
  const labels = await db.selectFrom("labels").selectAll().execute();
  const keys = await db.selectFrom("transaction_keys").selectAll().orderBy("transaction_id").execute();

  expect(await planRedaction(db, 90)).toEqual({
    ...{ decisions: 2, imported: 0, deadLetters: 0, left: 0, more: false },
  });
  expect(await redact()).toEqual({ decisions: 2, imported: 0, deadLetters: 0 });

  const after = await getDecision(db, "a");
  expect(after).toEqual({
    ...before,
    ...{ cardToken: null, merchantId: null, merchantCategory: null, country: null, channel: null },
    ...{ fields: null, entities: null, v: null, extra: null, unknownFields: [] },
    redactedAt: expect.any(Date),
  });
  const rows = await sql<{ note: string; reasons: unknown; said: string }>`
    select c.note, c.reasons, e.detail ->> 'note' as said from review_cases c
    join review_events e using (case_id) where e.kind = 'decided'`.execute(db);
  expect(rows.rows).toEqual([{ note: "(redacted)", reasons: [], said: "(redacted)" }]);
  expect(await isRedacted("young")).toBe(false);
  expect(await db.selectFrom("labels").selectAll().execute()).toEqual(labels);
  expect(await db.selectFrom("transaction_keys").selectAll().orderBy("transaction_id").execute()).toEqual(
    keys,
  );
  expect(await readStats(db)).toEqual({ ...stats, ratePerSecond: expect.any(Number) });
  expect(await findDrift(db)).toEqual(drift);
  const audit = JSON.stringify(await db.selectFrom("audit_log").selectAll().execute());
  expect(audit).not.toContain("Ann at home");
  expect(await verifyAudit(db)).not.toHaveProperty("fault");
  expect(await redact()).toEqual({ decisions: 0, imported: 0, deadLetters: 0 });
  // The same payment again is a repeat, and nothing of it comes back.
  const again = await recordDecisions(db, [risky("a", { ...own, unknownFields: ["note"] })], SLA);
  expect(again).toMatchObject({ inserted: 0, duplicates: 1, conflicts: [] });
  expect(await isRedacted("a")).toBe(true);
});

test("an open case and a hold keep a payment as it is, until the case is decided and the hold lifted", async () => {
  const [caseId] = await recordAgo(100, risky("open"), decision("held", own), decision("plain"));
  const hold = await putHold(
    db,
    { kind: "entity", subject: { entity: "customer", id: "c-1" } },
    "request 7",
    ANN,
  );
  expect((await redact()).decisions).toBe(1);
  expect(await planRedaction(db, 90)).toMatchObject({ decisions: 0, left: 2 });
  expect((await redact()).decisions).toBe(0);
  await giveVerdict(db, { caseId: caseId!, actor: ANN, verdict: "legitimate", note: "" });
  expect((await redact()).decisions).toBe(1);
  expect([await isRedacted("open"), await isRedacted("held")]).toEqual([true, false]);
  await liftHold(db, hold, "request 7 is over", ANN);
  expect((await redact()).decisions).toBe(1);
  expect(await isRedacted("held")).toBe(true);
  expect(await planRedaction(db, 90)).toMatchObject({ left: 0 });
  expect(JSON.stringify(await db.selectFrom("audit_log").selectAll().execute())).not.toContain("c-1");
});

test("slices go on where the last one ended, and one process redacts at a time", async () => {
  const many = Array.from({ length: 2_300 }, (_, i) => decision(`n-${i}`));
  for (let from = 0; from < many.length; from += 500) await recordAgo(100, ...many.slice(from, from + 500));
  expect((await redactExpired(db, 90, "one", { slices: 1 })).decisions).toBe(1_000);
  await db
    .insertInto("leases")
    .values({ name: "redaction", holder: "other", until: new Date(Date.now() + 60_000) })
    .execute();
  expect((await redact()).decisions).toBe(0);
  await db.deleteFrom("leases").where("name", "=", "redaction").execute();
  expect((await redact()).decisions).toBe(1_300);
});

test("imported payments and handled dead letters are redacted by their age; those held are not", async () => {
  await sql`
    insert into imported_transactions (transaction_id, content_hash, schema_name, event_time, imported_at, fields, entities)
    select 't' || n, decode(md5('x'), 'hex'), 'own', '2018-01-01', now() - interval '100 days', '{"a": 1}',
      jsonb_build_object('customer', 'c-' || n) from generate_series(1, 3) n`.execute(db);
  await putHold(db, { kind: "entity", subject: { entity: "customer", id: "c-2" } }, "request 8", ANN);
  expect(await redact()).toMatchObject({ imported: 2 });
  const left = await sql<{ id: string }>`
    select transaction_id as id from imported_transactions where fields is not null`.execute(db);
  expect(left.rows).toEqual([{ id: "t2" }]);
});

test("a month with a held payment is not dropped", async () => {
  await recordAgo(400, decision("old", own));
  await sql`update counters_by_day set closed_at = now()`.execute(db);
  const hold = await putHold(
    db,
    { kind: "entity", subject: { entity: "customer", id: "c-1" } },
    "request 9",
    ANN,
  );
  const held = { keptBecause: "a legal hold keeps decisions of it" };
  const month = async () => (await listExpired(db, 300)).filter(({ keptBecause }) => keptBecause !== null);
  expect(await month()).toMatchObject([held]);
  await dropExpired(db, 300);
  expect((await getDecision(db, "old")).redactedAt).toBeNull();
  await liftHold(db, hold, "over", ANN);
  expect(await month()).toEqual([]);
  await dropExpired(db, 300);
  await expect(getDecision(db, "old")).rejects.toThrow(/no decision/);
});
