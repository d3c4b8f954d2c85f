import { type Kysely, sql, type Transaction } from "kysely";
import type { Action, Database, RiskTier, StoredReason } from "./schema.ts";

/** One decision as it goes into the store. */
export interface NewDecision {
  readonly transactionId: string;
  readonly source: string;
  /** When the payment happened, ISO 8601. */
  readonly eventTime: string;
  /** Seconds, the model's Time. */
  readonly timeSeconds: number;
  /** V1…V28. */
  readonly v: readonly number[];
  readonly amount: number;
  /** ISO 4217; null when the payment came without one. */
  readonly currency: string | null;
  readonly cardToken: string | null;
  readonly merchantId: string | null;
  readonly merchantCategory: string | null;
  readonly country: string | null;
  readonly channel: string | null;
  readonly fraudProbability: number;
  readonly riskTier: RiskTier;
  readonly action: Action;
  readonly fraudPredicted: boolean;
  readonly modelName: string;
  readonly modelVersion: string;
  /** What the source knows to be true; null where nobody knows. */
  readonly truth: boolean | null;
  /** Stored with the case of a High or Critical decision. */
  readonly reasons: readonly StoredReason[];
}

/** How long a case may stay open, milliseconds. */
export interface ReviewSla {
  readonly high: number;
  readonly critical: number;
}

/** A case that this call opened. */
export interface OpenedCase {
  readonly caseId: number;
  readonly transactionId: string;
  readonly dueAt: Date;
}

/** What became durable by this call; what had been recorded before is not in it. */
export interface Recorded {
  readonly inserted: number;
  readonly duplicates: number;
  readonly flagged: number;
  readonly cases: readonly OpenedCase[];
}

/**
 * Records decisions once: rows, review cases for High and Critical, the cases' first event, and the counters, in one
 * SQL transaction. A transaction_id that is already there changes nothing, so a job delivered twice counts once.
 *
 * Locks are taken in one order by every caller (decisions by id, counters by tier and currency, minutes by tier), so
 * workers wait for each other and never deadlock.
 *
 * @throws the database's error; nothing is recorded then
 */
export async function recordDecisions(
  db: Kysely<Database>,
  decisions: readonly NewDecision[],
  sla: ReviewSla,
): Promise<Recorded> {
  if (decisions.length === 0) return { inserted: 0, duplicates: 0, flagged: 0, cases: [] };
  return db.transaction().execute(async (trx) => {
    const inserted = await insertRows(trx, decisions);
    if (inserted.length === 0) {
      return { inserted: 0, duplicates: decisions.length, flagged: 0, cases: [] };
    }
    const cases = await openCases(trx, decisions, inserted, sla);
    await addToCounters(trx, inserted);
    return {
      inserted: inserted.length,
      duplicates: decisions.length - inserted.length,
      flagged: cases.length,
      cases,
    };
  });
}

/** One JSON parameter for all rows: no limit of 65,535 parameters, one plan for every chunk size. */
async function insertRows(trx: Transaction<Database>, decisions: readonly NewDecision[]): Promise<number[]> {
  const rows = decisions.map((d) => ({
    transaction_id: d.transactionId,
    source: d.source,
    event_time: d.eventTime,
    time_seconds: d.timeSeconds,
    v: d.v,
    amount: d.amount,
    currency: d.currency,
    card_token: d.cardToken,
    merchant_id: d.merchantId,
    merchant_category: d.merchantCategory,
    country: d.country,
    channel: d.channel,
    fraud_probability: d.fraudProbability,
    risk_tier: d.riskTier,
    action: d.action,
    fraud_predicted: d.fraudPredicted,
    model_name: d.modelName,
    model_version: d.modelVersion,
    truth: d.truth,
  }));
  const result = await sql<{ seq: number }>`
    insert into decisions (
      transaction_id, source, event_time, time_seconds, v, amount, currency, card_token, merchant_id,
      merchant_category, country, channel, fraud_probability, risk_tier, action, fraud_predicted,
      model_name, model_version, truth)
    select
      transaction_id, source, event_time, time_seconds, v, amount, currency, card_token, merchant_id,
      merchant_category, country, channel, fraud_probability, risk_tier, action, fraud_predicted,
      model_name, model_version, truth
    from json_to_recordset(${JSON.stringify(rows)}::json) as row (
      transaction_id text, source text, event_time timestamptz, time_seconds float8, v real[], amount float8,
      currency text, card_token text, merchant_id text, merchant_category text, country text, channel text,
      fraud_probability real, risk_tier text, action text, fraud_predicted boolean,
      model_name text, model_version text, truth boolean)
    order by transaction_id
    on conflict (transaction_id) do nothing
    returning seq`.execute(trx);
  return result.rows.map((row) => row.seq);
}

async function openCases(
  trx: Transaction<Database>,
  decisions: readonly NewDecision[],
  inserted: readonly number[],
  sla: ReviewSla,
): Promise<OpenedCase[]> {
  const risky = decisions.filter((d) => d.riskTier === "high" || d.riskTier === "critical");
  if (risky.length === 0) return [];
  // A chunk may name a transaction twice; its first entry is the one that was inserted.
  const reasons = new Map<string, readonly StoredReason[]>();
  for (const d of risky) if (!reasons.has(d.transactionId)) reasons.set(d.transactionId, d.reasons);
  const given = [...reasons].map(([transaction_id, list]) => ({ transaction_id, reasons: list }));
  const result = await sql<{ case_id: number; transaction_id: string; due_at: Date }>`
    with opened as (
      insert into review_cases (transaction_id, risk_tier, fraud_probability, amount, currency, due_at, reasons)
      select d.transaction_id, d.risk_tier, d.fraud_probability, d.amount, d.currency,
        now() + (case d.risk_tier when 'critical' then ${sla.critical}::float8 else ${sla.high}::float8 end)
          * interval '1 millisecond',
        given.reasons
      from decisions d
      join json_to_recordset(${JSON.stringify(given)}::json) as given (transaction_id text, reasons jsonb)
        using (transaction_id)
      where d.seq = any(${inserted}::bigint[]) and d.risk_tier in ('high', 'critical')
      order by d.seq
      returning case_id, transaction_id, risk_tier, due_at
    ), event as (
      insert into review_events (case_id, actor, kind, detail)
      select case_id, 'system', 'opened', jsonb_build_object('risk_tier', risk_tier, 'due_at', due_at)
      from opened order by case_id
    )
    select case_id, transaction_id, due_at from opened`.execute(trx);
  return result.rows.map((row) => ({
    caseId: row.case_id,
    transactionId: row.transaction_id,
    dueAt: row.due_at,
  }));
}

async function addToCounters(trx: Transaction<Database>, inserted: readonly number[]): Promise<void> {
  await sql`
    insert into counters as c (risk_tier, currency, amount, ${countedColumns})
    select risk_tier, ${currencyKey}, ${sumOfAmounts}, ${countsOfDecisions}
    from decisions where seq = any(${inserted}::bigint[]) group by 1, 2 order by 1, 2
    on conflict (risk_tier, currency) do update set amount = c.amount + excluded.amount, ${addExcluded}`.execute(
    trx,
  );
  await sql`
    insert into counters_by_minute as c (minute, risk_tier, ${countedColumns})
    select date_trunc('minute', now()), risk_tier, ${countsOfDecisions}
    from decisions where seq = any(${inserted}::bigint[]) group by 1, 2 order by 1, 2
    on conflict (minute, risk_tier) do update set ${addExcluded}`.execute(trx);
}

/** What counter rows count, in the order of {@link countsOfDecisions}. */
export const COUNTED = [
  "transactions",
  "fraud_predicted",
  "truth_known",
  "truth_fraud",
  "true_positives",
  "false_positives",
] as const;
export const countedColumns = sql.join(COUNTED.map((column) => sql.ref(column)));

const addExcluded = sql.join(
  COUNTED.map(
    (column) => sql`${sql.ref(column)} = ${sql.ref(`c.${column}`)} + ${sql.ref(`excluded.${column}`)}`,
  ),
);

/** The counts of a counter row, over decisions: said once, for counting and for recounting. */
export const countsOfDecisions = sql`
  count(*) as transactions,
  count(*) filter (where fraud_predicted) as fraud_predicted,
  count(truth) as truth_known,
  count(*) filter (where truth) as truth_fraud,
  count(*) filter (where truth and fraud_predicted) as true_positives,
  count(*) filter (where not truth and fraud_predicted) as false_positives`;

/** The amounts of decisions of one currency, added as the decimals they were sent as: 0.10 and 0.20 are 0.30. */
export const sumOfAmounts = sql`sum(amount::numeric) as amount`;

/** A decision's currency as counters have it: a key cannot be null. */
export const currencyKey = sql`coalesce(currency, '')::text as currency`;
