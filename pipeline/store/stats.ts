import { type Kysely, sql } from "kysely";
import { unitsOf } from "../../domain/money.ts";
import { reviewedTiers } from "../../domain/policy/decision-policy.ts";
import { type ByTier, byTier, RISK_TIERS, type RiskTier } from "../../domain/tiers.ts";
import { COUNTED, casesLeftOpen, columns, countedNow, countsOf } from "./counting.ts";
import { type Converted, convert, readExchange } from "./exchange-rates.ts";
import type { Database } from "./schema.ts";

/** What was paid in one currency. Amounts of different currencies are never added. */
export interface CurrencyAmount {
  /** ISO 4217. */
  readonly currency: string;
  readonly transactions: number;
  /** In units of the currency. */
  readonly amount: number;
}

/** Sums over decisions; the last four only over those whose truth is known. */
export interface TierTotals {
  readonly transactions: number;
  /** The currency of the most payments first. */
  readonly amounts: readonly CurrencyAmount[];
  readonly fraudPredicted: number;
  readonly truthKnown: number;
  readonly truthFraud: number;
  readonly truePositives: number;
  readonly falsePositives: number;
}

export interface Totals extends TierTotals {
  readonly byTier: ByTier<TierTotals>;
}

export interface ReviewCounts {
  readonly open: number;
  readonly decided: number;
  /** Open and past the SLA. */
  readonly overdue: number;
  /** Open and under a live lease. */
  readonly claimed: number;
  /** Ever escalated. */
  readonly escalated: number;
  readonly decidedFraud: number;
  readonly decidedLegitimate: number;
}

/** A confusion matrix over decisions whose truth is known; ratios are null where nothing was counted. */
export interface Quality {
  readonly known: number;
  readonly frauds: number;
  readonly tp: number;
  readonly fp: number;
  readonly fn: number;
  readonly tn: number;
  readonly precision: number | null;
  readonly recall: number | null;
}

export interface LiveStats {
  readonly totals: Totals;
  readonly reviews: ReviewCounts;
  /** Decisions per second over the last 60 s. */
  readonly ratePerSecond: number;
  /** Predicted fraud: probability ≥ the model's fraud threshold (0.5). */
  readonly predicted: Quality;
  /** Flagged for review: High or Critical. */
  readonly flagged: Quality;
  /** Share of the known frauds that were flagged. */
  readonly detectionRate: number | null;
  /** As far as {@link DEAD_LETTERS_COUNTED}: nobody needs to know more. */
  readonly deadLetters: number;
  /** All amounts in one currency, by rates that an operator set; null while there are none. */
  readonly converted: Converted | null;
}

/** Dead letters that are counted one by one; more than these are not told apart. */
const DEAD_LETTERS_COUNTED = 10_000;

/** One minute of the charts. What became of its flags is what people say of them, not what the source knows. */
export interface MinutePoint {
  readonly minute: Date;
  readonly byTier: ByTier<number>;
  readonly transactions: number;
  /** High and Critical: those that were flagged for review. */
  readonly flagged: number;
  /** … and were called fraud by a person. */
  readonly confirmed: number;
  /** … and were called legitimate by a person. */
  readonly falseAlarms: number;
  /** Frauds that the source knows of and that were not flagged. */
  readonly missed: number;
}

/** Counters as they are now by the minute, since a moment of SQL. */
const countedSince = (since: ReturnType<typeof sql>) => sql`(
  select minute, risk_tier, ${columns(COUNTED)} from counters_by_minute where minute >= ${since}
  union all
  select minute, risk_tier, ${columns(COUNTED)} from counter_deltas where minute >= ${since})`;

/**
 * Everything a dashboard counts, from one snapshot, so that the figures agree with each other. Reads counters and open
 * cases, never the decisions.
 */
export async function readStats(db: Kysely<Database>): Promise<LiveStats> {
  const result = await sql<{
    tiers: (Omit<TierTotals, "amounts"> & { tier: RiskTier })[] | null;
    amounts: { tier: RiskTier | null; currency: string; transactions: number; minor: string }[] | null;
    reviews: ReviewCounts;
    recent: number;
    dead_letters: number;
  }>`
    with counted as materialized ${countedNow}
    select
      (select json_agg(json_build_object(
          'tier', risk_tier, 'transactions', transactions, 'fraudPredicted', fraud_predicted,
          'truthKnown', truth_known, 'truthFraud', truth_fraud,
          'truePositives', true_positives, 'falsePositives', false_positives))
        from (select risk_tier, ${countsOf(COUNTED)} from counted group by risk_tier) as tier) as tiers,
      (select json_agg(json_build_object(
          'tier', risk_tier, 'currency', currency, 'transactions', transactions, 'minor', amount_minor::text)
          order by transactions desc, currency)
        from (
          select risk_tier, currency, sum(transactions) as transactions, sum(amount_minor) as amount_minor
          from counted group by grouping sets ((risk_tier, currency), (currency))
          having sum(transactions) > 0) as paid) as amounts,
      (select json_build_object(
          'open', open, 'overdue', overdue, 'claimed', claimed,
          'decided', fraud + legitimate, 'decidedFraud', fraud, 'decidedLegitimate', legitimate,
          'escalated', escalated)
        from (
          select count(*) as overdue from review_cases where status = 'open' and due_at <= now()) as late, (
          select count(*) as claimed from review_cases
          where status = 'open' and claimed_until > now()) as taken, (
          select coalesce(sum(${casesLeftOpen}), 0)::int8 as open,
            coalesce(sum(verdicts_fraud), 0)::int8 as fraud,
            coalesce(sum(verdicts_legitimate), 0)::int8 as legitimate,
            coalesce(sum(cases_escalated), 0)::int8 as escalated
          from counted) as judged) as reviews,
      (select coalesce(sum(transactions * (case when minute = date_trunc('minute', now()) then 1
          else 1 - extract(epoch from now() - date_trunc('minute', now())) / 60 end)), 0)::float8
        from ${countedSince(sql`date_trunc('minute', now()) - interval '1 minute'`)} as late) as recent,
      (select count(*) from (select from dead_letters where state = 'waiting' limit ${sql.lit(DEAD_LETTERS_COUNTED)}) as counted_letters) as dead_letters`.execute(
    db,
  );
  const { base, rates } = await readExchange(db);
  const row = result.rows[0]!;
  const amountsOf = (tier: RiskTier | null): CurrencyAmount[] =>
    (row.amounts ?? [])
      .filter((paid) => paid.tier === tier)
      .map(({ currency, transactions, minor }) => ({
        currency,
        transactions,
        amount: unitsOf(minor, currency),
      }));
  const known = new Map((row.tiers ?? []).map(({ tier, ...counts }) => [tier, counts]));
  const totals = sumTotals(
    byTier((tier) => ({ ...(known.get(tier) ?? NOTHING), amounts: amountsOf(tier) })),
    amountsOf(null),
  );
  const flagged = flaggedQuality(totals);
  return {
    totals,
    reviews: row.reviews,
    ratePerSecond: row.recent / 60,
    predicted: quality(totals.truthKnown, totals.truthFraud, totals.truePositives, totals.falsePositives),
    flagged,
    detectionRate: flagged.recall,
    deadLetters: row.dead_letters,
    converted: convert(
      (row.amounts ?? []).filter((paid) => paid.tier === null),
      base,
      rates,
    ),
  };
}

/** The last `minutes` minutes (1…1440), oldest first, minutes without decisions as zeros, the running minute last. */
export async function readMinuteSeries(db: Kysely<Database>, minutes: number): Promise<MinutePoint[]> {
  const wanted = Math.min(1440, Math.max(1, Math.floor(minutes)));
  const since = sql`date_trunc('minute', now()) - ${wanted - 1}::int * interval '1 minute'`;
  const reviewed = reviewedTiers();
  const result = await sql<{
    minute: Date;
    tiers: Partial<Record<RiskTier, number>> | null;
    missed: number;
    confirmed: number;
    falseAlarms: number;
  }>`
    select minute, tiers, coalesce(missed, 0)::int8 as missed, coalesce(confirmed, 0)::int8 as confirmed,
      coalesce(false_alarms, 0)::int8 as "falseAlarms"
    from generate_series(${since}, date_trunc('minute', now()), interval '1 minute') as minute
    left join (
      select minute, json_object_agg(risk_tier, transactions) as tiers,
        sum(truth_fraud) filter (where not risk_tier = any(${reviewed}::text[])) as missed
      from (
        select minute, risk_tier, sum(transactions)::int8 as transactions, sum(truth_fraud) as truth_fraud
        from ${countedSince(since)} as minutes group by minute, risk_tier) as by_tier
      group by minute) as counted using (minute)
    left join (
      select date_trunc('minute', opened_at) as minute,
        count(*) filter (where verdict = 'fraud') as confirmed,
        count(*) filter (where verdict = 'legitimate') as false_alarms
      from review_cases where opened_at >= ${since} group by 1) as judged using (minute)
    order by minute`.execute(db);
  return result.rows.map(({ minute, tiers, ...judged }) => {
    const transactions = byTier((tier) => tiers?.[tier] ?? 0);
    return {
      minute,
      byTier: transactions,
      transactions: RISK_TIERS.reduce((sum, tier) => sum + transactions[tier], 0),
      flagged: reviewed.reduce((sum, tier) => sum + transactions[tier], 0),
      ...judged,
    };
  });
}

const NOTHING: Omit<TierTotals, "amounts"> = {
  transactions: 0,
  fraudPredicted: 0,
  truthKnown: 0,
  truthFraud: 0,
  truePositives: 0,
  falsePositives: 0,
};

/** Payments are counted across tiers; amounts across tiers, each currency by itself, come added from the database. */
function sumTotals(tiers: ByTier<TierTotals>, amounts: readonly CurrencyAmount[]): Totals {
  const sum = (pick: (t: TierTotals) => number): number =>
    RISK_TIERS.reduce((total, tier) => total + pick(tiers[tier]), 0);
  return {
    transactions: sum((t) => t.transactions),
    amounts,
    fraudPredicted: sum((t) => t.fraudPredicted),
    truthKnown: sum((t) => t.truthKnown),
    truthFraud: sum((t) => t.truthFraud),
    truePositives: sum((t) => t.truePositives),
    falsePositives: sum((t) => t.falsePositives),
    byTier: tiers,
  };
}

function flaggedQuality({ truthKnown, truthFraud, byTier: tiers }: Totals): Quality {
  const reviewed = reviewedTiers().map((tier) => tiers[tier]);
  const tp = reviewed.reduce((sum, t) => sum + t.truthFraud, 0);
  const fp = reviewed.reduce((sum, t) => sum + t.truthKnown, 0) - tp;
  return quality(truthKnown, truthFraud, tp, fp);
}

function quality(known: number, frauds: number, tp: number, fp: number): Quality {
  const fn = frauds - tp;
  return {
    known,
    frauds,
    tp,
    fp,
    fn,
    tn: known - tp - fp - fn,
    precision: tp + fp > 0 ? tp / (tp + fp) : null,
    recall: frauds > 0 ? tp / frauds : null,
  };
}
