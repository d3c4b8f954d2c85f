import { sql } from "kysely";
import { expect, test } from "vitest";
import { startTestPostgres } from "../../../platform/embedded/testing/postgres.ts";
import { openDatabase } from "../../../platform/process/database.ts";
import { createLogger } from "../../../platform/process/logger.ts";
import { recordDecisions } from "../decisions.ts";
import { findDrift } from "../reconcile.ts";
import type { Database } from "../schema.ts";
import { readStats } from "../stats.ts";
import { decision, SLA } from "../testing.ts";
import { first } from "./0001-first.ts";
import { operations } from "./0002-operations.ts";
import { freeSource } from "./0003-free-source.ts";
import { amountsByCurrency } from "./0004-amounts-by-currency.ts";

test("a data folder from before is counted anew, each currency by itself, and goes on", async () => {
  const postgres = await startTestPostgres();
  const db = openDatabase<Database>(postgres.url, createLogger("test", "silent"));
  try {
    for (const migration of [first, operations, freeSource]) await migration.up(db);
    await sql`
      insert into decisions (transaction_id, source, event_time, time_seconds, v, amount, currency,
        fraud_probability, risk_tier, action, fraud_predicted, model_name, model_version, truth)
      select id, 'api', now(), 0, array_fill(0::real, array[28]), amount, currency,
        0.9, tier, 'block', true, 'm', '1', truth
      from (values ('a', 0.1, 'EUR', 'critical', true), ('b', 0.2, 'EUR', 'critical', false),
        ('c', 50000, 'JPY', 'critical', null), ('d', 3, 'JPY', 'low', null))
        as old (id, amount, currency, tier, truth)`.execute(db);
    await sql`
      insert into review_cases (transaction_id, risk_tier, fraud_probability, amount, due_at)
      select transaction_id, risk_tier, fraud_probability, amount, now() from decisions
      where risk_tier = 'critical'`.execute(db);
    // As the version before counted: euros and yen in one sum.
    await sql`
      insert into counters_by_minute (minute, risk_tier, transactions, amount, fraud_predicted,
        truth_known, truth_fraud, true_positives, false_positives)
      select date_trunc('minute', decided_at), risk_tier, count(*), sum(amount), count(*),
        count(truth), count(*) filter (where truth), count(*) filter (where truth),
        count(*) filter (where not truth)
      from decisions group by 1, 2`.execute(db);
    await sql`update counters set transactions = 3, amount = 50000.3 where risk_tier = 'critical'`.execute(
      db,
    );

    await amountsByCurrency.up(db);
    expect(await findDrift(db)).toEqual([]);
    const cases = await db.selectFrom("review_cases").select("currency").orderBy("transaction_id").execute();
    expect(cases.map((c) => c.currency)).toEqual(["EUR", "EUR", "JPY"]);
    const optional = await sql`
      select table_name from information_schema.columns where column_name = 'currency' and is_nullable = 'YES'`.execute(
      db,
    );
    expect(optional.rows).toEqual([]);

    await recordDecisions(db, [decision("e", { amount: 7, currency: "KWD" })], SLA);
    expect((await readStats(db)).totals).toMatchObject({
      transactions: 5,
      truthFraud: 1,
      falsePositives: 1,
      amounts: [
        { currency: "EUR", amount: 0.3 },
        { currency: "JPY", amount: 50_003 },
        { currency: "KWD", amount: 7 },
      ],
    });
    expect(await findDrift(db)).toEqual([]);
  } finally {
    await db.destroy();
    await postgres.stop();
  }
});
