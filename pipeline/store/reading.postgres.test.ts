import { type Kysely, sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { auditRepairs } from "../audit/repairs.ts";
import { recordDecisions } from "../record/record-decisions.ts";
import { readCase } from "../review/case-page.ts";
import { giveVerdict } from "../review/verdict.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";
import { closeDay, nextDayToClose } from "./days.ts";
import { getDecision, listDecisions, readCardUsual } from "./decision-list.ts";
import { foldCounters } from "./fold-counters.ts";
import { createPartitions } from "./partitions.ts";
import { findDrift, repairDay, repairDrift } from "./reconcile.ts";
import type { Database } from "./schema.ts";
import { readMinuteSeries, readStats } from "./stats.ts";
import { ANN, decision, emptyLedger, risky, SLA } from "./testing.ts";

let store: TestStore;
let db: Kysely<Database>;

beforeAll(async () => {
  store = await openTestStore("embedded");
  db = store.db;
});
afterAll(() => store?.close());
beforeEach(() => emptyLedger(db));

const fold = (): Promise<number> => foldCounters(db, "test");

describe("counters", () => {
  test("say the same before they are folded, after, and in between", async () => {
    const { cases } = await recordDecisions(
      db,
      [decision("a"), risky("b"), risky("c", { currency: "JPY" })],
      SLA,
    );
    // The rate is of the minutes up to now, which goes on.
    const stats = async () => ({ ...(await readStats(db)), ratePerSecond: expect.any(Number) });
    const before = await stats();
    expect(await fold()).toBe(3);
    expect(await readStats(db)).toEqual(before);
    await giveVerdict(db, { caseId: cases[0]!.caseId, actor: ANN, verdict: "fraud", note: "" });
    await recordDecisions(db, [decision("d")], SLA);
    const between = await stats();
    expect(between).toMatchObject({
      totals: { transactions: 4 },
      reviews: { open: 1, decided: 1, decidedFraud: 1, decidedLegitimate: 0, escalated: 0 },
    });
    expect(await fold()).toBe(2);
    expect(await readStats(db)).toEqual(between);
    expect(await findDrift(db)).toEqual([]);
    expect((await readMinuteSeries(db, 5)).reduce((sum, p) => sum + p.transactions, 0)).toBe(4);
  });

  test("are folded once, however many try at the same time and while others record", async () => {
    const recording = Array.from({ length: 20 }, (_, i) =>
      recordDecisions(db, [decision(`t${i}`), risky(`r${i}`)], SLA),
    );
    await Promise.all([...recording, ...["x", "y", "z"].map((holder) => foldCounters(db, holder))]);
    for (const holder of ["x", "y", "z"]) await foldCounters(db, holder);
    expect((await readStats(db)).totals.transactions).toBe(40);
    expect(await findDrift(db)).toEqual([]);
  });

  test("that somebody falsified are reported and set right", async () => {
    await recordDecisions(db, [decision("a"), risky("b")], SLA);
    await fold();
    await recordDecisions(db, [decision("c")], SLA);
    await db.updateTable("counters_by_day").set({ transactions: 7 }).where("risk_tier", "=", "low").execute();
    await db.deleteFrom("counters_by_minute").where("risk_tier", "=", "critical").execute();
    await db
      .updateTable("counters_total")
      .set({ amount_minor: 1 })
      .where("risk_tier", "=", "critical")
      .execute();
    const drift = await findDrift(db);
    expect(drift).toMatchObject([
      { riskTier: "low", currency: "EUR", counted: 8, rows: 2 },
      { riskTier: "critical", currency: null, counted: 0, rows: 1 },
      { day: null, riskTier: "critical" },
      { day: null, riskTier: "low" },
    ]);
    await repairDrift(db);
    expect(await findDrift(db)).toEqual([]);
    await fold();
    expect(await findDrift(db)).toEqual([]);
    expect((await readStats(db)).totals).toMatchObject({ transactions: 3, amounts: [{ amount: 125 }] });
  });

  test("are repaired in the middle of recording and folding without losing a count", async () => {
    await recordDecisions(db, [decision("first")], SLA);
    await fold();
    await db.updateTable("counters_by_day").set({ transactions: 7 }).execute();
    const recording = ["EUR", "USD", "JPY", "KWD", "INR"].flatMap((currency, i) =>
      Array.from({ length: 4 }, (_, k) => recordDecisions(db, [decision(`t${i}-${k}`, { currency })], SLA)),
    );
    await Promise.all([...recording, repairDrift(db), fold(), repairDrift(db)]);
    await fold();
    expect(await findDrift(db)).toEqual([]);
    expect((await readStats(db)).totals.transactions).toBe(21);
  });

  test("of a day that nothing is counted for are compared too: its rows tell that it was", async () => {
    await recordDecisions(db, [decision("a"), risky("b")], SLA);
    await sql`delete from counter_deltas`.execute(db);
    expect(await findDrift(db)).toMatchObject([{ riskTier: "critical", counted: 0, rows: 1 }, {}, {}, {}]);
    await sql`update decisions set decided_at = decided_at - interval '3 days'`.execute(db);
    await sql`update review_cases set opened_at = opened_at - interval '3 days',
      decision_at = decision_at - interval '3 days'`.execute(db);
    const day = (await nextDayToClose(db))!;
    expect(day).toBe(new Date(Date.now() - 3 * 86_400_000).toISOString().slice(0, 10));
    expect((await findDrift(db)).map(({ day, riskTier }) => [day?.slice(0, 10), riskTier])).toContainEqual([
      day,
      "critical",
    ]);
    expect((await repairDay(db, day)).length).toBeGreaterThan(0);
    await closeDay(db, day);
    expect(await nextDayToClose(db)).toBeUndefined();
    expect(await findDrift(db)).toEqual([]);
    expect((await readStats(db)).totals.transactions).toBe(2);
  });

  test("are not set right without a word in the audit log", async () => {
    await recordDecisions(db, [decision("a")], SLA);
    await fold();
    await db.updateTable("counters_by_day").set({ transactions: 7 }).execute();
    const failing = async (): Promise<void> => {
      throw new Error("the audit log takes nothing");
    };
    await expect(repairDrift(db, failing)).rejects.toThrow("takes nothing");
    expect((await findDrift(db)).length).toBeGreaterThan(0);
    await repairDrift(db, auditRepairs(ANN));
    expect(await findDrift(db)).toEqual([]);
    const acts = await db
      .selectFrom("audit_log")
      .selectAll()
      .where("act", "=", "counters.repaired")
      .execute();
    expect(acts).toMatchObject([
      { actor: ANN, subject: `counters:${new Date().toISOString().slice(0, 10)}`, detail: { repaired: 1 } },
    ]);
  });

  test("of a closed day stay when its rows are dropped", async () => {
    await recordDecisions(db, [decision("old"), risky("older")], SLA);
    await fold();
    await sql`update counters_by_day set day = day - 40`.execute(db);
    await sql`delete from decisions`.execute(db);
    const day = (await nextDayToClose(db))!;
    await closeDay(db, day);
    expect(await nextDayToClose(db)).toBeUndefined();
    await sql`truncate review_cases, review_events, counters_by_minute`.execute(db);
    await recordDecisions(db, [decision("new")], SLA);
    expect(await findDrift(db)).toEqual([]);
    expect((await readStats(db)).totals.transactions).toBe(3);
  });
});

describe("truth", () => {
  test("is not told before a person has given a verdict, by no list and on no payment that nobody judges", async () => {
    const { cases } = await recordDecisions(
      db,
      [risky("asked"), risky("other"), decision("quiet", { truth: true })],
      SLA,
    );
    const told = async (): Promise<Record<string, boolean | null>> =>
      Object.fromEntries((await listDecisions(db)).items.map((d) => [d.transactionId, d.truth]));
    expect(await told()).toEqual({ asked: null, other: null, quiet: null });
    const page = await readCase(db, cases[0]!.caseId);
    const others = page.neighbours[0]?.decisions ?? [];
    expect([page.decision, ...others].map((d) => d.truth)).toEqual([null, null, null]);
    await giveVerdict(db, { caseId: cases[0]!.caseId, actor: ANN, verdict: "legitimate", note: "" });
    expect(await told()).toEqual({ asked: true, other: null, quiet: null });
    expect((await getDecision(db, "asked")).truth).toBe(true);
  });
});

describe("what a card usually pays", () => {
  const at = (hour: number): string => `2026-11-22T${String(hour).padStart(2, "0")}:00:00.000Z`;

  test("is the median of its earlier payments in the same currency", async () => {
    await recordDecisions(
      db,
      [
        ...[10, 20, 30, 1_000].map((amount, i) => decision(`before-${i}`, { amount, eventTime: at(i) })),
        decision("now", { amount: 25, eventTime: at(10) }),
        decision("same moment", { amount: 9_000, eventTime: at(10) }),
        decision("after", { amount: 9_000, eventTime: at(11) }),
        decision("yen", { amount: 9_000, currency: "JPY", eventTime: at(1) }),
        decision("other card", { amount: 9_000, cardToken: "tok_b", eventTime: at(1) }),
      ],
      SLA,
    );
    const usual = async (id: string) => readCardUsual(db, await getDecision(db, id));
    expect(await usual("now")).toEqual({ median: 25, payments: 4 });
    expect(await usual("before-0")).toEqual({ median: null, payments: 0 });
    expect(await usual("yen")).toEqual({ median: null, payments: 0 });
  });

  test("is nothing for a payment without a card", async () => {
    await recordDecisions(db, [decision("a", { cardToken: null }), decision("b", { cardToken: null })], SLA);
    expect(await readCardUsual(db, await getDecision(db, "b"))).toEqual({ median: null, payments: 0 });
  });
});

describe("lists", () => {
  test("page by page, newest first, nothing twice while decisions arrive", async () => {
    await recordDecisions(
      db,
      Array.from({ length: 5 }, (_, i) => decision(`t${i}`)),
      SLA,
    );
    const first = await listDecisions(db, { limit: 2 });
    expect(first.items.map((d) => d.transactionId)).toEqual(["t4", "t3"]);
    await recordDecisions(db, [decision("later")], SLA);
    const second = await listDecisions(db, { limit: 2, before: first.nextBefore! });
    expect(second.items.map((d) => d.transactionId)).toEqual(["t2", "t1"]);
    const last = await listDecisions(db, { limit: 2, before: second.nextBefore! });
    expect(last).toMatchObject({ nextBefore: null });
    expect(last.items.map((d) => d.transactionId)).toEqual(["t0"]);
  });

  test("filter by tier, by time, and find by id, card and merchant", async () => {
    await recordDecisions(db, [decision("a"), risky("b", { cardToken: "tok_b", merchantId: "m_2" })], SLA);
    const ids = async (filter: Parameters<typeof listDecisions>[1]): Promise<string[]> =>
      (await listDecisions(db, filter)).items.map((d) => d.transactionId);
    expect(await ids({ tiers: ["critical", "high"] })).toEqual(["b"]);
    expect(await ids({ search: "a" })).toEqual(["a"]);
    expect(await ids({ search: " tok_b " })).toEqual(["b"]);
    expect(await ids({ search: "m_2" })).toEqual(["b"]);
    expect(await ids({ search: "tok_%" })).toEqual([]);
    expect(await ids({ since: new Date(Date.now() + 60_000) })).toEqual([]);
    expect(await ids({ fraudPredicted: false })).toEqual(["a"]);
    await expect(getDecision(db, "none")).rejects.toMatchObject({ code: "not_found" });
  });

  test("the minute series has every minute and ends with the running one", async () => {
    await recordDecisions(db, [decision("a"), risky("b")], SLA);
    const series = await readMinuteSeries(db, 30);
    expect(series).toHaveLength(30);
    expect(series.reduce((sum, p) => sum + p.transactions, 0)).toBe(2);
    expect(series.reduce((sum, p) => sum + p.flagged, 0)).toBe(1);
    expect(series[1]!.minute.getTime() - series[0]!.minute.getTime()).toBe(60_000);
  });

  test("the minute series tells flags apart by verdicts, and misses by what the source knows", async () => {
    const { cases } = await recordDecisions(
      db,
      [risky("a"), risky("b"), risky("c"), decision("missed", { truth: true }), decision("d")],
      SLA,
    );
    for (const [i, verdict] of (["fraud", "legitimate"] as const).entries()) {
      await giveVerdict(db, { caseId: cases[i]!.caseId, actor: ANN, verdict, note: "" });
    }
    const points = (await readMinuteSeries(db, 5)).filter((point) => point.transactions > 0);
    expect(points).toMatchObject([
      {
        byTier: { low: 2, medium: 0, high: 0, critical: 3 },
        transactions: 5,
        flagged: 3,
        confirmed: 1,
        falseAlarms: 1,
        missed: 1,
      },
    ]);
  });
});

test("a cursor is found whichever month it lies in, also where numbers of two months are mixed", async () => {
  await recordDecisions(
    db,
    ["a", "b", "c", "d"].map((id) => decision(id)),
    SLA,
  );
  const lastMonth = new Date(Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth() - 1, 15));
  await createPartitions(db, lastMonth, new Date());
  await sql`update decisions set decided_at = ${lastMonth} where transaction_id in ('a', 'c')`.execute(db);
  const seqOf = Object.fromEntries(
    (await listDecisions(db)).items.map(({ transactionId, seq }) => [transactionId, seq]),
  );
  const behind = async (seq: number) =>
    (await listDecisions(db, { before: seq })).items.map(({ transactionId }) => transactionId);
  expect(await behind(seqOf["d"]!)).toEqual(["b", "c", "a"]);
  expect(await behind(seqOf["b"]!)).toEqual(["c", "a"]);
  expect(await behind(seqOf["c"]!)).toEqual(["a"]);
  expect(await behind(seqOf["a"]!)).toEqual([]);
  // Of one that is gone: from the next older number on.
  await sql`delete from decisions where transaction_id = 'c'`.execute(db);
  expect(await behind(seqOf["c"]!)).toEqual(["b", "a"]);
});
