import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Database, ReviewCasesTable, RiskTier, StoredReason, Verdict } from "../store/schema.ts";
import { worth } from "./worth.ts";

/** A case as the queue shows it. */
export interface QueueItem {
  readonly caseId: number;
  readonly transactionId: string;
  readonly riskTier: RiskTier;
  readonly fraudProbability: number;
  readonly amount: number;
  /** ISO 4217; null when the payment came without one. */
  readonly currency: string | null;
  /** Probability × amount, in units of the currency. */
  readonly expectedLoss: number;
  readonly status: ReviewCasesTable["status"];
  readonly openedAt: Date;
  readonly dueAt: Date;
  readonly overdue: boolean;
  readonly escalatedAt: Date | null;
  /** Only while the lease is alive. */
  readonly claimedBy: string | null;
  readonly claimedUntil: Date | null;
  readonly topReason: StoredReason | null;
  readonly cardToken: string | null;
  readonly merchantId: string | null;
  readonly merchantCategory: string | null;
  readonly country: string | null;
  readonly channel: string | null;
  readonly eventTime: Date;
  readonly verdict: Verdict | null;
  readonly decidedBy: string | null;
  readonly decidedAt: Date | null;
}

export interface QueueFilter {
  /** "open" when absent. */
  readonly status?: ReviewCasesTable["status"];
  readonly tier?: "high" | "critical";
  /** Only cases under this person's live lease. */
  readonly claimedBy?: string;
  /** Only cases that nobody works on. */
  readonly unclaimed?: boolean;
  /** 1 to 200; 50 when absent. */
  readonly limit?: number;
  readonly offset?: number;
}

/**
 * Open cases in the order they should be worked on: past their SLA first, then by {@link worth}, which within a currency
 * follows the expected loss, then the oldest. Decided cases: the latest verdict first.
 *
 * @returns `total` counts all that match; a page beyond them has no items
 */
export async function listQueue(
  db: Kysely<Database>,
  filter: QueueFilter = {},
): Promise<{ items: QueueItem[]; total: number }> {
  const status = filter.status ?? "open";
  const limit = Math.min(200, Math.max(1, Math.floor(filter.limit ?? 50)));
  const offset = Math.max(0, Math.floor(filter.offset ?? 0));
  let matching = db.selectFrom("review_cases as c").where("c.status", "=", status);
  if (filter.tier) matching = matching.where("c.risk_tier", "=", filter.tier);
  if (filter.claimedBy !== undefined) {
    matching = matching.where("c.claimed_by", "=", filter.claimedBy).where(leaseAlive, "=", true);
  }
  if (filter.unclaimed) matching = matching.where(leaseAlive, "=", false);
  const counted = await matching.select(sql<number>`count(*)`.as("total")).executeTakeFirstOrThrow();
  const ordered =
    status === "open"
      ? matching.orderBy(queueOrder)
      : matching.orderBy("c.decided_at", "desc").orderBy("c.case_id", "desc");
  const items = await ordered
    .innerJoin("decisions as d", "d.transaction_id", "c.transaction_id")
    .select(queueColumns)
    .limit(limit)
    .offset(offset)
    .execute();
  return { items, total: counted.total };
}

/** Somebody works on the case `c`. */
export const leaseAlive: RawBuilder<boolean> = sql<boolean>`(coalesce(c.claimed_until, '-infinity') > now())`;

/** The order of open cases `c`. */
export const queueOrder = sql`(c.due_at <= now()) desc, ${worth} desc, c.case_id`;

/** A QueueItem's columns over review_cases `c` joined with decisions `d`. */
export const queueColumns = [
  sql<number>`c.case_id`.as("caseId"),
  sql<string>`c.transaction_id`.as("transactionId"),
  sql<RiskTier>`c.risk_tier`.as("riskTier"),
  sql<number>`c.fraud_probability`.as("fraudProbability"),
  sql<number>`c.amount`.as("amount"),
  sql<string | null>`c.currency`.as("currency"),
  sql<number>`c.fraud_probability * c.amount`.as("expectedLoss"),
  sql<ReviewCasesTable["status"]>`c.status`.as("status"),
  sql<Date>`c.opened_at`.as("openedAt"),
  sql<Date>`c.due_at`.as("dueAt"),
  sql<boolean>`c.status = 'open' and c.due_at <= now()`.as("overdue"),
  sql<Date | null>`c.escalated_at`.as("escalatedAt"),
  sql<string | null>`case when c.status = 'open' and c.claimed_until > now() then c.claimed_by end`.as(
    "claimedBy",
  ),
  sql<Date | null>`case when c.status = 'open' and c.claimed_until > now() then c.claimed_until end`.as(
    "claimedUntil",
  ),
  sql<StoredReason | null>`c.reasons -> 0`.as("topReason"),
  sql<string | null>`d.card_token`.as("cardToken"),
  sql<string | null>`d.merchant_id`.as("merchantId"),
  sql<string | null>`d.merchant_category`.as("merchantCategory"),
  sql<string | null>`d.country`.as("country"),
  sql<string | null>`d.channel`.as("channel"),
  sql<Date>`d.event_time`.as("eventTime"),
  sql<Verdict | null>`c.verdict`.as("verdict"),
  sql<string | null>`c.decided_by`.as("decidedBy"),
  sql<Date | null>`c.decided_at`.as("decidedAt"),
] as const;
