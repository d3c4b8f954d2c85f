import { type Kysely, sql, type Transaction } from "kysely";
import { sumsOfDecisions } from "./decisions.ts";
import type { Database } from "./schema.ts";

/** A counter row that does not say what the decisions say. */
export interface Drift {
  readonly table: "counters" | "counters_by_minute";
  readonly minute: Date | null;
  readonly riskTier: string;
  /** Transactions by the counter, and by the rows. */
  readonly counted: number;
  readonly rows: number;
}

/**
 * Recounts every counter from the decisions. Row and counter are written in one transaction, so one statement sees
 * both or neither and needs no lock.
 *
 * @returns the rows that differ; empty when all is right
 */
export async function findDrift(db: Kysely<Database> | Transaction<Database>): Promise<Drift[]> {
  const result = await sql<{
    table: Drift["table"];
    minute: Date | null;
    risk_tier: string;
    counted: number;
    rows: number;
  }>`
    with per_minute as (
      select date_trunc('minute', decided_at) as minute, risk_tier, ${sumsOfDecisions}
      from decisions group by 1, 2
    ), per_tier as (
      select risk_tier, sum(transactions) as transactions, sum(amount) as amount,
        sum(fraud_predicted) as fraud_predicted, sum(truth_known) as truth_known, sum(truth_fraud) as truth_fraud,
        sum(true_positives) as true_positives, sum(false_positives) as false_positives
      from per_minute group by 1
    )
    select 'counters' as table, null::timestamptz as minute, risk_tier,
      coalesce(c.transactions, 0)::int8 as counted, coalesce(r.transactions, 0)::int8 as rows
    from counters c full join per_tier r using (risk_tier) where ${differs}
    union all
    select 'counters_by_minute', minute, risk_tier,
      coalesce(c.transactions, 0)::int8, coalesce(r.transactions, 0)::int8
    from counters_by_minute c full join per_minute r using (minute, risk_tier) where ${differs}
    order by 1, 2, 3`.execute(db);
  return result.rows.map(({ risk_tier, ...row }) => ({ ...row, riskTier: risk_tier }));
}

/**
 * Sets every counter to what the decisions say. Recording waits meanwhile: it takes the same lock.
 *
 * @returns what was wrong
 */
export async function repairDrift(db: Kysely<Database>): Promise<Drift[]> {
  return db.transaction().execute(async (trx) => {
    await sql`select from counters order by risk_tier for update`.execute(trx);
    const drift = await findDrift(trx);
    if (drift.length === 0) return drift;
    await sql`delete from counters_by_minute`.execute(trx);
    await sql`
      insert into counters_by_minute (
        minute, risk_tier, transactions, amount, fraud_predicted,
        truth_known, truth_fraud, true_positives, false_positives)
      select date_trunc('minute', decided_at), risk_tier, ${sumsOfDecisions}
      from decisions group by 1, 2`.execute(trx);
    await sql`
      update counters c set
        transactions = s.transactions, amount = s.amount, fraud_predicted = s.fraud_predicted,
        truth_known = s.truth_known, truth_fraud = s.truth_fraud,
        true_positives = s.true_positives, false_positives = s.false_positives
      from (
        select t.risk_tier, ${sumsOfDecisionsOrZero}
        from (values ('low'), ('medium'), ('high'), ('critical')) as t (risk_tier)
        left join decisions d on d.risk_tier = t.risk_tier group by 1
      ) s where s.risk_tier = c.risk_tier`.execute(trx);
    return drift;
  });
}

/** Sums of doubles depend on the order of adding; everything else must be equal. */
const differs = sql`
  coalesce(c.transactions, 0) <> coalesce(r.transactions, 0)
  or coalesce(c.fraud_predicted, 0) <> coalesce(r.fraud_predicted, 0)
  or coalesce(c.truth_known, 0) <> coalesce(r.truth_known, 0)
  or coalesce(c.truth_fraud, 0) <> coalesce(r.truth_fraud, 0)
  or coalesce(c.true_positives, 0) <> coalesce(r.true_positives, 0)
  or coalesce(c.false_positives, 0) <> coalesce(r.false_positives, 0)
  or abs(coalesce(c.amount, 0) - coalesce(r.amount, 0)) > 1e-9 * greatest(1, abs(coalesce(r.amount, 0)))`;

/** As sumsOfDecisions, over a left join: a tier without decisions counts zero. */
const sumsOfDecisionsOrZero = sql`
  count(d.seq) as transactions,
  coalesce(sum(d.amount), 0) as amount,
  count(*) filter (where d.fraud_predicted) as fraud_predicted,
  count(d.truth) as truth_known,
  count(*) filter (where d.truth) as truth_fraud,
  count(*) filter (where d.truth and d.fraud_predicted) as true_positives,
  count(*) filter (where not d.truth and d.fraud_predicted) as false_positives`;
