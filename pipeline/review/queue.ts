import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import type { Entities } from "../../domain/entities.ts";
import { unitsOf } from "../../domain/money.ts";
import type { Reason } from "../../domain/reasons.ts";
import type { CaseStatus, QueueOrder } from "../../domain/review-cases.ts";
import type { RiskTier } from "../../domain/tiers.ts";
import { CONTEXT_FIELDS, type StoredContext } from "../../domain/transaction.ts";
import type { FollowUp, Verdict, VerdictKind } from "../../domain/verdicts.ts";
import { numberOfCases } from "../store/count-cases.ts";
import type { Database } from "../store/schema.ts";
import { cursorOf, isBehind, leaseAlive, type Orders, ordersOf, type QueueCursor } from "./queue-order.ts";

/** A case as the queue shows it. */
export interface QueueItem extends StoredContext {
  readonly caseId: number;
  readonly transactionId: string;
  readonly riskTier: RiskTier;
  readonly fraudProbability: number;
  /** In units of the currency. */
  readonly amount: number;
  /** ISO 4217. */
  readonly currency: string;
  /** Probability × amount, in units of the currency. */
  readonly expectedLoss: number;
  readonly status: CaseStatus;
  readonly openedAt: Date;
  readonly dueAt: Date;
  readonly overdue: boolean;
  readonly escalatedAt: Date | null;
  /** Only while the lease is alive. */
  readonly claimedBy: Actor | null;
  readonly claimedUntil: Date | null;
  readonly topReason: Reason | null;
  readonly eventTime: Date;
  /** Of a payment of a team's own. */
  readonly entities: Entities | null;
  /** Nobody's next case until then; null once that is over. */
  readonly snoozedUntil: Date | null;
  /** Since when it waits for a lead; null when it does not, or is decided. */
  readonly referredAt: Date | null;
  /** Whose case it is, while it is open; not who works on it now. */
  readonly assignedTo: Actor | null;
  /** What a page shows of the lease, so that an older page is told apart. */
  readonly token: number;
  readonly verdict: Verdict | null;
  readonly verdictKind: VerdictKind | null;
  readonly followUp: readonly FollowUp[];
  readonly decidedBy: Actor | null;
  readonly decidedAt: Date | null;
}

export interface QueueFilter {
  /** "open" when absent. */
  readonly status?: CaseStatus;
  /** Of open cases; "worth" when absent. */
  readonly order?: QueueOrder;
  readonly tier?: RiskTier;
  /** Only cases under the live lease of this actor, whatever it is called … */
  readonly holder?: Pick<Actor, "kind" | "id">;
  /** … or of anybody who is called so. */
  readonly claimedBy?: string;
  /** Only cases that are assigned to this actor. */
  readonly assignee?: Pick<Actor, "kind" | "id">;
  /** Only cases that nobody works on. */
  readonly unclaimed?: boolean;
  /** Only cases that are put off, or that wait for a lead. */
  readonly aside?: "snoozed" | "referred";
  /** 1 to 200; 50 when absent. */
  readonly limit?: number;
  /** Only what comes behind it: a page stays the same page while cases come and go. */
  readonly after?: QueueCursor;
  /** Steps over so many, from the nearer end; slow in the middle of very many, where `after` is not. */
  readonly offset?: number;
}

export interface QueuePage {
  readonly items: QueueItem[];
  /** How many match; a page beyond them has no items. */
  readonly total: number;
  /** Null on the last page. */
  readonly next: QueueCursor | null;
}

/**
 * Open cases in the order they should be worked on, unless another is asked for: escalated ones (past their SLA) first, then by what they are worth
 * (`priorityOf`, worth.ts), which within a currency follows the expected loss, then the oldest. Decided cases: the
 * latest verdict first.
 */
export async function listQueue(db: Kysely<Database>, filter: QueueFilter = {}): Promise<QueuePage> {
  const status = filter.status ?? "open";
  const limit = Math.min(200, Math.max(1, Math.floor(filter.limit ?? 50)));
  const offset = Math.max(0, Math.floor(filter.offset ?? 0));
  // Said in the statement and not by a parameter: the index is of open, or of decided cases.
  let matching = db.selectFrom("review_cases as c").where(sql<boolean>`c.status = ${sql.lit(status)}`);
  if (filter.tier) matching = matching.where("c.risk_tier", "=", filter.tier);
  const { holder, claimedBy, assignee } = filter;
  if (holder) {
    matching = matching
      .where(sql`c.claimed_by ->> 'id'`, "=", holder.id)
      .where(sql`c.claimed_by ->> 'kind'`, "=", holder.kind);
  }
  if (claimedBy !== undefined) matching = matching.where(sql`c.claimed_by ->> 'name'`, "=", claimedBy);
  if (filter.aside === "snoozed") matching = matching.where(sql<boolean>`c.snoozed_until > now()`);
  if (filter.aside === "referred") matching = matching.where("c.referred_at", "is not", null);
  if (assignee) {
    matching = matching
      .where("c.assigned_to", "is not", null)
      .where(sql`c.assigned_to ->> 'id'`, "=", assignee.id)
      .where(sql`c.assigned_to ->> 'kind'`, "=", assignee.kind);
  }
  const held = holder !== undefined || claimedBy !== undefined;
  if (held) matching = matching.where(leaseAlive, "=", true);
  // Those that somebody works on are few and have an index. All of them are counted already: nobody reads them for that.
  const taken = matching
    .where(sql<boolean>`c.claimed_until > now()`)
    .select(sql<number>`count(*)`.as("taken"));
  const counted = numberOfCases(status, filter.tier);
  // As few, and with indexes of their own; and so are those that are assigned to one person.
  const aside = matching.select(sql<number>`count(*)`.as("aside"));
  const total =
    filter.aside || assignee
      ? aside
      : held
        ? taken
        : filter.unclaimed
          ? sql<number>`${counted} - (${taken})`
          : counted;
  if (filter.unclaimed) matching = matching.where(leaseAlive, "=", false);
  const { after } = filter;
  if (after) matching = matching.where(isBehind(after));
  const order = filter.order ?? "worth";
  const orders = ordersOf(status, order);
  // The page first, from its index, then what is shown of it, from the months that its decisions lie in.
  // Stepping over others asks for what the indexes hold and nothing else.
  const pageAt = ({ steps, rows, inOrder }: Place) => {
    const ids = matching.select("c.case_id").orderBy(inOrder).limit(rows).offset(steps);
    return db
      .selectFrom(ids.as("page"))
      .innerJoin("review_cases as of", "of.case_id", "page.case_id")
      .select(["of.case_id", sql<string>`of.decision_at::text`.as("decided_at")])
      .execute();
  };
  const counting = sql<{ total: number }>`select (${total})::int8 as total`
    .execute(db)
    .then((counted) => counted.rows[0]?.total ?? 0);
  const place =
    offset < FAR
      ? { steps: offset, rows: limit + 1, inOrder: orders.forward }
      : nearerEnd(offset, limit + 1, await counting, orders);
  const [page, all] = await Promise.all([pageAt(place), counting]);
  const rows = page.length === 0 ? [] : await shown(db, page, orders.forward);
  const items = rows.slice(0, limit).map(itemOf);
  return { items, total: all, next: rows.length > limit ? cursorOf(rows[limit - 1]!, status, order) : null };
}

/** From here on it is worth knowing first how many there are: a page may be nearer to the end. */
const FAR = 200;

/** Where a page is read: so many steps from an end, in that end's order. */
interface Place {
  readonly steps: number;
  readonly rows: number;
  readonly inOrder: RawBuilder<unknown>;
}

/** A page of `rows` behind `offset` of `total`, from the end that is nearer. */
function nearerEnd(offset: number, rows: number, total: number, orders: Orders): Place {
  const left = total - offset;
  if (left > offset) return { steps: offset, rows, inOrder: orders.forward };
  return {
    steps: Math.max(0, left - rows),
    rows: Math.max(0, Math.min(rows, left)),
    inOrder: orders.backward,
  };
}

/** What is shown of the cases of a page. */
async function shown(
  db: Kysely<Database>,
  page: readonly { readonly case_id: number; readonly decided_at: string }[],
  inOrder: RawBuilder<unknown>,
): Promise<QueueRow[]> {
  const ids = page.map(({ case_id }) => case_id);
  const moments = page.map(({ decided_at }) => decided_at);
  return await db
    .selectFrom("review_cases as c")
    .innerJoin("decisions as d", (join) =>
      join.onRef("d.decided_at", "=", "c.decision_at").onRef("d.seq", "=", "c.decision_seq"),
    )
    .select(queueColumns)
    .where(sql<boolean>`c.case_id = any(${ids}::bigint[])`)
    // Said again: the statement is prepared for these months alone.
    .where(sql<boolean>`d.decided_at = any(${moments}::timestamptz[])`)
    .orderBy(inOrder)
    .execute();
}

type QueueRow = Omit<QueueItem, "amount" | "expectedLoss"> & {
  readonly amountMinor: number;
  readonly priority: number;
  readonly dueAtMicros: number;
  readonly decidedAtMicros: number | null;
};

/** A row of {@link queueColumns} with its money in units. */
export function itemOf<T extends QueueRow>(found: T) {
  const { amountMinor, priority: _, dueAtMicros: __, decidedAtMicros: ___, ...row } = found;
  const amount = unitsOf(amountMinor, row.currency);
  return { ...row, amount, expectedLoss: row.fraudProbability * amount };
}

/** What a QueueItem has of review_cases `c`. */
export const caseColumns = [
  sql<number>`c.case_id`.as("caseId"),
  sql<string>`c.transaction_id`.as("transactionId"),
  sql<RiskTier>`c.risk_tier`.as("riskTier"),
  sql<number>`c.fraud_probability`.as("fraudProbability"),
  sql<number>`c.amount_minor`.as("amountMinor"),
  sql<string>`c.currency`.as("currency"),
  sql<number>`c.priority`.as("priority"),
  sql<CaseStatus>`c.status`.as("status"),
  sql<Date>`c.opened_at`.as("openedAt"),
  sql<Date>`c.due_at`.as("dueAt"),
  sql<boolean>`c.status = 'open' and c.due_at <= now()`.as("overdue"),
  sql<Date | null>`c.escalated_at`.as("escalatedAt"),
  sql<Actor | null>`case when c.status = 'open' and c.claimed_until > now() then c.claimed_by end`.as(
    "claimedBy",
  ),
  sql<Date | null>`case when c.status = 'open' and c.claimed_until > now() then c.claimed_until end`.as(
    "claimedUntil",
  ),
  sql<Reason | null>`c.reasons -> 0`.as("topReason"),
  sql<Date | null>`case when c.status = 'open' and c.snoozed_until > now() then c.snoozed_until end`.as(
    "snoozedUntil",
  ),
  sql<Date | null>`case when c.status = 'open' then c.referred_at end`.as("referredAt"),
  sql<Actor | null>`case when c.status = 'open' then c.assigned_to end`.as("assignedTo"),
  sql<number>`c.token`.as("token"),
  sql<Verdict | null>`c.verdict`.as("verdict"),
  sql<VerdictKind | null>`c.verdict_kind`.as("verdictKind"),
  sql<FollowUp[]>`c.follow_up`.as("followUp"),
  sql<Actor | null>`c.decided_by`.as("decidedBy"),
  sql<Date | null>`c.decided_at`.as("decidedAt"),
  sql<number>`(extract(epoch from c.due_at) * 1000000)::bigint`.as("dueAtMicros"),
  sql<number | null>`(extract(epoch from c.decided_at) * 1000000)::bigint`.as("decidedAtMicros"),
] as const;

/** A QueueItem's columns over review_cases `c` joined with decisions `d`. */
const queueColumns = [
  ...caseColumns,
  ...CONTEXT_FIELDS.map(({ name, column }) => sql<string | null>`${sql.ref(`d.${column}`)}`.as(name)),
  sql<Date>`d.event_time`.as("eventTime"),
  sql<Entities | null>`d.entities`.as("entities"),
] as const;
