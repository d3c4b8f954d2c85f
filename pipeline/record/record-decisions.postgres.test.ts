import { type Kysely, sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readCase } from "../review/case-page.ts";
import { listPartitions } from "../store/partitions.ts";
import { findDrift } from "../store/reconcile.ts";
import type { Database } from "../store/schema.ts";
import { readStats } from "../store/stats.ts";
import { decision, emptyLedger, risky, SLA } from "../store/testing.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";
import { recordDecisions } from "./record-decisions.ts";

let store: TestStore;
let db: Kysely<Database>;

beforeAll(async () => {
  store = await openTestStore("embedded");
  db = store.db;
});
afterAll(() => store?.close());
beforeEach(() => emptyLedger(db));

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
    expect(
      page.neighbours.map(({ entity, decisions }) => [entity, decisions.map((d) => d.transactionId).sort()]),
    ).toEqual([
      ["card", ["a", "c", "d"]],
      ["merchant", ["a", "c", "d"]],
    ]);
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
    const recorded = await recordDecisions(
      db,
      [risky("a", { amount: 1 }), risky("a", { amount: 2 }), risky("a", { amount: 1 })],
      SLA,
    );
    expect(recorded).toMatchObject({ inserted: 1, duplicates: 1, conflicts: [1] });
    expect((await readStats(db)).totals).toMatchObject({ transactions: 1, amounts: [{ amount: 1 }] });
  });

  test("amounts are added exactly, and only those of one currency", async () => {
    const paid: [number, string][] = [
      [0.1, "EUR"],
      [0.2, "EUR"],
      // Finer than the yen: rounded.
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
      { currency: "JPY", transactions: 2, amount: 51_235 },
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

  test("other content under an id that is taken is a conflict, and what was recorded stands", async () => {
    await recordDecisions(db, [decision("a", { amount: 10 }), decision("b")], SLA);
    const again = await recordDecisions(
      db,
      [decision("b"), decision("a", { amount: 11 }), decision("c"), decision("a", { amount: 10 })],
      SLA,
    );
    expect(again).toMatchObject({ inserted: 1, duplicates: 2, conflicts: [1] });
    const { amount_minor } = await db
      .selectFrom("decisions")
      .select("amount_minor")
      .where("transaction_id", "=", "a")
      .executeTakeFirstOrThrow();
    expect(amount_minor).toBe(1_000);
  });

  test("what an older version recorded has no hash, and whatever comes under its id is a repeat", async () => {
    await recordDecisions(db, [decision("old")], SLA);
    await db.updateTable("transaction_keys").set({ content_hash: null }).execute();
    const again = await recordDecisions(db, [decision("old", { amount: 99 })], SLA);
    expect(again).toMatchObject({ inserted: 0, duplicates: 1, conflicts: [] });
  });

  test("what a producer said that nobody reads is kept, without card numbers, and of much the beginning", async () => {
    const extra = { store: "North", basket: { note: "card 4111111111111111" } };
    const much = { text: "é".repeat(20_000) };
    await recordDecisions(db, [decision("a", { extra }), decision("b", { extra: much }), decision("c")], SLA);
    const rows = await db.selectFrom("decisions").select("extra").orderBy("transaction_id").execute();
    expect(rows.map((row) => row.extra)).toEqual([
      { store: "North", basket: { note: "card [16 digits]" } },
      { characters: 20_011, beginning: expect.stringMatching(/^\{"text":"é+$/) },
      null,
    ]);
  });

  test("a month without a partition gets one when its first decision comes", async () => {
    for (const { name } of await listPartitions(db)) await sql`drop table ${sql.table(name)}`.execute(db);
    expect((await recordDecisions(db, [decision("a")], SLA)).inserted).toBe(1);
    expect((await listPartitions(db)).length).toBe(3);
  });

  test("what follows from a decision lies in the outbox, written with it", async () => {
    const { cases } = await recordDecisions(db, [decision("a"), risky("b")], SLA);
    await recordDecisions(db, [decision("a"), risky("b")], SLA);
    const messages = await db.selectFrom("outbox").select(["kind", "key"]).orderBy("outbox_id").execute();
    expect(messages).toEqual([
      { kind: "decisions.recorded", key: "decisions" },
      { kind: "case.opened", key: `case:${cases[0]!.caseId}` },
    ]);
  });
});
