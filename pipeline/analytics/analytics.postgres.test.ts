import { type Kysely, sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Actor } from "../../domain/actors.ts";
import { ANALYTICS_DAYS, type WhereColumn } from "../../domain/analytics.ts";
import { driftOf } from "../../platform/math/drift.ts";
import { fisherP } from "../../platform/math/fisher.ts";
import { Random } from "../../platform/math/random.ts";
import { wilsonInterval } from "../../platform/math/wilson.ts";
import { takeChargebacks } from "../chargebacks/take.ts";
import { recordDecisions } from "../record/record-decisions.ts";
import { correctVerdict, undoVerdict } from "../review/amend.ts";
import { claimCase } from "../review/claim.ts";
import { giveVerdict } from "../review/verdict.ts";
import { COUNTED_OF_DECISIONS, columns, countsOfDecisions } from "../store/counting.ts";
import { foldCounters } from "../store/fold-counters.ts";
import { createPartitions } from "../store/partitions.ts";
import type { Database } from "../store/schema.ts";
import { ANN, decision, emptyLedger, SLA } from "../store/testing.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";
import { readAnalytics } from "./analytics.ts";
import { drawPayments } from "./draw.ts";
import { rangeOf } from "./range.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** The midnight (UTC) that payments lie around: all of them more than half a day ago. */
const MIDNIGHT = Math.floor(Date.now() / DAY_MS) * DAY_MS - DAY_MS;
const BEN: Actor = { kind: "user", id: "2", name: "ben" };
const LEA: Actor = { kind: "user", id: "3", name: "lea" };
const KOLKATA_MS = 5.5 * HOUR_MS;

let store: TestStore;
let db: Kysely<Database>;

beforeAll(async () => {
  store = await openTestStore();
  db = store.db;
  await createPartitions(db, new Date(MIDNIGHT - 190 * DAY_MS), new Date());
});
afterAll(() => store?.close());
beforeEach(() => emptyLedger(db));

/** Records payments and moves each to its time; then counts them anew, the last hours not folded yet. */
async function arrive(payments: readonly { at: number; payment: ReturnType<typeof decision> }[]) {
  await recordDecisions(
    db,
    payments.map(({ payment }) => payment),
    SLA,
  );
  const times = JSON.stringify(
    payments.map(({ at, payment }) => ({ id: payment.transactionId, at: new Date(at).toISOString() })),
  );
  const moved = sql`json_to_recordset(${times}::json) as t (id text, at timestamptz)`;
  await sql`update decisions d set decided_at = t.at from ${moved} where d.transaction_id = t.id`.execute(db);
  await sql`update transaction_keys k set decided_at = t.at from ${moved} where k.transaction_id = t.id`.execute(
    db,
  );
  await sql`update review_cases c set decision_at = t.at from ${moved} where c.transaction_id = t.id`.execute(
    db,
  );
  await sql`truncate counter_deltas, counters_by_minute, counters_by_day, counters_total`.execute(db);
  const count = (when: ReturnType<typeof sql>) =>
    sql`insert into counter_deltas (minute, risk_tier, currency, amount_minor, ${columns(COUNTED_OF_DECISIONS)})
      select date_trunc('minute', decided_at), risk_tier, currency, sum(amount_minor), ${countsOfDecisions}
      from decisions where ${when} group by 1, 2, 3`.execute(db);
  const late = new Date(MIDNIGHT + 6 * HOUR_MS);
  await count(sql`decided_at < ${late}::timestamptz`);
  await foldCounters(db, "test");
  await count(sql`decided_at >= ${late}::timestamptz`);
}

/** Payments of a day around midnight: two tiers, two currencies, a country and a merchant that are not like the others. */
function aroundMidnight(many: number, around = MIDNIGHT, name = "p") {
  const random = new Random(7, many);
  return Array.from({ length: many }, (_, i) => {
    const country = ["FR", "FR", "DE", "DE", "BR", null][Math.floor(random.next() * 6)] ?? null;
    const merchantId = random.next() < 0.1 ? "m_bad" : `m_${Math.floor(random.next() * 60)}`;
    const critical = random.next() < (merchantId === "m_bad" ? 0.6 : country === "BR" ? 0.25 : 0.06);
    return {
      at: around + Math.floor((random.next() - 0.5) * DAY_MS),
      payment: decision(`${name}-${i}`, {
        ...{ country, merchantId, channel: random.next() < 0.5 ? "chip" : "online" },
        merchantCategory: random.next() < 0.3 ? null : "5411",
        currency: random.next() < 0.6 ? "EUR" : "JPY",
        amount: Math.ceil(random.next() * 900),
        fraudProbability: critical ? 0.7 + random.next() * 0.3 : random.next() ** 3 * 0.5,
        ...(critical ? ({ riskTier: "critical", action: "block", fraudPredicted: true } as const) : {}),
      }),
    };
  });
}

const read = (days: (typeof ANALYTICS_DAYS)[number] = 7, timeZone = "UTC", until?: Date) =>
  readAnalytics(db, { days, timeZone, until, workload: true });

test("every figure is what the rows say, over midnight, tiers and currencies, in a zone of half hours", async () => {
  const payments = aroundMidnight(900);
  await arrive(payments);
  const cases = await db
    .selectFrom("review_cases")
    .select(["case_id", "transaction_id"])
    .orderBy("case_id")
    .execute();
  expect(cases.length).toBeGreaterThan(60);
  for (const [i, { case_id }] of cases.slice(0, 40).entries()) {
    const verdict = i % 3 === 0 ? "legitimate" : "fraud";
    await giveVerdict(db, { caseId: case_id, actor: ANN, verdict, note: "" });
  }
  // One of the control group: it says nothing of what is sent to people.
  await sql`update review_cases set selected_by = 'control' where case_id = ${cases[0]!.case_id}`.execute(db);

  const rows = await db.selectFrom("decisions").selectAll().execute();
  const judged = await db
    .selectFrom("review_cases")
    .select(["transaction_id", "verdict"])
    .where("verdict", "is not", null)
    .where("selected_by", "=", "policy")
    .execute();
  const verdictOf = new Map(judged.map((row) => [row.transaction_id, row.verdict]));
  const isRisky = (row: (typeof rows)[number]): boolean => row.risk_tier === "critical";
  expect(new Set(rows.map(({ currency }) => currency)).size).toBe(2);
  expect(rows.some((row) => row.decided_at.getTime() < MIDNIGHT)).toBe(true);

  const figures = await read(7, "Asia/Kolkata");
  // Hours: by hand, in a zone that never changes.
  const { heat } = figures;
  expect([heat.payments, heat.risky]).toEqual([rows.length, rows.filter(isRisky).length]);
  expect(heat.cells).toHaveLength(7 * 24);
  for (const cell of heat.cells) {
    const inCell = rows.filter(({ decided_at }) => {
      const there = new Date(decided_at.getTime() + KOLKATA_MS);
      return there.getUTCHours() === cell.hour && (there.getUTCDay() || 7) === cell.weekday;
    });
    expect([cell.payments, cell.risky], `${cell.weekday} ${cell.hour}`).toEqual([
      ...[inCell.length, inCell.filter(isRisky).length],
    ]);
    // Seven days have each hour of the week once, the hours at both ends in two parts.
    expect(cell.hours).toBeCloseTo(1, 9);
  }

  // Origins.
  const { where } = figures;
  const whole = rows.filter(isRisky).length;
  expect(where.drawn).toBe(rows.length);
  expect(where.risky).toEqual({
    ...{ hits: whole, of: rows.length, share: whole / rows.length },
    ...wilsonInterval(whole, rows.length),
  });
  expect(where.verdicts).toMatchObject({
    of: 39,
    hits: judged.filter(({ verdict }) => verdict === "fraud").length,
  });
  for (const { column, rows: shown, rare } of where.tables) {
    const saidBy = (row: (typeof rows)[number]): string | null => row[column as WhereColumn];
    const values = [...new Set(rows.map(saidBy))];
    const of = (value: string | null) => rows.filter((row) => saidBy(row) === value);
    const many = values.filter((value) => of(value).length >= 10);
    expect(shown.map(({ value }) => value).toSorted()).toEqual(many.toSorted());
    const few = values.filter((value) => of(value).length < 10);
    expect(rare).toEqual({
      values: few.length,
      payments: few.reduce((sum, value) => sum + of(value).length, 0),
    });
    for (const row of shown) {
      const mine = of(row.value);
      const hits = mine.filter(isRisky).length;
      expect(row, `${column} ${row.value}`).toMatchObject({
        payments: mine.length,
        risky: { hits, of: mine.length, ...wilsonInterval(hits, mine.length) },
        verdicts: {
          of: mine.filter((each) => verdictOf.has(each.transaction_id)).length,
          hits: mine.filter((each) => verdictOf.get(each.transaction_id) === "fraud").length,
        },
      });
      expect(row.rate).toBeGreaterThanOrEqual(fisherP(hits, mine.length, whole, rows.length) - 1e-12);
    }
  }
  const table = (column: WhereColumn) => where.tables.find((each) => each.column === column)!.rows;
  expect(table("merchant_id")[0]).toMatchObject({ value: "m_bad", unlike: "more" });
  expect(table("channel").map(({ unlike }) => unlike)).toEqual([null, null]);

  // Scores: nothing before.
  const { scores } = figures;
  expect(scores).toMatchObject({ drawn: rows.length, drawnBefore: 0, psi: null, state: "unsure" });
  for (const { low, high, now } of scores.bins) {
    const inBin = rows.filter(
      ({ fraud_probability: p }) => p >= low && (p < high || (high === 1 && p === 1)),
    );
    expect(now, `${low}`).toBe(inBin.length);
  }
  expect(figures.workload?.people.map(({ name, decided }) => [name, decided])).toEqual([["ann", 40]]);
});

test("a draw is even over the whole range, and says of how many it is", async () => {
  await arrive(aroundMidnight(900));
  const span = rangeOf(7);
  const drawn = await drawPayments(db, span, 300);
  expect(Math.abs(drawn.length - 300)).toBeLessThanOrEqual(2);
  const before = await drawPayments(db, { ...span, until: new Date(MIDNIGHT) }, 300);
  expect(Math.abs(before.length - 300)).toBeLessThanOrEqual(2);
  expect(
    await drawPayments(db, { from: new Date(MIDNIGHT - 6 * DAY_MS), until: new Date(MIDNIGHT - 5 * DAY_MS) }),
  ).toEqual([]);
});

test("scores are held against the range before, where that is kept", async () => {
  const now = aroundMidnight(500);
  const before = aroundMidnight(400, MIDNIGHT - 7 * DAY_MS, "before");
  await arrive([...now, ...before]);
  const until = new Date(MIDNIGHT + 12 * HOUR_MS);
  const calm = (await read(7, "UTC", until)).scores;
  const scoresOf = (some: typeof now): number[] =>
    some.map(({ payment }) => Math.fround(payment.fraudProbability));
  expect(calm).toMatchObject({ drawn: 500, drawnBefore: 400, state: "steady" });
  expect(calm.psi).toBeCloseTo(
    driftOf("score", { values: scoresOf(before) }, { values: scoresOf(now) }).psi,
    2,
  );
  await sql`update decisions set fraud_probability = least(1, fraud_probability + 0.2) where transaction_id like 'p-%'`.execute(
    db,
  );
  const moved = (await read(7, "UTC", until)).scores;
  expect(moved).toMatchObject({ state: "moved" });
  expect(moved.words).toMatch(
    /^Scores moved against the range before\. The median is 0\.\d+, before 0\.\d+\.$/,
  );
  expect(moved.bins.reduce((sum, bin) => sum + bin.before, 0)).toBe(400);
  expect((await read(90)).scores).toMatchObject({ before: null, state: "alone", psi: null });
});

test("a person's verdicts are those that were not taken back, with what became of them", async () => {
  await arrive(
    Array.from({ length: 6 }, (_, i) => ({
      at: MIDNIGHT + (i - 3) * MINUTE_MS,
      payment: decision(`c-${i}`, { riskTier: "critical", action: "block", currency: i % 2 ? "EUR" : "JPY" }),
    })),
  );
  const rows = await db.selectFrom("review_cases").select("case_id").orderBy("case_id").execute();
  const cases = rows.map(({ case_id }) => case_id);
  /** Claims so many seconds before the verdict. */
  const decide = async (i: number, actor: Actor, verdict: "fraud" | "legitimate", seconds?: number) => {
    const caseId = cases[i]!;
    if (seconds !== undefined) {
      await claimCase(db, caseId, actor);
      await sql`update review_events set at = clock_timestamp() - ${seconds}::int * interval '1 second'
        where case_id = ${caseId} and kind = 'claimed'`.execute(db);
    }
    await giveVerdict(db, { caseId, actor, verdict, note: "" });
  };
  await decide(0, ANN, "fraud", 60);
  await decide(1, ANN, "fraud", 120);
  await decide(2, ANN, "legitimate", 600);
  await decide(3, ANN, "legitimate");
  await decide(4, BEN, "fraud", 30);
  // Taken back at once, and decided otherwise: only the last is a verdict.
  await undoVerdict(db, cases[4]!, BEN);
  await giveVerdict(db, { caseId: cases[4]!, actor: BEN, verdict: "legitimate", note: "" });
  // A lead corrects one to the other verdict, another only to its kind.
  await correctVerdict(db, {
    caseId: cases[0]!,
    actor: LEA,
    verdict: "legitimate",
    reason: "a",
    others: true,
  });
  await correctVerdict(db, {
    ...{ caseId: cases[1]!, actor: LEA, verdict: "fraud", kind: "scam", reason: "b", others: true },
  });
  // The bank contradicts one, agrees with another.
  await takeChargebacks(db, LEA, [
    { transactionId: "c-2", reportedAt: new Date().toISOString() },
    { transactionId: "c-1", reportedAt: new Date().toISOString() },
  ]);
  const { workload } = await read(1);
  expect(workload).toMatchObject({ cases: 5, cut: false });
  const [ann, ben, ...others] = workload!.people;
  expect(others).toEqual([]);
  expect(ann).toMatchObject({
    ...{ name: "ann", kind: "user", id: "1", decided: 4, timed: 3, corrected: 1, contradicted: 1 },
    stood: { hits: 2, of: 4, ...wilsonInterval(2, 4) },
  });
  expect(ann!.medianSeconds).toBeGreaterThanOrEqual(120);
  expect(ann!.medianSeconds).toBeLessThan(180);
  expect(ben).toMatchObject({ name: "ben", decided: 1, timed: 1, corrected: 0, stood: { hits: 1, of: 1 } });
  // What was decided before the range is not in it.
  await sql`update review_events set at = at - interval '2 days' where kind = 'decided'`.execute(db);
  expect((await read(1)).workload?.people).toEqual([]);
  expect(await readAnalytics(db, { days: 1, timeZone: "UTC", workload: false })).toMatchObject({
    workload: null,
  });
});

test("of an empty store nothing is said, and a range that is not kept is refused", async () => {
  for (const days of ANALYTICS_DAYS) {
    const { heat, where, scores, workload } = await read(days);
    expect([heat.payments, where.drawn, scores.drawn, workload?.cases]).toEqual([0, 0, 0, 0]);
    if (days > 1) expect(heat.cells).toHaveLength(7 * 24);
  }
  const hours = (await read(90)).heat.cells.reduce((sum, cell) => sum + cell.hours, 0);
  expect(hours).toBeCloseTo(90 * 24, 6);
  await expect(read(7, "UTC", new Date(Date.now() + HOUR_MS))).rejects.toThrow("lies ahead");
  await expect(read(90, "UTC", new Date(Date.now() - 5 * DAY_MS))).rejects.toThrow("too long ago");
});
