import { type Kysely, sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestPostgres, type TestPostgres } from "../../platform/embedded/testing/postgres.ts";
import { openDatabase } from "../../platform/process/database.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { recordAct } from "../audit/append.ts";
import { verifyAudit } from "../audit/verify.ts";
import { recordDecisions } from "../record/record-decisions.ts";
import { readCase } from "../review/case-page.ts";
import { listQueue } from "../review/queue.ts";
import { getDecision, listDecisions } from "./decision-list.ts";
import { migrate, migrateTo, NEEDED_MIGRATIONS } from "./migrate.ts";
import { listPartitions } from "./partitions.ts";
import { findDrift } from "./reconcile.ts";
import type { Database } from "./schema.ts";
import { readStats } from "./stats.ts";
import { ANN, decision, risky, SLA } from "./testing.ts";

/** What an earlier version recorded: id, amount, currency, tier, truth, when; one at the very edge of a month. */
const PAID = `values
  ('a', 0.1, 'EUR', 'critical', true, '2026-09-30T23:59:59.999999Z'), ('b', 0.2, 'EUR', 'critical', false, '2026-10-01T00:00:00Z'),
  ('c', 50000, 'JPY', 'high', null, now()), ('d', 3, 'JPY', 'low', null, now()), ('e', 1.234, 'KWD', 'medium', true, now())`;

/** As every version before the ledger wrote it. */
async function recordAsBefore(db: Kysely<Database>, hasCaseCurrency: boolean): Promise<void> {
  await sql`insert into users (name, role) values ('ann', 'analyst')`.execute(db);
  await sql`
    insert into decisions (transaction_id, source, event_time, decided_at, time_seconds, v, amount, currency,
      card_token, fraud_probability, risk_tier, action, fraud_predicted, model_name, model_version, truth)
    select id, 'api', at::timestamptz, at::timestamptz, 0, array_fill(0.5::real, array[28]), amount, currency,
      'tok', 0.9, tier, 'block', tier <> 'low', 'm', '1', truth
    from (${sql.raw(PAID)}) as old (id, amount, currency, tier, truth, at)
    order by at::timestamptz`.execute(db);
  await sql`
    insert into review_cases (transaction_id, risk_tier, fraud_probability, amount, due_at, reasons
      ${hasCaseCurrency ? sql`, currency` : sql``})
    select transaction_id, risk_tier, fraud_probability, amount, now() + interval '1 hour', '[{"code": "V14_LOW"}]'
      ${hasCaseCurrency ? sql`, currency` : sql``}
    from decisions where risk_tier in ('high', 'critical') order by seq`.execute(db);
  await sql`
    update review_cases set status = 'decided', verdict = 'fraud', decided_by = 'ann', decided_at = now(), note = 'seen'
    where transaction_id = 'a'`.execute(db);
  await sql`
    update review_cases set claimed_by = 'api-key', claimed_until = now() + interval '5 minutes',
      escalated_at = '2026-10-02T10:00:00Z' where transaction_id = 'b'`.execute(db);
  await sql`
    insert into review_events (case_id, actor, kind)
    select case_id, unnest(array['system', 'ann']), unnest(array['opened', 'decided'])
    from review_cases where transaction_id = 'a'`.execute(db);
  await sql`insert into labels values ('a', 'fraud', 'analyst', 'ann')`.execute(db);
}

/** Versions whose decisions lay in one table: {@link recordAsBefore} writes as they did. */
const BEFORE_THE_LEDGER = NEEDED_MIGRATIONS.filter((name) => name < "0005");

describe.each(BEFORE_THE_LEDGER)("a data folder of a version that ended with %s", (version) => {
  let postgres: TestPostgres;
  let db: Kysely<Database>;

  beforeAll(async () => {
    postgres = await startTestPostgres("embedded");
    db = openDatabase<Database>(postgres.url, createLogger("test", "silent"));
    await migrateTo(db, version);
    await recordAsBefore(db, version >= "0004");
    await migrate(db);
  });
  afterAll(async () => {
    await db?.destroy();
    await postgres?.stop();
  });

  test("has every row, in partitions by month, and money in minor units", async () => {
    const rows = await sql<{ id: string; minor: number; part: string; review: boolean }>`
      select transaction_id as id, amount_minor as minor, tableoid::regclass::text as part, review
      from decisions order by decided_at, seq`.execute(db);
    const month = `decisions_${new Date().toISOString().slice(0, 7).replace("-", "_")}`;
    expect(rows.rows).toEqual([
      { id: "a", minor: 10, part: "decisions_2026_09", review: true },
      { id: "b", minor: 20, part: "decisions_2026_10", review: true },
      { id: "c", minor: 50_000, part: month, review: true },
      { id: "d", minor: 3, part: month, review: false },
      { id: "e", minor: 1_234, part: month, review: false },
    ]);
    expect((await listPartitions(db)).map(({ name }) => name)).toContain(month);
    expect(await getDecision(db, "e")).toMatchObject({
      amount: 1.234,
      currency: "KWD",
      policyVersion: "tiers-1",
    });
    expect((await listDecisions(db, { limit: 2, before: 4 })).items.map((d) => d.transactionId)).toEqual([
      "c",
      "b",
    ]);
  });

  test("counts what its rows say", async () => {
    expect(await findDrift(db)).toEqual([]);
    const { totals, reviews } = await readStats(db);
    expect(totals).toMatchObject({
      transactions: 5,
      truthKnown: 3,
      truthFraud: 2,
      truePositives: 2,
      falsePositives: 1,
    });
    expect(totals.amounts).toEqual([
      { currency: "EUR", transactions: 2, amount: 0.3 },
      { currency: "JPY", transactions: 2, amount: 50_003 },
      { currency: "KWD", transactions: 1, amount: 1.234 },
    ]);
    expect(reviews).toMatchObject({ open: 2, decided: 1, decidedFraud: 1, escalated: 1, claimed: 1 });
  });

  test("knows who did what", async () => {
    const { items } = await listQueue(db);
    expect(items.map((item) => [item.transactionId, item.claimedBy?.kind ?? null])).toEqual([
      ["b", "api_key"],
      ["c", null],
    ]);
    const ann = { kind: "user", id: "1", name: "ann" };
    const [decided] = (await listQueue(db, { status: "decided" })).items;
    expect(decided).toMatchObject({ transactionId: "a", decidedBy: ann, amount: 0.1 });
    const page = await readCase(db, decided!.caseId);
    expect(page.events.map(({ actor }) => actor.kind)).toEqual(["system", "user"]);
    expect(page.case.note).toBe("seen");
    expect((await db.selectFrom("labels").selectAll().execute())[0]).toMatchObject({ labelled_by: ann });
  });

  test("goes on", async () => {
    const { inserted, duplicates } = await recordDecisions(db, [decision("a"), risky("new")], SLA);
    expect([inserted, duplicates]).toEqual([1, 1]);
    const [seq] = (
      await db.selectFrom("decisions").select("seq").where("transaction_id", "=", "new").execute()
    ).map((row) => row.seq);
    expect(seq).toBeGreaterThan(5);
    await recordAct(db, { actor: ANN, act: "test", subject: "test" });
    expect(await verifyAudit(db)).toEqual({ sound: 1 });
    expect(await findDrift(db)).toEqual([]);
    expect(await migrate(db)).toEqual([]);
  });
});

test("a ledger in which every payment had a Time takes such as have none beside its own", async () => {
  const postgres = await startTestPostgres("embedded");
  const db = openDatabase<Database>(postgres.url, createLogger("test", "silent"));
  try {
    await migrateTo(db, "0012-tidy");
    // As the versions before wrote it: what records today knows columns that came later.
    const record = (id: string, time: number | null) => sql`
      with recorded as (
        insert into decisions (transaction_id, source, event_time, time_seconds, v, amount_minor, currency,
          fraud_probability, risk_tier, action, review, fraud_predicted, model_name, model_version, policy_version)
        values (${id}, 'api', now(), ${time}, array_fill(0.5::real, array[28]), 1250, 'EUR',
          0.1, 'low', 'approve', false, false, 'm', '1', 'tiers-1')
        returning transaction_id, decided_at, seq)
      insert into transaction_keys (transaction_id, decided_at, seq) select * from recorded`;
    await record("before", 36_000).execute(db);
    await expect(record("timeless", null).execute(db)).rejects.toThrow(/time_seconds/);
    await migrate(db);
    const own = decision("own", {
      ...{ timeSeconds: null, v: null },
      ...{
        fields: { items: 3, gift: true, opened: "2026-11-01T08:00:00.000Z" },
        entities: { customer: "c-17" },
      },
    });
    expect(await recordDecisions(db, [decision("before"), own], SLA)).toMatchObject({
      inserted: 1,
      duplicates: 1,
    });
    expect(await getDecision(db, "before")).toMatchObject({
      timeSeconds: 36_000,
      fields: null,
      entities: null,
    });
    expect(await getDecision(db, "own")).toMatchObject({
      ...{ timeSeconds: null, v: null, entities: { customer: "c-17" } },
      fields: { items: 3, gift: true, opened: "2026-11-01T08:00:00.000Z" },
    });
  } finally {
    await db.destroy();
    await postgres.stop();
  }
});
