import { type Kysely, sql } from "kysely";
import { DomainError } from "../../platform/process/errors.ts";
import type { Action, Database, RiskTier, Verdict } from "./schema.ts";

/** A decision as lists show it. */
export interface DecisionSummary {
  /** Order of arrival; the cursor of {@link listDecisions}. */
  readonly seq: number;
  readonly transactionId: string;
  readonly source: string;
  readonly eventTime: Date;
  readonly decidedAt: Date;
  readonly amount: number;
  /** ISO 4217. */
  readonly currency: string;
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
  /**
   * What the source knows to be true, once a person has given a verdict: before it, and on payments that nobody judges,
   * it would answer the question that is put to people. Null also where nobody knows.
   */
  readonly truth: boolean | null;
  readonly caseId: number | null;
  readonly caseStatus: "open" | "decided" | null;
  readonly verdict: Verdict | null;
}

export interface DecisionDetail extends DecisionSummary {
  /** Seconds, the model's Time. */
  readonly timeSeconds: number;
  /** V1…V28. */
  readonly v: readonly number[];
}

export interface DecisionFilter {
  /** 1 to 200; 50 when absent. */
  readonly limit?: number;
  /** Only decisions before this seq: the `nextBefore` of the page before. */
  readonly before?: number;
  readonly tiers?: readonly RiskTier[];
  /** A transaction id, card token or merchant id, exactly. */
  readonly search?: string;
  readonly since?: Date;
  readonly until?: Date;
  readonly source?: string;
  readonly fraudPredicted?: boolean;
}

/** Newest first, by keyset: a page stays the same page while decisions arrive. */
export async function listDecisions(
  db: Kysely<Database>,
  filter: DecisionFilter = {},
): Promise<{ items: DecisionSummary[]; nextBefore: number | null }> {
  const limit = Math.min(200, Math.max(1, Math.floor(filter.limit ?? 50)));
  let query = summaries(db)
    .orderBy("d.seq", "desc")
    .limit(limit + 1);
  const { before, tiers, search, since, until, source, fraudPredicted } = filter;
  if (before !== undefined) query = query.where("d.seq", "<", before);
  if (tiers && tiers.length > 0) query = query.where("d.risk_tier", "in", tiers);
  if (since) query = query.where("d.decided_at", ">=", since);
  if (until) query = query.where("d.decided_at", "<", until);
  if (source) query = query.where("d.source", "=", source);
  if (fraudPredicted !== undefined) query = query.where("d.fraud_predicted", "=", fraudPredicted);
  if (search) {
    // As it was given, or without the space that copying adds.
    const wanted = [...new Set([search, search.trim()])];
    query = query.where((eb) =>
      eb.or([
        eb("d.transaction_id", "in", wanted),
        eb("d.card_token", "in", wanted),
        eb("d.merchant_id", "in", wanted),
      ]),
    );
  }
  const rows = await query.execute();
  const items = rows.slice(0, limit);
  return { items, nextBefore: rows.length > limit ? items.at(-1)!.seq : null };
}

/** @throws DomainError `not_found` */
export async function getDecision(db: Kysely<Database>, transactionId: string): Promise<DecisionDetail> {
  const row = await summaries(db)
    .select(["d.time_seconds as timeSeconds", "d.v"])
    .where("d.transaction_id", "=", transactionId)
    .executeTakeFirst();
  if (!row) throw new DomainError("not_found", `no decision on transaction ${transactionId}`);
  return row;
}

/** The same card's other decisions, newest first. */
export async function listCardDecisions(
  db: Kysely<Database>,
  cardToken: string,
  exceptTransactionId: string,
  limit: number,
): Promise<DecisionSummary[]> {
  return summaries(db)
    .where("d.card_token", "=", cardToken)
    .where("d.transaction_id", "<>", exceptTransactionId)
    .orderBy("d.seq", "desc")
    .limit(limit)
    .execute();
}

/** What a card usually pays in one currency. */
export interface CardUsual {
  /** In units of the currency; null when there is no payment. */
  readonly median: number | null;
  /** How many payments it is the median of. */
  readonly payments: number;
}

/** The most payments that a card's median looks back on. */
export const USUAL_OF_LAST = 100;

/** The median of what the card paid before this payment, by the time of paying, in this payment's currency. */
export async function readCardUsual(
  db: Kysely<Database>,
  { transactionId, cardToken, currency, eventTime }: DecisionSummary,
): Promise<CardUsual> {
  if (cardToken === null) return { median: null, payments: 0 };
  return db
    .selectFrom(
      db
        .selectFrom("decisions")
        .select("amount")
        .where("card_token", "=", cardToken)
        .where("transaction_id", "<>", transactionId)
        .where("currency", "=", currency)
        .where("event_time", "<", eventTime)
        .orderBy("seq", "desc")
        .limit(USUAL_OF_LAST)
        .as("earlier"),
    )
    .select([
      sql<number | null>`percentile_cont(0.5) within group (order by amount)`.as("median"),
      sql<number>`count(*)`.as("payments"),
    ])
    .executeTakeFirstOrThrow();
}

function summaries(db: Kysely<Database>) {
  return db
    .selectFrom("decisions as d")
    .leftJoin("review_cases as c", "c.transaction_id", "d.transaction_id")
    .select([
      "d.seq",
      "d.transaction_id as transactionId",
      "d.source",
      "d.event_time as eventTime",
      "d.decided_at as decidedAt",
      "d.amount",
      "d.currency",
      "d.card_token as cardToken",
      "d.merchant_id as merchantId",
      "d.merchant_category as merchantCategory",
      "d.country",
      "d.channel",
      "d.fraud_probability as fraudProbability",
      "d.risk_tier as riskTier",
      "d.action",
      "d.fraud_predicted as fraudPredicted",
      "d.model_name as modelName",
      "d.model_version as modelVersion",
      sql<boolean | null>`case when c.verdict is not null then d.truth end`.as("truth"),
      sql<number | null>`c.case_id`.as("caseId"),
      sql<"open" | "decided" | null>`c.status`.as("caseStatus"),
      sql<Verdict | null>`c.verdict`.as("verdict"),
    ]);
}
