import { type Kysely, sql } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import type { Reason } from "../../domain/reasons.ts";
import type { CaseEvent as CaseEventKind } from "../../domain/review-cases.ts";
import { byContextName, CONTEXT_FIELDS } from "../../domain/transaction.ts";
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
import { caseColumns, itemOf, type QueueItem } from "./queue.ts";

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
  const found = await db
    .selectFrom("review_cases as c")
    .select([...caseColumns, sql<Reason[]>`c.reasons`.as("reasons"), "c.note"])
    .select([
      sql<Actor | null>`case when ${lapsed} then c.claimed_by end`.as("lapsedFrom"),
      sql<Date | null>`case when ${lapsed} then c.claimed_until end`.as("lapsedAt"),
      sql<string>`c.decision_at::text`.as("placeAt"),
      sql<number>`c.decision_seq`.as("placeSeq"),
    ])
    .where("c.case_id", "=", caseId)
    .executeTakeFirst();
  const gone = new DomainError("not_found", `no case ${caseId}`);
  if (!found) throw gone;
  const { placeAt, placeSeq, ...row } = found;
  const place = { decidedAt: placeAt, seq: placeSeq };
  const [decision, events] = await Promise.all([
    decisionAt(db, place),
    db
      .selectFrom("review_events")
      .select(["at", "actor", "kind", "detail"])
      .where("case_id", "=", caseId)
      .orderBy("event_id")
      .execute(),
  ]);
  if (!decision) throw gone;
  const shared = sharedBy(decision);
  const [cardUsual, around] = await Promise.all([
    readCardUsual(db, decision),
    listPaymentsAround(db, shared, place, AROUND),
  ]);
  const { eventTime, entities } = decision;
  return {
    case: itemOf({ ...row, ...byContextName(({ name }) => decision[name]), eventTime, entities }),
    decision,
    events,
    cardUsual,
    neighbours: shared.map((one, i) => ({ ...one, decisions: around[i] ?? [] })),
  };
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
