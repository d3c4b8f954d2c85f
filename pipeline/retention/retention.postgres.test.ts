import { type Kysely, sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { recordDecisions } from "../record/record-decisions.ts";
import { giveVerdict } from "../review/verdict.ts";
import { closeDay } from "../store/days.ts";
import { foldCounters } from "../store/fold-counters.ts";
import { createPartitions, listPartitions } from "../store/partitions.ts";
import { findDrift } from "../store/reconcile.ts";
import type { Database } from "../store/schema.ts";
import { readStats } from "../store/stats.ts";
import { ANN, decision, emptyLedger, risky, SLA } from "../store/testing.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";
import { dropExpired, listExpired } from "./retention.ts";

const OLD = "2025-01-15T12:00:00Z";
const OLD_DAY = "2025-01-15";
const MONTH = "decisions_2025_01";
let store: TestStore;
let db: Kysely<Database>;
beforeAll(async () => {
  store = await openTestStore();
  db = store.db;
});
afterAll(() => store?.close());
beforeEach(async () => {
  await emptyLedger(db);
  await createPartitions(db, new Date(OLD), new Date());
});

/** Records and makes it as if that had been in January 2025. */
async function recordLongAgo(...decisions: Parameters<typeof recordDecisions>[1]): Promise<number[]> {
  const { cases } = await recordDecisions(db, decisions, SLA);
  for (const statement of [
    sql`update decisions set decided_at = ${OLD}`,
    sql`update transaction_keys set decided_at = ${OLD}`,
    sql`update review_cases set decision_at = ${OLD}, opened_at = ${OLD}`,
    sql`update counter_deltas set minute = ${OLD}`,
  ]) {
    await statement.execute(db);
  }
  await foldCounters(db, "test");
  return cases.map(({ caseId }) => caseId);
}
const left = async (): Promise<Record<string, number>> => {
  const { rows } = await sql<Record<string, number>>`
    select (select count(*) from decisions) as decisions, (select count(*) from transaction_keys) as keys,
      (select count(*) from review_cases) as cases, (select count(*) from review_events) as events,
      (select count(*) from labels) as labels`.execute(db);
  return rows[0]!;
};
const months = async (): Promise<string[]> => (await listPartitions(db)).map(({ name }) => name);

test("a month that is too old goes with its keys, cases and labels; what it counted stays counted", async () => {
  const [caseId] = await recordLongAgo(risky("old 1"), decision("old 2"));
  await giveVerdict(db, { caseId: caseId!, actor: ANN, verdict: "fraud", note: "" });
  await closeDay(db, OLD_DAY);
  await recordDecisions(db, [risky("new 1")], SLA);
  const before = await readStats(db);
  expect(await left()).toEqual({ decisions: 3, keys: 3, cases: 2, events: 3, labels: 1 });

  const ops = { kind: "operator", id: "1000", name: "ops" } as const;
  const dropped = await dropExpired(db, 365, ops);
  expect(dropped.find(({ name }) => name === MONTH)).toMatchObject({ decisions: 2, keptBecause: null });
  expect(await left()).toEqual({ decisions: 1, keys: 1, cases: 1, events: 1, labels: 0 });
  expect(await months()).not.toContain(MONTH);
  const after = await readStats(db);
  expect(after.totals.transactions).toBe(3);
  expect(after.totals).toEqual(before.totals);
  expect((await findDrift(db)).filter(({ day }) => day === OLD_DAY || day === null)).toEqual([]);
  const act = await db
    .selectFrom("audit_log")
    .selectAll()
    .where("subject", "=", `partition:${MONTH}`)
    .executeTakeFirst();
  expect(act).toMatchObject({
    actor: ops,
    act: "retention.dropped",
    detail: { decisions: 2, older_than_days: 365 },
  });
});

test("a month with an open case stays, and one whose days were not compared", async () => {
  const [caseId] = await recordLongAgo(risky("old 1"));
  const why = async () => (await listExpired(db, 365)).find(({ name }) => name === MONTH)?.keptBecause;
  expect(await why()).toBe("it has open cases");
  await giveVerdict(db, { caseId: caseId!, actor: ANN, verdict: "legitimate", note: "" });
  expect(await why()).toBe("its days have not been compared yet");
  await dropExpired(db, 365);
  expect(await months()).toContain(MONTH);
  await closeDay(db, OLD_DAY);
  expect(await why()).toBeNull();
});

test("nothing is dropped where that cannot be written down", async () => {
  const [caseId] = await recordLongAgo(risky("old 1"));
  await giveVerdict(db, { caseId: caseId!, actor: ANN, verdict: "fraud", note: "" });
  await closeDay(db, OLD_DAY);
  await sql`alter table audit_log rename to audit_log_away`.execute(db);
  await expect(dropExpired(db, 365)).rejects.toThrow(/audit_log/);
  await sql`alter table audit_log_away rename to audit_log`.execute(db);
  expect(await months()).toContain(MONTH);
  expect((await dropExpired(db, 365)).map(({ name }) => name)).toContain(MONTH);
});
