import type { Kysely } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startTestPostgres, type TestPostgres } from "../../platform/embedded/testing/postgres.ts";
import { openDatabase } from "../../platform/process/database.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { readCase } from "../review/case-page.ts";
import { decideCase } from "../review/decide.ts";
import { getDecision, listDecisions, readCardUsual } from "./decision-list.ts";
import { migrate } from "./migrate.ts";
import { findDrift, repairDrift } from "./reconcile.ts";
import { recordDecisions } from "./record-decisions.ts";
import type { Database } from "./schema.ts";
import { readMinuteSeries, readStats } from "./stats.ts";
import { decision, emptyLedger, risky, SLA } from "./testing.ts";

let postgres: TestPostgres;
let db: Kysely<Database>;

beforeAll(async () => {
  postgres = await startTestPostgres();
  db = openDatabase<Database>(postgres.url, createLogger("test", "silent"));
  await migrate(db);
});
afterAll(async () => {
  await db?.destroy();
  await postgres?.stop();
});
beforeEach(() => emptyLedger(db));

describe("reconcile", () => {
  test("reports and repairs counters that somebody falsified", async () => {
    await recordDecisions(db, [decision("a"), risky("b")], SLA);
    await db.updateTable("counters").set({ transactions: 7 }).where("risk_tier", "=", "low").execute();
    await db.deleteFrom("counters_by_minute").where("risk_tier", "=", "critical").execute();
    const drift = await findDrift(db);
    expect(drift).toMatchObject([
      { table: "counters", riskTier: "low", currency: "EUR", counted: 7, rows: 1 },
      { table: "counters_by_minute", riskTier: "critical", counted: 0, rows: 1 },
    ]);
    expect(await repairDrift(db)).toEqual(drift);
    expect(await findDrift(db)).toEqual([]);
    expect((await readStats(db)).totals.transactions).toBe(2);
  });
});

test("a repair in the middle of recording loses no count, also of currencies that are new meanwhile", async () => {
  await recordDecisions(db, [decision("first")], SLA);
  await db.updateTable("counters").set({ transactions: 7 }).execute();
  const recording = ["EUR", "USD", "JPY", "KWD", "INR"].flatMap((currency, i) =>
    Array.from({ length: 4 }, (_, k) => recordDecisions(db, [decision(`t${i}-${k}`, { currency })], SLA)),
  );
  await Promise.all([...recording, repairDrift(db)]);
  expect(await findDrift(db)).toEqual([]);
  expect((await readStats(db)).totals.transactions).toBe(21);
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
    expect([page.decision, ...page.cardHistory].map((d) => d.truth)).toEqual([null, null, null]);
    await decideCase(db, { caseId: cases[0]!.caseId, actor: "ann", verdict: "legitimate", note: "" });
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
      await decideCase(db, { caseId: cases[i]!.caseId, actor: "ann", verdict, note: "" });
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
