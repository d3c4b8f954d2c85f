import { type Kysely, sql } from "kysely";
import { type Database, RISK_TIERS, type RiskTier } from "./schema.ts";

/** What was paid in one currency. Amounts of different currencies are never added. */
export interface CurrencyAmount {
  /** ISO 4217; null for payments that came without one. */
  readonly currency: string | null;
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
  readonly byTier: Readonly<Record<RiskTier, TierTotals>>;
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
  readonly deadLetters: number;
}

/** One minute of the charts. What became of its flags is what people say of them, not what the source knows. */
export interface MinutePoint {
  readonly minute: Date;
  readonly byTier: Readonly<Record<RiskTier, number>>;
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

/** Everything a dashboard counts, from one snapshot, so that the figures agree with each other. */
export async function readStats(db: Kysely<Database>): Promise<LiveStats> {
  const result = await sql<{
    tiers: (Omit<TierTotals, "amounts"> & { tier: RiskTier })[] | null;
    amounts: (CurrencyAmount & { tier: RiskTier | null })[] | null;
    reviews: ReviewCounts;
    recent: number;
    dead_letters: number;
  }>`
    select
      (select json_agg(json_build_object(
          'tier', risk_tier, 'transactions', transactions, 'fraudPredicted', fraud_predicted,
          'truthKnown', truth_known, 'truthFraud', truth_fraud,
          'truePositives', true_positives, 'falsePositives', false_positives))
        from (
          select risk_tier, sum(transactions) as transactions, sum(fraud_predicted) as fraud_predicted,
            sum(truth_known) as truth_known, sum(truth_fraud) as truth_fraud,
            sum(true_positives) as true_positives, sum(false_positives) as false_positives
          from counters group by risk_tier) as tier) as tiers,
      (select json_agg(json_build_object(
          'tier', risk_tier, 'currency', nullif(currency, ''), 'transactions', transactions, 'amount', amount)
          order by transactions desc, currency)
        from (
          select risk_tier, currency, sum(transactions) as transactions, sum(amount) as amount
          from counters group by grouping sets ((risk_tier, currency), (currency))
          having sum(transactions) > 0) as paid) as amounts,
      (select json_build_object(
          'open', count(*) filter (where status = 'open'),
          'decided', count(*) filter (where status = 'decided'),
          'overdue', count(*) filter (where status = 'open' and due_at <= now()),
          'claimed', count(*) filter (where status = 'open' and claimed_until > now()),
          'escalated', count(escalated_at),
          'decidedFraud', count(*) filter (where verdict = 'fraud'),
          'decidedLegitimate', count(*) filter (where verdict = 'legitimate')) from review_cases) as reviews,
      (select count(*) from decisions where decided_at > now() - interval '60 seconds') as recent,
      (select count(*) from dead_letters) as dead_letters`.execute(db);
  const row = result.rows[0]!;
  const amountsOf = (tier: RiskTier | null): CurrencyAmount[] =>
    (row.amounts ?? []).filter((paid) => paid.tier === tier).map(({ tier: _, ...paid }) => paid);
  const counted = new Map((row.tiers ?? []).map(({ tier, ...counts }) => [tier, counts]));
  const totals = sumTotals(
    (tier) => ({ ...(counted.get(tier) ?? NOTHING), amounts: amountsOf(tier) }),
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
  };
}

/** The last `minutes` minutes (1…1440), oldest first, minutes without decisions as zeros, the running minute last. */
export async function readMinuteSeries(db: Kysely<Database>, minutes: number): Promise<MinutePoint[]> {
  const wanted = Math.min(1440, Math.max(1, Math.floor(minutes)));
  const result = await sql<
    Omit<MinutePoint, "byTier" | "flagged" | "transactions"> & Record<RiskTier, number>
  >`
    select minute, ${sql.join(RISK_TIERS.map((tier) => sql`coalesce(${sql.ref(tier)}, 0) as ${sql.ref(tier)}`))},
      coalesce(missed, 0) as missed, coalesce(confirmed, 0) as confirmed,
      coalesce(false_alarms, 0) as "falseAlarms"
    from generate_series(
      date_trunc('minute', now()) - ${wanted - 1}::int * interval '1 minute',
      date_trunc('minute', now()), interval '1 minute') as minute
    left join (
      select minute, ${sql.join(
        RISK_TIERS.map(
          (tier) =>
            sql`(sum(transactions) filter (where risk_tier = ${sql.lit(tier)}))::int8 as ${sql.ref(tier)}`,
        ),
      )},
        (sum(truth_fraud) filter (where risk_tier in ('low', 'medium')))::int8 as missed
      from counters_by_minute
      where minute > now() - ${wanted}::int * interval '1 minute' group by minute) as counted using (minute)
    left join (
      select date_trunc('minute', opened_at) as minute,
        count(*) filter (where verdict = 'fraud') as confirmed,
        count(*) filter (where verdict = 'legitimate') as false_alarms
      from review_cases
      where opened_at > now() - ${wanted}::int * interval '1 minute' group by 1) as judged using (minute)
    order by minute`.execute(db);
  return result.rows.map(({ minute, low, medium, high, critical, ...judged }) => ({
    minute,
    byTier: { low, medium, high, critical },
    transactions: low + medium + high + critical,
    flagged: high + critical,
    ...judged,
  }));
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
function sumTotals(of: (tier: RiskTier) => TierTotals, amounts: readonly CurrencyAmount[]): Totals {
  const byTier = { low: of("low"), medium: of("medium"), high: of("high"), critical: of("critical") };
  const sum = (pick: (t: TierTotals) => number): number =>
    RISK_TIERS.reduce((total, tier) => total + pick(byTier[tier]), 0);
  return {
    transactions: sum((t) => t.transactions),
    amounts,
    fraudPredicted: sum((t) => t.fraudPredicted),
    truthKnown: sum((t) => t.truthKnown),
    truthFraud: sum((t) => t.truthFraud),
    truePositives: sum((t) => t.truePositives),
    falsePositives: sum((t) => t.falsePositives),
    byTier,
  };
}

function flaggedQuality({ truthKnown, truthFraud, byTier: { high, critical } }: Totals): Quality {
  const tp = high.truthFraud + critical.truthFraud;
  const fp = high.truthKnown + critical.truthKnown - tp;
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
