import { type Kysely, type RawBuilder, sql } from "kysely";
import { type Actor, SYSTEM } from "../../domain/actors.ts";
import { appendAudit } from "../audit/append.ts";
import { HELD_IMPORT, HELD_LETTER } from "../privacy/holds.ts";
import type { Database } from "../store/schema.ts";

/** What goes by its own age, row by row, beside the months of decisions. */
interface Aged {
  /** What the audit log and the command line call it. */
  readonly name: string;
  readonly title: string;
  readonly table: RawBuilder<unknown>;
  /** Over the table as `alias`, besides the age. */
  readonly goes: RawBuilder<unknown>;
  readonly age: RawBuilder<unknown>;
  readonly alias: RawBuilder<unknown>;
  /** A further expression of the statement: what goes with the rows in `gone`. */
  readonly with?: RawBuilder<unknown>;
}

const AGED: readonly Aged[] = [
  {
    ...{ name: "imported_transactions", title: "imported payments", table: sql`imported_transactions` },
    ...{ alias: sql`i`, age: sql`i.imported_at`, goes: sql`not ${HELD_IMPORT}` },
    // What a chargeback said of them; a decision's label goes with the decision.
    with: sql`labels_gone as (
      delete from labels using gone where labels.transaction_id = gone.transaction_id
        and not exists (select from transaction_keys k where k.transaction_id = gone.transaction_id))`,
  },
  {
    ...{ name: "dead_letters", title: "dead letters that were handled", table: sql`dead_letters` },
    ...{ alias: sql`l`, age: sql`l.at`, goes: sql`l.state <> 'waiting' and not ${HELD_LETTER}` },
  },
  {
    ...{ name: "erasures", title: "erasures that are over", table: sql`erasures` },
    ...{ alias: sql`e`, age: sql`e.asked_at`, goes: sql`e.entity_id is null` },
  },
  {
    ...{ name: "legal_holds", title: "holds that were lifted", table: sql`legal_holds` },
    ...{ alias: sql`h`, age: sql`h.lifted_at`, goes: sql`h.lifted_at is not null` },
  },
];

/** Rows that one statement deletes. */
const SLICE = 5_000;

/** How many rows of a kind are too old. */
export interface AgedRows {
  readonly name: string;
  readonly title: string;
  readonly rows: number;
}

const tooOld = ({ age, goes }: Aged, days: number) =>
  sql`${age} < now() - ${days}::int * interval '1 day' and ${goes}`;

/** What {@link dropAged} would drop now: kinds that have any. */
export async function listAged(db: Kysely<Database>, days: number): Promise<AgedRows[]> {
  const found: AgedRows[] = [];
  for (const kind of AGED) {
    const { rows } = await sql<{ n: number }>`
      select count(*)::int as n from ${kind.table} ${kind.alias} where ${tooOld(kind, days)}`.execute(db);
    found.push({ name: kind.name, title: kind.title, rows: rows[0]?.n ?? 0 });
  }
  return found.filter(({ rows }) => rows > 0);
}

/**
 * Drops what is too old and lies in no month of decisions: imported payments by when they were imported, dead letters
 * that somebody handled, erasures and holds that are over. What a hold keeps stays, as does what waits for somebody.
 * Nobody waits for it: rows go in slices.
 *
 * @param days how long they are kept, as decisions are
 * @param actor who asked for it; the house itself when absent
 * @returns what went
 */
export async function dropAged(
  db: Kysely<Database>,
  days: number,
  actor: Actor = SYSTEM,
): Promise<AgedRows[]> {
  const gone: AgedRows[] = [];
  for (const kind of AGED) {
    let rows = 0;
    for (let dropped = SLICE; dropped === SLICE; rows += dropped) dropped = await dropSlice(db, kind, days);
    if (rows === 0) continue;
    gone.push({ name: kind.name, title: kind.title, rows });
    await db.transaction().execute((trx) =>
      appendAudit(trx, {
        ...{ actor, act: "retention.rows_dropped", subject: kind.name },
        detail: { rows, older_than_days: days },
      }),
    );
  }
  return gone;
}

async function dropSlice(db: Kysely<Database>, kind: Aged, days: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    with gone as (
      delete from ${kind.table} where ctid in (
        select ${kind.alias}.ctid from ${kind.table} ${kind.alias} where ${tooOld(kind, days)}
        limit ${sql.lit(SLICE)})
      returning *
    )${kind.with ? sql`, ${kind.with}` : sql``}
    select count(*)::int as n from gone`.execute(db);
  return rows[0]?.n ?? 0;
}
