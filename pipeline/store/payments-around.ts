import { type Kysely, type RawBuilder, sql } from "kysely";
import { CONTEXT_ENTITIES } from "../../domain/features/contract-fields.ts";
import { type DecisionPlace, type DecisionSummary, listDecisionsAt } from "./decision-list.ts";
import { recentFirst } from "./recent-first.ts";
import type { Database } from "./schema.ts";

const DAY_MS = 86_400_000;

/** What payments have in common: a card, a merchant, or an entity of a team's own. */
export interface Shared {
  /** E.g. "card", "terminal". */
  readonly entity: string;
  readonly id: string;
}

/** How far back payments of an entity are looked for, days: in looks, and at the most. */
const OWN_LOOKS = [1, 7] as const;
const OWN_DAYS = 35;
/** … of a card: few have many, and to look once is cheaper than twice. Merchants have thousands, as entities may. */
const CARD_DAYS = 180;

/**
 * Of each card, merchant or entity other payments with it, newest first: the last ones before a decision, and the first
 * ones in the day after it. Cards are looked for half a year back, in the order of their index; merchants and entities for
 * five weeks, by looks that begin with a day, so that one with thousands of payments costs no more than another. What is
 * shown of them is read once for all.
 *
 * @param at where the decision lies
 * @param most how many before it, and how many after it
 * @returns in the order of `all`
 */
export async function listPaymentsAround(
  db: Kysely<Database>,
  all: readonly Shared[],
  at: DecisionPlace,
  most: Around,
): Promise<DecisionSummary[][]> {
  const places = await Promise.all(all.map((shared) => placesAround(db, shared, at, most)));
  const found = new Map(
    (await listDecisionsAt(db, places.flat())).map((decision) => [decision.seq, decision]),
  );
  return places.map((some) => some.flatMap(({ seq }) => found.get(seq) ?? []));
}

/** Of decisions `d`: those that have it in common. */
export function sharing({ entity, id }: Shared): RawBuilder<boolean> {
  const column = Object.hasOwn(CONTEXT_ENTITIES, entity) ? CONTEXT_ENTITIES[entity] : undefined;
  // Said again that there are entities: the index is of those that have some.
  return column === undefined
    ? sql`(d.entities is not null and d.entities @> ${JSON.stringify({ [entity]: id })}::jsonb)`
    : sql`(${sql.ref(`d.${column}`)} = ${id})`;
}

interface Around {
  readonly before: number;
  readonly after: number;
}

/** Where they lie, newest first. */
async function placesAround(
  db: Kysely<Database>,
  shared: Shared,
  at: DecisionPlace,
  most: Around,
): Promise<DecisionPlace[]> {
  const moment = sql`${at.decidedAt}::timestamptz`;
  const place = sql`(${moment}, ${at.seq}::int8)`;
  const theirs = () =>
    db
      .selectFrom("decisions as d")
      .select([sql<string>`d.decided_at::text`.as("decidedAt"), "d.seq", "d.decided_at as moment"])
      .where(sharing(shared));
  // Beside the place, the moment by itself: it says which partitions are in question.
  const before = async (from: Date | undefined) => {
    const found = theirs()
      .where(sql<boolean>`d.decided_at <= ${moment}`)
      .where(sql<boolean>`(d.decided_at, d.seq) < ${place}`)
      .orderBy("d.decided_at", "desc")
      .orderBy("d.seq", "desc")
      .limit(most.before);
    return await (from ? found.where("d.decided_at", ">=", from) : found).execute();
  };
  const newest = new Date(at.decidedAt);
  const isCard = shared.entity === "card";
  const [earlier, later] = await Promise.all([
    recentFirst(
      {
        newest,
        enough: most.before,
        oldest: new Date(newest.getTime() - (isCard ? CARD_DAYS : OWN_DAYS) * DAY_MS),
        looks: isCard ? [] : OWN_LOOKS,
      },
      before,
    ),
    theirs()
      .where(sql<boolean>`d.decided_at >= ${moment}`)
      // As a value: what is added in SQL is not known while the statement is prepared, and every later month would be.
      .where("d.decided_at", "<", new Date(newest.getTime() + DAY_MS))
      .where(sql<boolean>`(d.decided_at, d.seq) > ${place}`)
      .orderBy("d.decided_at", "asc")
      .orderBy("d.seq", "asc")
      .limit(most.after)
      .execute(),
  ]);
  return [...later.toReversed(), ...earlier];
}
