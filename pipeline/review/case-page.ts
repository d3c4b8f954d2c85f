import { type Kysely, sql } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import type { Reason } from "../../domain/reasons.ts";
import type { CaseEvent as CaseEventKind } from "../../domain/review-cases.ts";
import { DomainError } from "../../platform/process/errors.ts";
import {
  type CardUsual,
  type DecisionDetail,
  type DecisionSummary,
  decisionAt,
  listCardDecisions,
  listEntityDecisions,
  readCardUsual,
} from "../store/decision-list.ts";
import type { Database } from "../store/schema.ts";
import { itemOf, type QueueItem, queueColumns } from "./queue.ts";

/** How many of the card's other decisions a case page shows. */
const CARD_HISTORY = 20;
/** How many other decisions of each of the payment's entities, and of how many entities. */
const NEIGHBOURS = 5;
const MOST_ENTITIES = 6;

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
  /** The same card's other decisions, newest first. */
  readonly cardHistory: readonly DecisionSummary[];
  /** What the card usually paid before this payment. */
  readonly cardUsual: CardUsual;
  /** For each entity of the payment's own, other payments of it around that time. */
  readonly neighbours: readonly Neighbours[];
}

/** Payments that have an entity in common with another. */
export interface Neighbours {
  /** E.g. "terminal". */
  readonly entity: string;
  readonly id: string;
  /** Newest first. */
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
  const [cardHistory, cardUsual, neighbours] = await Promise.all([
    found.cardToken === null ? [] : listCardDecisions(db, found.cardToken, found.transactionId, CARD_HISTORY),
    readCardUsual(db, decision),
    Promise.all(
      Object.entries(decision.entities ?? {})
        .slice(0, MOST_ENTITIES)
        .map(async ([entity, id]) => ({
          ...{ entity, id },
          decisions: await listEntityDecisions(db, { name: entity, id }, decision, NEIGHBOURS),
        })),
    ),
  ]);
  return { case: itemOf(found), decision, events, cardHistory, cardUsual, neighbours };
}
