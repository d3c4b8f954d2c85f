import type { Kysely } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startTestPostgres, type TestPostgres } from "../../platform/embedded/testing/postgres.ts";
import { openDatabase } from "../../platform/process/database.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { readCase } from "../review/case-page.ts";
import { decideCase } from "../review/decide.ts";
import { listDeadLetters, recordDeadLetters } from "./dead-letters.ts";
import { getDecision, listDecisions, readCardUsual } from "./decision-list.ts";
import { recordDecisions } from "./decisions.ts";
import { migrate } from "./migrate.ts";
import { findDrift, repairDrift } from "./reconcile.ts";
import type { Database } from "./schema.ts";
import { readMinuteSeries, readStats } from "./stats.ts";
import { decision, risky, SLA } from "./testing.ts";

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
beforeEach(async () => {
  for (const table of ["review_events", "review_cases", "labels", "decisions", "dead_letters"] as const) {
    await db.deleteFrom(table).execute();
  }
  await repairDrift(db);
});

describe("recordDecisions", () => {
  test("writes rows, cases, events and counters together", async () => {
    const recorded = await recordDecisions(
      db,
      [
        decision("a"),
        risky("b"),
        risky("c", { riskTier: "high", action: "verify", fraudProbability: 0.5, truth: false }),
        decision("d", { truth: true }),
      ],
      SLA,
    );
    expect(recorded).toMatchObject({ inserted: 4, duplicates: 0, flagged: 2 });
    expect(recorded.cases.map((c) => c.transactionId)).toEqual(["b", "c"]);

    const stats = await readStats(db);
    expect(stats.totals).toMatchObject({
      transactions: 4,
      amounts: [{ currency: "EUR", transactions: 4, amount: 225 }],
      fraudPredicted: 2,
      truthKnown: 4,
      truthFraud: 2,
    });
    expect(stats.totals.byTier.low).toMatchObject({ transactions: 2, truthFraud: 1 });
    expect(stats.predicted).toEqual({
      known: 4,
      frauds: 2,
      tp: 1,
      fp: 1,
      fn: 1,
      tn: 1,
      precision: 0.5,
      recall: 0.5,
    });
    expect(stats.flagged).toMatchObject({ tp: 1, fp: 1, fn: 1, tn: 1 });
    expect(stats.detectionRate).toBe(0.5);
    expect(stats.ratePerSecond).toBeCloseTo(4 / 60);
    expect(stats.reviews).toMatchObject({ open: 2, decided: 0, overdue: 0 });
    expect(await findDrift(db)).toEqual([]);

    const page = await readCase(db, recorded.cases[0]!.caseId);
    expect(page.case.reasons).toEqual(risky("b").reasons);
    expect(page.case.topReason?.code).toBe("V14_LOW");
    expect(page.events.map((e) => e.kind)).toEqual(["opened"]);
    expect(page.case.dueAt.getTime() - page.case.openedAt.getTime()).toBe(SLA.critical);
    expect(page.cardHistory.map((d) => d.transactionId).sort()).toEqual(["a", "c", "d"]);
    expect(page.decision.v).toEqual(risky("b").v);
  });

  test("a chunk delivered twice, also with new ones among it, counts once", async () => {
    await recordDecisions(db, [decision("a"), risky("b")], SLA);
    const again = await recordDecisions(db, [decision("a"), risky("b"), risky("c")], SLA);
    expect(again).toMatchObject({ inserted: 1, duplicates: 2, flagged: 1 });
    const stats = await readStats(db);
    expect(stats.totals.transactions).toBe(3);
    expect(stats.reviews.open).toBe(2);
    expect(await findDrift(db)).toEqual([]);
  });

  test("an id twice in one chunk counts once and keeps the first entry", async () => {
    await recordDecisions(db, [risky("a", { amount: 1 }), risky("a", { amount: 2 })], SLA);
    expect((await readStats(db)).totals).toMatchObject({ transactions: 1, amounts: [{ amount: 1 }] });
  });

  test("amounts are added exactly, and only those of one currency", async () => {
    const paid: [number, string][] = [
      [0.1, "EUR"],
      [0.2, "EUR"],
      [1_234.56, "JPY"],
      [1.234, "KWD"],
      [7, "USD"],
      [5, "EUR"],
    ];
    await recordDecisions(
      db,
      paid.map(([amount, currency], i) => decision(`t${i}`, { amount, currency })),
      SLA,
    );
    await recordDecisions(db, [risky("hot", { amount: 50_000, currency: "JPY" })], SLA);
    const { totals } = await readStats(db);
    expect(totals.amounts).toEqual([
      { currency: "EUR", transactions: 3, amount: 5.3 },
      { currency: "JPY", transactions: 2, amount: 51_234.56 },
      { currency: "KWD", transactions: 1, amount: 1.234 },
      { currency: "USD", transactions: 1, amount: 7 },
    ]);
    expect(totals.byTier.critical.amounts).toEqual([{ currency: "JPY", transactions: 1, amount: 50_000 }]);
    expect(totals.byTier.medium).toMatchObject({ transactions: 0, amounts: [] });
    expect(await findDrift(db)).toEqual([]);
  });

  test("overlapping chunks at the same time neither deadlock nor count twice", async () => {
    const ids = Array.from({ length: 60 }, (_, i) => `t${i}`);
    const chunks = Array.from({ length: 8 }, (_, k) =>
      ids.map((_, i) =>
        (i % 9 === 0 ? risky : decision)(ids[(i * 7 + k * 13) % 60]!, {
          // Currencies that have no counter yet, in another order for each chunk.
          currency: ["EUR", "USD", "JPY", "KWD"][(i * 7 + k * 13) % 4]!,
        }),
      ),
    );
    const recorded = await Promise.all(chunks.map((chunk) => recordDecisions(db, chunk, SLA)));
    expect(recorded.reduce((sum, r) => sum + r.inserted, 0)).toBe(60);
    expect((await readStats(db)).totals.transactions).toBe(60);
    expect(await findDrift(db)).toEqual([]);
  });

  test("one row that the database refuses leaves nothing behind", async () => {
    const bad = decision("bad", { amount: -1 });
    await expect(recordDecisions(db, [risky("a"), bad], SLA)).rejects.toThrow(/amount/);
    const stats = await readStats(db);
    expect(stats.totals.transactions).toBe(0);
    expect(stats.reviews.open).toBe(0);
  });

  test("more values than one statement may have parameters (65,535) go in", async () => {
    const many = Array.from({ length: 3_500 }, (_, i) => decision(`t${i}`));
    expect((await recordDecisions(db, many, SLA)).inserted).toBe(3_500);
  });
});

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

test("dead letters are kept once, with card numbers masked", async () => {
  const letter = {
    queue: "transactions",
    jobId: "j",
    position: 3,
    transactionId: "4111 1111 1111 1111",
    source: "api",
    errorCode: "invalid_argument",
    error: "looks like 4111111111111111\u0000",
    payload: { cardToken: "4111-1111-1111-1111", amount: 3 },
  };
  expect(await recordDeadLetters(db, [letter, letter])).toBe(1);
  const row = await db.selectFrom("dead_letters").selectAll().executeTakeFirstOrThrow();
  expect(JSON.stringify(row)).not.toMatch(/4111/);
  expect(row.payload).toEqual({ cardToken: "[16 digits]", amount: 3 });
  expect((await listDeadLetters(db)).items).toHaveLength(1);
  expect((await readStats(db)).deadLetters).toBe(1);
});

test("nothing in a dead letter keeps it from being written, and ids stay as they were sent", async () => {
  let deep: unknown = "bottom";
  for (let i = 0; i < 5_000; i++) deep = [deep];
  const payload = {
    transactionId: "2026112212345678901",
    cardToken: "tok-1234-5678-9012-3456-7890",
    ["key \ud800\u0000"]: "half \udc00",
    number: 4_111_111_111_111_111,
    small: 1e-320,
    large: 1e308,
    deep,
  };
  const hostile = (
    jobId: string,
    overrides: object = {},
  ): Parameters<typeof recordDeadLetters>[1][number] => ({
    queue: "transactions",
    jobId,
    position: 0,
    transactionId: "2026112212345678901",
    source: "api",
    errorCode: "internal",
    error: `${"e".repeat(1_999)}\ud83d\ude00`,
    payload,
    ...overrides,
  });
  const letters = [
    hostile("a"),
    hostile("b\u0000\ud800", { source: "s\u0000".repeat(300), transactionId: "\udfff" }),
    hostile("c".repeat(10_000)),
    hostile(`${"c".repeat(9_999)}d`),
    hostile("e", { payload: { long: "x".repeat(5_000_000) } }),
    hostile("f", { payload: ["a list"] }),
  ];
  expect(await recordDeadLetters(db, letters)).toBe(letters.length);
  expect(await recordDeadLetters(db, letters)).toBe(0);
  const [first] = await db.selectFrom("dead_letters").selectAll().where("job_id", "=", "a").execute();
  expect(first?.transaction_id).toBe("2026112212345678901");
  expect(first?.payload).toMatchObject({
    transactionId: "2026112212345678901",
    cardToken: "tok-1234-5678-9012-3456-7890",
    "key \ufffd\ufffd": "half \ufffd",
    number: "[16 digits]",
    large: 1e308,
  });
});
