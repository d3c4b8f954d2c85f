import { type RawBuilder, sql } from "kysely";
import type { CaseStatus, QueueOrder } from "../../domain/review-cases.ts";

/**
 * Where a page of the queue ended: the sort keys of its last case, so the next one begins behind that place, whether or
 * not the case is still there. A case that keeps its keys is seen once, however many come and go around it. One whose
 * keys change between two pages (it is escalated, decided, or revalued by `refreshPriorities`, worth.ts) moves with
 * them: past the cursor it is seen twice, or not at all.
 */
export type QueueCursor =
  | { readonly escalated: boolean; readonly priority: number; readonly caseId: number }
  /** Since 1970. A Date would lose the microseconds that the order goes by, and with them cases of one millisecond. */
  | { readonly decidedAtMicros: number; readonly caseId: number }
  | { readonly dueAtMicros: number; readonly caseId: number }
  | { readonly fraudProbability: number; readonly caseId: number }
  | { readonly oldestCaseId: number };

/** What a cursor is made of. */
interface Keys {
  readonly caseId: number;
  readonly priority: number;
  readonly escalatedAt: Date | null;
  readonly fraudProbability: number;
  readonly dueAtMicros: number;
  readonly decidedAtMicros: number | null;
}

/** A list of cases `c` from either end. */
export interface Orders {
  readonly forward: RawBuilder<unknown>;
  readonly backward: RawBuilder<unknown>;
}

/** Somebody works on the case `c`. */
export const leaseAlive: RawBuilder<boolean> = sql<boolean>`(coalesce(c.claimed_until, '-infinity') > now())`;

/** The order of open cases `c`: that of the index review_cases_queue. */
export const queueOrder = sql`(c.escalated_at is not null) desc, c.priority desc, c.case_id`;

/** Each has its index over open cases (0016, 0029). */
const OPEN: Readonly<Record<QueueOrder, Orders>> = {
  worth: { forward: queueOrder, backward: sql`(c.escalated_at is not null), c.priority, c.case_id desc` },
  due: { forward: sql`c.due_at, c.case_id`, backward: sql`c.due_at desc, c.case_id desc` },
  score: {
    forward: sql`c.fraud_probability desc, c.case_id`,
    backward: sql`c.fraud_probability, c.case_id desc`,
  },
  oldest: { forward: sql`c.case_id`, backward: sql`c.case_id desc` },
};

const DECIDED: Orders = {
  forward: sql`c.decided_at desc, c.case_id desc`,
  backward: sql`c.decided_at, c.case_id`,
};

/** Decided cases have one order: the latest verdict first. */
export function ordersOf(status: CaseStatus, order: QueueOrder): Orders {
  return status === "decided" ? DECIDED : OPEN[order];
}

/** The place of a case in a list. */
export function cursorOf(row: Keys, status: CaseStatus, order: QueueOrder): QueueCursor {
  const { caseId, decidedAtMicros } = row;
  if (status === "decided" && decidedAtMicros !== null) return { decidedAtMicros, caseId };
  if (order === "due") return { dueAtMicros: row.dueAtMicros, caseId };
  if (order === "score") return { fraudProbability: row.fraudProbability, caseId };
  if (order === "oldest") return { oldestCaseId: caseId };
  return { escalated: row.escalatedAt !== null, priority: row.priority, caseId };
}

/** Whether a cursor is a place of that list. */
export function isPlaceIn(cursor: QueueCursor, status: CaseStatus, order: QueueOrder): boolean {
  if (status === "decided") return "decidedAtMicros" in cursor;
  const key = { worth: "priority", due: "dueAtMicros", score: "fraudProbability", oldest: "oldestCaseId" };
  return key[order] in cursor;
}

/** The condition that the case `c` comes behind the place. */
export function isBehind(after: QueueCursor): RawBuilder<boolean> {
  if ("decidedAtMicros" in after) {
    return sql<boolean>`(c.decided_at, c.case_id) < (${momentOf(after.decidedAtMicros)}, ${after.caseId}::bigint)`;
  }
  if ("dueAtMicros" in after) {
    return sql<boolean>`(c.due_at, c.case_id) > (${momentOf(after.dueAtMicros)}, ${after.caseId}::bigint)`;
  }
  if ("oldestCaseId" in after) return sql<boolean>`c.case_id > ${after.oldestCaseId}::bigint`;
  if ("fraudProbability" in after) {
    // One key goes down and the id up: the index begins to read at the key. The column is single precision.
    return sql<boolean>`c.fraud_probability <= ${after.fraudProbability}::real
        and (c.fraud_probability, -c.case_id) < (${after.fraudProbability}::real, ${-after.caseId}::bigint)`;
  }
  // The flag and the priority go down, the id up. The index knows the first two: there it begins to read.
  return sql<boolean>`((c.escalated_at is not null), c.priority)
          <= (${after.escalated}::boolean, ${after.priority}::float8)
        and ((c.escalated_at is not null), c.priority, -c.case_id)
          < (${after.escalated}::boolean, ${after.priority}::float8, ${-after.caseId}::bigint)`;
}

function momentOf(micros: number): RawBuilder<Date> {
  return sql<Date>`(timestamptz 'epoch' + ${micros}::float8 * interval '1 microsecond')`;
}
