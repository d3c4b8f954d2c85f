import { type Kysely, sql, type Transaction } from "kysely";
import { type Actor, SYSTEM } from "../../domain/actors.ts";
import { appendAudit } from "../audit/append.ts";
import { HELD_DECISION, HELD_IMPORT, HELD_LETTER } from "../privacy/holds.ts";
import { HAS_OPEN_CASE, type RedactedPlace, redactDecisions } from "../privacy/redact.ts";
import { giveUpLease, takeLease } from "../store/leases.ts";
import type { Database } from "../store/schema.ts";

/** Decisions of one SQL transaction. */
const SLICE = 1_000;
/** One process at a time; a slice takes well under a second. */
const LEASE = "redaction";
const LEASE_MS = 60_000;
/** What is counted of what waits, at the most. */
const MOST_COUNTED = 100_000;

/** What a run redacted. */
export interface RedactedRows {
  readonly decisions: number;
  readonly imported: number;
  readonly deadLetters: number;
}

/** What would be redacted, and what is old enough and stays as it is. */
export interface RedactionPlan extends RedactedRows {
  /** Whether there are more decisions than were counted. */
  readonly more: boolean;
  /** Old enough, but held or with an open case when they were looked at. */
  readonly left: number;
}

interface Judged extends RedactedPlace {
  readonly stays: boolean;
  readonly done: boolean;
}

/** Decisions behind the place up to which all was looked at. */
const BEHIND = sql`(d.decided_at, d.seq) > (
    coalesce((select decided_at from redaction_progress), '-infinity'), coalesce((select seq from redaction_progress), 0))
  and d.decided_at >= coalesce((select decided_at from redaction_progress), '-infinity')`;
const older = (column: string, days: number) =>
  sql<boolean>`${sql.ref(column)} < now() - ${days}::int * interval '1 day'`;

/**
 * Redacts what was decided, imported or refused more than so many days ago: in slices, each in one SQL transaction, from
 * where the last run ended. What is held, or has an open case, is left and looked at again each time. One process at a
 * time; who comes meanwhile does nothing.
 *
 * @param slices how many slices of decisions at the most; all when absent
 * @param actor who asked for it; the house itself when absent
 */
export async function redactExpired(
  db: Kysely<Database>,
  days: number,
  holder: string,
  { slices = Number.POSITIVE_INFINITY, actor = SYSTEM }: { slices?: number; actor?: Actor } = {},
): Promise<RedactedRows> {
  const sum = { decisions: 0, imported: 0, deadLetters: 0 };
  if (!(await takeLease(db, LEASE, holder, LEASE_MS))) return sum;
  try {
    sum.decisions += await redactLeft(db);
    for (let n = 0; n < slices; n++) {
      const { looked, redacted } = await redactSlice(db, days);
      sum.decisions += redacted;
      if (looked < SLICE || !(await takeLease(db, LEASE, holder, LEASE_MS))) break;
    }
    sum.imported = await inSlices(db, (trx) => redactImports(trx, days));
    sum.deadLetters = await inSlices(db, (trx) => redactLetters(trx, days));
    if (sum.decisions + sum.imported + sum.deadLetters > 0) {
      await db.transaction().execute((trx) =>
        appendAudit(trx, {
          ...{ actor, act: "retention.redacted", subject: "decisions" },
          detail: { ...sum, older_than_days: days },
        }),
      );
    }
    return sum;
  } finally {
    await giveUpLease(db, LEASE, holder);
  }
}

/** What {@link redactExpired} would do now. Counts stop at 100,000. */
export async function planRedaction(db: Kysely<Database>, days: number): Promise<RedactionPlan> {
  const { rows } = await sql<{ decisions: number; imported: number; letters: number; left: number }>`
    select
      (select count(*) from (select from decisions d where ${BEHIND} and ${older("d.decided_at", days)}
        and d.redacted_at is null limit ${sql.lit(MOST_COUNTED)}) as due)::int as decisions,
      (select count(*) from (select from imported_transactions i where i.redacted_at is null
        and ${older("i.imported_at", days)} and not ${HELD_IMPORT} limit ${sql.lit(MOST_COUNTED)}) as due)::int as imported,
      (select count(*) from dead_letters l where l.redacted_at is null and l.state <> 'waiting'
        and ${older("l.at", days)} and not ${HELD_LETTER})::int as letters,
      (select count(*) from redaction_left)::int as left`.execute(db);
  const { decisions = 0, imported = 0, letters = 0, left = 0 } = rows[0] ?? {};
  return { decisions, imported, deadLetters: letters, left, more: decisions === MOST_COUNTED };
}

/** The next slice by age. What stays is written down with it, so that nothing is forgotten behind the place. */
async function redactSlice(
  db: Kysely<Database>,
  days: number,
): Promise<{ looked: number; redacted: number }> {
  return await db.transaction().execute(async (trx) => {
    const { rows } = await sql<Judged>`
      select d.decided_at::text as at, d.seq, d.transaction_id, d.redacted_at is not null as done,
        ${HELD_DECISION} or ${HAS_OPEN_CASE} as stays
      from decisions d where ${BEHIND} and ${older("d.decided_at", days)}
      order by d.decided_at, d.seq limit ${sql.lit(SLICE)}`.execute(trx);
    const last = rows.at(-1);
    if (!last) return { looked: 0, redacted: 0 };
    await leave(
      trx,
      rows.filter(({ stays, done }) => stays && !done),
    );
    const redacted = await redactDecisions(
      trx,
      rows.filter(({ stays, done }) => !stays && !done),
    );
    await sql`
      insert into redaction_progress (decided_at, seq) values (${last.at}::timestamptz, ${last.seq})
      on conflict (single) do update set decided_at = excluded.decided_at, seq = excluded.seq`.execute(trx);
    return { looked: rows.length, redacted };
  });
}

async function leave(trx: Transaction<Database>, places: readonly RedactedPlace[]): Promise<void> {
  if (places.length === 0) return;
  await sql`
    insert into redaction_left (transaction_id, decided_at, seq)
    select transaction_id, at::timestamptz, seq
    from json_to_recordset(${JSON.stringify(places)}::json) as row (transaction_id text, at text, seq bigint)
    on conflict do nothing`.execute(trx);
}

/** Those that were left before and need not stay any more. */
async function redactLeft(db: Kysely<Database>): Promise<number> {
  let redacted = 0;
  for (let found = SLICE; found === SLICE; ) {
    found = await db.transaction().execute(async (trx) => {
      const { rows } = await sql<RedactedPlace>`
        select d.decided_at::text as at, d.seq, d.transaction_id
        from redaction_left g join decisions d on d.decided_at = g.decided_at and d.seq = g.seq
        where not ${HELD_DECISION} and not ${HAS_OPEN_CASE} limit ${sql.lit(SLICE)}`.execute(trx);
      redacted += await redactDecisions(trx, rows);
      return rows.length;
    });
  }
  // Their month was dropped.
  await sql`delete from redaction_left g where not exists (
    select from transaction_keys k where k.transaction_id = g.transaction_id)`.execute(db);
  return redacted;
}

async function inSlices(
  db: Kysely<Database>,
  redact: (trx: Transaction<Database>) => Promise<number>,
): Promise<number> {
  let all = 0;
  for (let found = SLICE; found === SLICE; all += found) found = await db.transaction().execute(redact);
  return all;
}

async function redactImports(trx: Transaction<Database>, days: number): Promise<number> {
  const { numAffectedRows } = await sql`
    update imported_transactions set fields = null, entities = null, redacted_at = now() where transaction_id in (
      select i.transaction_id from imported_transactions i
      where i.redacted_at is null and ${older("i.imported_at", days)} and not ${HELD_IMPORT}
      limit ${sql.lit(SLICE)})`.execute(trx);
  return Number(numAffectedRows ?? 0);
}

/** Of letters that somebody has handled; those that wait are still to be decided. */
async function redactLetters(trx: Transaction<Database>, days: number): Promise<number> {
  const { numAffectedRows } = await sql`
    update dead_letters set payload = '{}', mended = null, error = '(redacted)', altered = true, redacted_at = now()
    where dead_letter_id in (
      select l.dead_letter_id from dead_letters l
      where l.redacted_at is null and l.state <> 'waiting' and ${older("l.at", days)} and not ${HELD_LETTER}
      limit ${sql.lit(SLICE)})`.execute(trx);
  return Number(numAffectedRows ?? 0);
}
