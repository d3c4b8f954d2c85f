import { type Kysely, sql } from "kysely";
import { type Database, RISK_TIERS, type RiskTier } from "./schema.ts";

/** Sums over decisions; the last four only over those whose truth is known. */
export interface TierTotals {
  readonly transactions: number;
  readonly amount: number;
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

/** One minute of the charts. */
export interface MinutePoint {
  readonly minute: Date;
  readonly byTier: Readonly<Record<RiskTier, number>>;
  readonly transactions: number;
  readonly amount: number;
  readonly fraudPredicted: number;
  readonly truthFraud: number;
  readonly truePositives: number;
  readonly falsePositives: number;
  /** High and Critical. */
  readonly flagged: number;
  /** … whose truth is known. */
  readonly flaggedKnown: number;
  /** … and is fraud. */
  readonly flaggedFraud: number;
}

/** Everything a dashboard counts, from one snapshot, so that the figures agree with each other. */
export async function readStats(db: Kysely<Database>): Promise<LiveStats> {
  const result = await sql<{
    tiers: Record<RiskTier, TierTotals>;
    reviews: ReviewCounts;
    recent: number;
    dead_letters: number;
  }>`
    select
      (select json_object_agg(risk_tier, json_build_object(
          'transactions', transactions, 'amount', amount, 'fraudPredicted', fraud_predicted,
          'truthKnown', truth_known, 'truthFraud', truth_fraud,
          'truePositives', true_positives, 'falsePositives', false_positives)) from counters) as tiers,
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
  const totals = sumTotals(row.tiers);
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
  const result = await sql<{
    minute: Date;
    risk_tier: RiskTier | null;
    transactions: number;
    amount: number;
    fraud_predicted: number;
    truth_known: number;
    truth_fraud: number;
    true_positives: number;
    false_positives: number;
  }>`
    select minute, risk_tier, coalesce(transactions, 0) as transactions, coalesce(amount, 0) as amount,
      coalesce(fraud_predicted, 0) as fraud_predicted,
      coalesce(truth_known, 0) as truth_known, coalesce(truth_fraud, 0) as truth_fraud,
      coalesce(true_positives, 0) as true_positives, coalesce(false_positives, 0) as false_positives
    from generate_series(
      date_trunc('minute', now()) - ${wanted - 1}::int * interval '1 minute',
      date_trunc('minute', now()), interval '1 minute') as minute
    left join counters_by_minute using (minute)
    order by minute`.execute(db);
  const points = new Map<number, Mutable<MinutePoint> & { byTier: Record<RiskTier, number> }>();
  for (const row of result.rows) {
    const at = row.minute.getTime();
    let point = points.get(at);
    if (!point) {
      point = {
        minute: row.minute,
        byTier: { low: 0, medium: 0, high: 0, critical: 0 },
        transactions: 0,
        amount: 0,
        fraudPredicted: 0,
        truthFraud: 0,
        truePositives: 0,
        falsePositives: 0,
        flagged: 0,
        flaggedKnown: 0,
        flaggedFraud: 0,
      };
      points.set(at, point);
    }
    if (row.risk_tier === null) continue;
    point.byTier[row.risk_tier] = row.transactions;
    point.transactions += row.transactions;
    point.amount += row.amount;
    point.fraudPredicted += row.fraud_predicted;
    point.truthFraud += row.truth_fraud;
    point.truePositives += row.true_positives;
    point.falsePositives += row.false_positives;
    if (row.risk_tier === "high" || row.risk_tier === "critical") {
      point.flagged += row.transactions;
      point.flaggedKnown += row.truth_known;
      point.flaggedFraud += row.truth_fraud;
    }
  }
  return [...points.values()];
}

function sumTotals(byTier: Record<RiskTier, TierTotals>): Totals {
  const sum = (pick: (t: TierTotals) => number): number =>
    RISK_TIERS.reduce((total, tier) => total + pick(byTier[tier]), 0);
  return {
    transactions: sum((t) => t.transactions),
    amount: sum((t) => t.amount),
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

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
