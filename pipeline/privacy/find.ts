import { type Kysely, sql } from "kysely";
import type { Database } from "../store/schema.ts";
import { HELD_DECISION, HELD_IMPORT, HELD_LETTER } from "./holds.ts";
import { HAS_OPEN_CASE } from "./redact.ts";
import { decisionsOf, importsOf, lettersOf, type Subject } from "./subject.ts";

/** How much there is of somebody, and how much of it an erasure would leave. */
export interface Found {
  readonly decisions: number;
  /** Of those, held. */
  readonly held: number;
  /** … with a case that is open, and not held. */
  readonly open: number;
  readonly cases: number;
  readonly labels: number;
  readonly imported: number;
  readonly importedHeld: number;
  readonly deadLetters: number;
  readonly deadLettersHeld: number;
  /** Entries of the policy's lists of cards, merchants or the like with the id: they stay until somebody takes them off. */
  readonly listEntries: number;
}

/** Counts what is there of a subject. By the indexes of entities, cards and merchants; dead letters are read through. */
export async function findSubject(db: Kysely<Database>, subject: Subject): Promise<Found> {
  const { rows } = await sql<Found>`
    with theirs as materialized (
      select d.transaction_id, ${HELD_DECISION} as held, ${HAS_OPEN_CASE} as open
      from decisions d where ${decisionsOf(subject)}
    ), imports as materialized (
      select ${HELD_IMPORT} as held from imported_transactions i where ${importsOf(subject)}
    ), letters as materialized (
      select ${HELD_LETTER} as held from dead_letters l where ${lettersOf(subject)}
    )
    select (select count(*) from theirs)::int as decisions,
      (select count(*) from theirs where held)::int as held,
      (select count(*) from theirs where open and not held)::int as open,
      (select count(*) from theirs join review_cases using (transaction_id))::int as cases,
      (select count(*) from theirs join labels using (transaction_id))::int as labels,
      (select count(*) from imports)::int as imported,
      (select count(*) from imports where held)::int as "importedHeld",
      (select count(*) from letters)::int as "deadLetters",
      (select count(*) from letters where held)::int as "deadLettersHeld",
      (select count(*) from policy_list_entries where value = ${subject.id})::int as "listEntries"`.execute(
    db,
  );
  return rows[0] as Found;
}
