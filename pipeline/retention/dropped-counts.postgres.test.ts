import { type Kysely, sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { testDatabaseUrl } from "../../platform/process/config.ts";
import { recordDecisions } from "../record/record-decisions.ts";
import { listQueue } from "../review/queue.ts";
import { giveVerdict } from "../review/verdict.ts";
import { closeDay, nextDayToClose } from "../store/days.ts";
import { foldCounters } from "../store/fold-counters.ts";
import { createPartitions, listPartitions, type Partition, partitionOf } from "../store/partitions.ts";
import { findDrift, repairDrift } from "../store/reconcile.ts";
import type { Database } from "../store/schema.ts";
import { readStats } from "../store/stats.ts";
import { ANN, decision, emptyLedger, risky, SLA } from "../store/testing.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";
import { dropExpired, listExpired } from "./retention.ts";

let store: TestStore;
let db: Kysely<Database>;
/** The month that is too old, and the one after it, which is not. */
let old: Partition;
let later: Partition;
let days: number;

beforeAll(async () => {
  store = await openTestStore();
  db = store.db;
});
afterAll(() => store?.close());
beforeEach(async () => {
  await emptyLedger(db);
  const now = new Date();
  old = partitionOf(new Date(Date.UTC(now.getUTCFullYear() - 1, 3, 10)));
  later = partitionOf(old.to);
  // So many days that the end of `old` is just past them.
  days = Math.floor((now.getTime() - old.to.getTime()) / 86_400_000);
  await createPartitions(db, old.from, now);
});

/** What was recorded just now becomes as if it had been recorded at a moment. */
async function recordAt(at: Date, ...decisions: Parameters<typeof recordDecisions>[1]): Promise<number[]> {
  const { cases } = await recordDecisions(db, decisions, SLA);
  const ids = decisions.map((d) => d.transactionId);
  const when = sql`${at}::timestamptz`;
  await sql`update decisions set decided_at = ${when} where transaction_id = any(${ids})`.execute(db);
  await sql`update transaction_keys set decided_at = ${when} where transaction_id = any(${ids})`.execute(db);
  await sql`
    update review_cases set decision_at = ${when}, opened_at = ${when} where transaction_id = any(${ids})`.execute(
    db,
  );
  await sql`update counter_deltas set minute = date_trunc('minute', ${when})`.execute(db);
  await foldCounters(db, "test");
  return cases.map(({ caseId }) => caseId);
}

/** … and a verdict too. */
async function decideAt(at: Date, caseId: number): Promise<void> {
  await giveVerdict(db, { caseId, actor: ANN, verdict: "fraud", note: "" });
  await sql`update review_cases set decided_at = ${at}::timestamptz where case_id = ${caseId}`.execute(db);
  await sql`update counter_deltas set minute = date_trunc('minute', ${at}::timestamptz)`.execute(db);
  await foldCounters(db, "test");
}

async function closeDays(): Promise<void> {
  for (let day = await nextDayToClose(db); day !== undefined; day = await nextDayToClose(db))
    await closeDay(db, day);
}

const left = async (table: "decisions" | "transaction_keys" | "review_cases" | "review_events" | "labels") =>
  Number((await db.selectFrom(table).select(sql<number>`count(*)`.as("n")).executeTakeFirstOrThrow()).n);

test("a month that is too old goes whole, with its keys, cases, timelines and labels; its counts stay", async () => {
  const [a] = await recordAt(old.from, risky("a"), decision("b"));
  await recordAt(new Date(old.to.getTime() - 1), decision("last"));
  await recordAt(later.from, decision("first of the next"));
  await recordDecisions(db, [risky("now")], SLA);
  await foldCounters(db, "test");
  await decideAt(new Date(old.from.getTime() + 60_000), a!);
  await closeDays();
  const before = await readStats(db);
  expect(await findDrift(db)).toEqual([]);

  expect(await listExpired(db, days)).toMatchObject([{ name: old.name, decisions: 3, keptBecause: null }]);
  expect(await dropExpired(db, days)).toMatchObject([{ name: old.name, decisions: 3 }]);

  expect((await listPartitions(db)).map(({ name }) => name)).not.toContain(old.name);
  expect(await left("decisions")).toBe(2);
  expect(await left("transaction_keys")).toBe(2);
  expect(await left("review_cases")).toBe(1);
  expect(await left("labels")).toBe(0);
  const timelines = await db.selectFrom("review_events").select("case_id").distinct().execute();
  expect(timelines.map(({ case_id }) => case_id)).not.toContain(a);
  // The rate is of the last minute, which goes on.
  expect(await readStats(db)).toEqual({ ...before, ratePerSecond: expect.any(Number) });
  expect(await findDrift(db)).toEqual([]);
  expect(await dropExpired(db, days)).toEqual([]);
  const acts = await db.selectFrom("audit_log").select(["act", "subject"]).execute();
  expect(acts.at(-1)).toEqual({ act: "retention.dropped", subject: `partition:${old.name}` });
  // The case that was dropped is in no list, and no list says that there is one more.
  expect(await listQueue(db, { status: "decided" })).toMatchObject({ items: [], total: 0 });
  expect(await listQueue(db)).toMatchObject({ items: [{ transactionId: "now" }], total: 1 });
});

test("verdicts and escalations of later days stay counted when the month of their cases goes", async () => {
  const [a, b] = await recordAt(new Date(old.to.getTime() - 1), risky("a"), risky("b"));
  await recordAt(later.from, decision("keeps the next day"));
  await decideAt(later.from, a!);
  await closeDays();
  // Given today, on a day that nobody has compared yet.
  await giveVerdict(db, { caseId: b!, actor: ANN, verdict: "legitimate", note: "" });
  await sql`update review_cases set escalated_at = ${later.from}::timestamptz where case_id = ${b}`.execute(
    db,
  );
  await sql`
    insert into counter_deltas (minute, risk_tier, currency, cases_escalated)
    values (${later.from}::timestamptz, 'critical', 'EUR', 1)`.execute(db);
  await foldCounters(db, "test");
  expect(await findDrift(db)).toEqual([]);
  const before = await readStats(db);

  expect(await dropExpired(db, days)).toMatchObject([{ keptBecause: null }]);

  expect(await findDrift(db)).toEqual([]);
  expect(await repairDrift(db)).toEqual([]);
  expect(await readStats(db)).toEqual({ ...before, ratePerSecond: expect.any(Number) });
  expect(before.reviews).toMatchObject({ decidedFraud: 1, decidedLegitimate: 1, escalated: 1 });
});

test("a month stays while it has an open case, or a day that was not compared", async () => {
  const [a] = await recordAt(old.from, risky("a"));
  expect(await listExpired(db, days)).toMatchObject([{ keptBecause: "it has open cases" }]);
  await decideAt(new Date(), a!);
  expect(await listExpired(db, days)).toMatchObject([{ keptBecause: "its days have not been compared yet" }]);
  expect(await dropExpired(db, days)).toHaveLength(1);
  expect(await left("decisions")).toBe(1);
  await closeDays();
  expect(await listExpired(db, days - 1)).toMatchObject([{ keptBecause: null }]);
  expect(await listExpired(db, days + 1)).toEqual([]);
});

// PGlite has one connection's worth of server: there nobody can read while another drops.
test.skipIf(testDatabaseUrl() === undefined)(
  "nobody who records waits behind a month that a long report keeps from being dropped",
  { timeout: 30_000 },
  async () => {
    await recordAt(old.from, decision("a"));
    await closeDays();
    await db.transaction().execute(async (report) => {
      await sql`select count(*) from decisions`.execute(report);
      const dropping = dropExpired(db, days);
      await recordDecisions(db, [decision("meanwhile")], SLA);
      expect(await dropping).toMatchObject([{ keptBecause: expect.stringContaining("reads decisions") }]);
    });
    expect(await dropExpired(db, days)).toMatchObject([{ keptBecause: null }]);
  },
);
