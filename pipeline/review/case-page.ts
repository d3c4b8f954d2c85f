import { type Kysely, sql } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import type { Reason } from "../../domain/reasons.ts";
import type { CaseEvent as CaseEventKind } from "../../domain/review-cases.ts";
import { CONTEXT_FIELDS } from "../../domain/transaction.ts";
import { DomainError } from "../../platform/process/errors.ts";
import {
  type CardUsual,
  type DecisionDetail,
  type DecisionSummary,
  decisionAt,
  readCardUsual,
} from "../store/decision-list.ts";
import { listPaymentsAround, type Shared } from "../store/payments-around.ts";
import type { Database } from "../store/schema.ts";
import { itemOf, type QueueItem, queueColumns } from "./queue.ts";

/** How many other payments of each of the payment's entities, and of how many entities of a team's own. */
const AROUND = { before: 18, after: 6 } as const;
const MOST_ENTITIES = 6;
/** Who pays comes first, what is paid with next, then what else a team has, and last whom it is paid to. */
const FIRST = ["customer", "account", "card", "device"];
const LAST = ["merchant"];

/** What somebody needs to decide a case. */
export interface CasePage {
  readonly case: QueueItem & {
    readonly reasons: readonly Reason[];
    readonly note: string | null;
    /** Who let their claim run out, when nobody has taken the open case since. */
    readonly lapsedFrom: Actor | null;
    /** When that claim ran out. */
    readonly lapsedAt: Date | null;
  };
  readonly decision: DecisionDetail;
  /** The audit trail, oldest first. */
  readonly events: readonly CaseEvent[];
  /** What the card usually paid before this payment. */
  readonly cardUsual: CardUsual;
  /** For the payment's card, merchant and each entity of its own, other payments of it around that time. */
  readonly neighbours: readonly Neighbours[];
}

/** Payments that have something in common with another. */
export interface Neighbours extends Shared {
  /** Newest first: the last ones before the other payment, and the first ones in the day after it. */
  readonly decisions: readonly DecisionSummary[];
}

export interface CaseEvent {
  readonly at: Date;
  readonly actor: Actor;
  readonly kind: CaseEventKind;
  readonly detail: Readonly<Record<string, unknown>>;
}

const lapsed = sql<boolean>`(c.status = 'open' and c.claimed_until <= now())`;

/** @throws DomainError `not_found` */
export async function readCase(db: Kysely<Database>, caseId: number): Promise<CasePage> {
  const place = await db
    .selectFrom("review_cases")
    .select([sql<string>`decision_at::text`.as("decidedAt"), "decision_seq as seq"])
    .where("case_id", "=", caseId)
    .executeTakeFirst();
  const gone = new DomainError("not_found", `no case ${caseId}`);
  if (!place) throw gone;
  const [found, decision, events] = await Promise.all([
    db
      .selectFrom("review_cases as c")
      .innerJoin("decisions as d", (join) =>
        join.onRef("d.decided_at", "=", "c.decision_at").onRef("d.seq", "=", "c.decision_seq"),
      )
      .select([...queueColumns, sql<Reason[]>`c.reasons`.as("reasons"), "c.note"])
      .select([
        sql<Actor | null>`case when ${lapsed} then c.claimed_by end`.as("lapsedFrom"),
        sql<Date | null>`case when ${lapsed} then c.claimed_until end`.as("lapsedAt"),
      ])
      .where("c.case_id", "=", caseId)
      // Said again: the statement is prepared for the decision's month alone.
      .where(sql<boolean>`d.decided_at = ${place.decidedAt}::timestamptz`)
      .executeTakeFirst(),
    decisionAt(db, place),
    db
      .selectFrom("review_events")
      .select(["at", "actor", "kind", "detail"])
      .where("case_id", "=", caseId)
      .orderBy("event_id")
      .execute(),
  ]);
  if (!found || !decision) throw gone;
  const [cardUsual, neighbours] = await Promise.all([
    readCardUsual(db, decision),
    Promise.all(
      sharedBy(decision).map(async (shared) => ({
        ...shared,
        decisions: await listPaymentsAround(db, shared, place, AROUND),
      })),
    ),
  ]);
  return { case: itemOf(found), decision, events, cardUsual, neighbours };
}

/** What a payment may have in common with others, in the order in which somebody looks at it. */
function sharedBy(decision: DecisionDetail): Shared[] {
  const all = [
    ...Object.entries(decision.entities ?? {}).slice(0, MOST_ENTITIES),
    ...CONTEXT_FIELDS.flatMap((field) => {
      const id = "entity" in field ? decision[field.name] : null;
      return "entity" in field && id !== null ? [[field.entity, id] as const] : [];
    }),
  ];
  const rank = (entity: string): number => {
    const first = FIRST.indexOf(entity);
    return first >= 0 ? first : FIRST.length + LAST.indexOf(entity) + 1;
  };
  return all.map(([entity, id]) => ({ entity, id })).sort((a, b) => rank(a.entity) - rank(b.entity));
}
