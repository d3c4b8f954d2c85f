import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { WatchColumn } from "../../domain/watch.ts";
import { Random } from "../../platform/math/random.ts";
import { InputWatch, readingOf } from "../alerts/conditions/inputs.ts";
import { recordDecisions } from "../record/record-decisions.ts";
import { foldCounters } from "../store/fold-counters.ts";
import { createPartitions } from "../store/partitions.ts";
import { ANN, decision, SLA } from "../store/testing.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";
import { makeWatchReport } from "./reports.ts";

const AT = new Date(Math.floor(Date.now() / 60_000) * 60_000);
const HOUR_MS = 3_600_000;
const PER_HOUR = 12;

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store?.close());

test("what moved, is missing or stands still is named, and nothing else is", async () => {
  const { db } = store;
  await createPartitions(db, new Date(AT.getTime() - 30 * 24 * HOUR_MS), AT);
  const random = new Random(11, 1);
  const usual = (id: string) =>
    decision(id, {
      v: Array.from({ length: 28 }, () => random.next() + random.next()),
      amount: Math.round(random.next() * 10_000) / 100,
      fraudProbability: random.next() ** 8,
      merchantCategory: ["5411", "5812", "5999"][Math.floor(random.next() * 3)] ?? null,
      country: random.next() < 0.5 ? "FR" : "DE",
      channel: random.next() < 0.5 ? "chip" : "online",
      currency: random.next() < 0.8 ? "EUR" : "JPY",
    });
  const record = async (from: string, day: (id: string) => ReturnType<typeof decision>, hours: number) => {
    const all = Array.from({ length: hours * PER_HOUR }, (_, i) => day(`${from}-${i}`));
    for (let i = 0; i < all.length; i += 1_000) await recordDecisions(db, all.slice(i, i + 1_000), SLA);
    // The store's clock is not ours to turn: what was recorded now is moved to its hour.
    await sql`
      update decisions d set decided_at = ${AT}::timestamptz - (${hours} - n.i::float8 / ${PER_HOUR}) * interval '1 hour'
          - ${from === "before" ? 24 : 0} * interval '1 hour'
      from (select transaction_id, split_part(transaction_id, '-', 2)::int as i from transaction_keys
        where transaction_id like ${`${from}-%`}) as n
      where d.transaction_id = n.transaction_id`.execute(db);
  };
  await record("before", usual, 28 * 24);
  await record("now", usual, 24);
  await sql`update transaction_keys k set decided_at = d.decided_at, seq = d.seq from decisions d
    where d.transaction_id = k.transaction_id`.execute(db);
  await foldCounters(db, "test");
  await sql`delete from counters_by_minute`.execute(db);
  await sql`insert into counters_by_minute (minute, risk_tier, transactions)
    select date_trunc('minute', decided_at), risk_tier, count(*) from decisions group by 1, 2`.execute(db);

  const calm = await makeWatchReport(db, AT);
  expect(calm).toMatchObject({ hours: 24, days: 28, model: "test@1" });
  expect(calm.now).toBe(24 * PER_HOUR);
  expect(calm.before).toBeGreaterThan(3_500);
  expect(calm.before).toBeLessThanOrEqual(4_000);
  expect(calm.columns.filter(({ state }) => state !== "steady")).toEqual([]);
  expect(readingOf(calm, 0.25)).toMatchObject({ level: "clear" });

  // One input moves, one stands still, a field is no longer sent, a new country takes half.
  await sql`update decisions set v[3] = v[3] + 0.7, v[5] = 1, channel = null,
      country = case when country = 'FR' then 'BR' else country end
    where transaction_id like 'now-%'`.execute(db);
  const moved = await makeWatchReport(db, AT);
  const by = (name: string): WatchColumn => moved.columns.find((column) => column.name === name)!;
  expect(
    moved.columns
      .filter(({ state }) => state !== "steady")
      .map(({ name }) => name)
      .sort(),
  ).toEqual(["V3", "V5", "channel", "country"].sort());
  expect(by("V3")).toMatchObject({ state: "moved", kind: "input" });
  expect(by("V3").words).toMatch(/^median 1\.\d+, before [01]\.?\d*;/);
  expect(by("V5")).toMatchObject({ state: "broken", words: "always 1 now" });
  expect(by("channel")).toMatchObject({
    state: "broken",
    words: "missing in 100 % of payments, before in 0 %",
  });
  expect(by("country").words).toMatch(/^(FR|BR): /);
  expect(moved.columns[0]?.state).toBe("broken");
  expect(JSON.stringify(moved)).not.toContain("tok_a");
  // Amounts are of one currency.
  expect(by("Amount, EUR").now.payments).toBeLessThan(0.9 * moved.now);
  expect(readingOf(moved, 0.25)).toMatchObject({ kind: "input_drift", level: "over" });
  expect(readingOf(moved, 0.25).words).toContain("V5: always 1 now");
});

test("labels say week by week whether scores are right", async () => {
  const { db } = store;
  const rows = await db
    .selectFrom("decisions")
    .select(["transaction_id", "fraud_probability"])
    .where("transaction_id", "like", "before-%")
    .orderBy("transaction_id")
    .execute();
  await db
    .insertInto("labels")
    .values(
      // Every third of them was fraud, whatever its score said.
      rows.slice(0, 900).map(({ transaction_id }, i) => ({
        ...{ transaction_id, label: i % 3 === 0 ? "fraud" : "legitimate", source: "analyst" },
        ...{ labelled_by: JSON.stringify(ANN), labelled_at: AT },
      })),
    )
    .execute();
  const { weeks } = await makeWatchReport(db, AT);
  expect(weeks.reduce((sum, { labels }) => sum + labels, 0)).toBe(900);
  expect(weeks.reduce((sum, { frauds }) => sum + frauds, 0)).toBe(300);
  for (const { from, low, high, expected, labels } of weeks) {
    expect(new Date(from).getUTCDay()).toBe(1);
    if (labels < 50) continue;
    expect(low).toBeLessThan(1 / 3);
    expect(high).toBeGreaterThan(1 / 3);
    // The mean of u⁸ is 1/9: too low, and it is seen.
    expect(expected).toBeLessThan(low);
  }
});

test("a report is made once an hour, and of an empty store nothing is said", async () => {
  const empty = await openTestStore();
  try {
    const watch = new InputWatch(empty.db);
    const at = new Date("2026-11-27T10:20:00Z");
    expect(await watch.read(at, 0.25)).toMatchObject({
      level: "unknown",
      words: "the first report is being made",
    });
    await watch.settled();
    expect((await watch.read(at, 0.25)).words).toContain("too few payments");
    const made = () => empty.db.selectFrom("watch_reports").select("at").orderBy("at").execute();
    await watch.settled();
    expect(await made()).toEqual([{ at: new Date("2026-11-27T10:00:00Z") }]);
    await watch.read(new Date(at.getTime() + HOUR_MS), 0.25);
    await watch.settled();
    expect(await made()).toHaveLength(2);
  } finally {
    await empty.close();
  }
});
