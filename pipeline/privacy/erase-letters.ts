import { type Kysely, sql } from "kysely";
import { SYSTEM } from "../../domain/actors.ts";
import type { Database } from "../store/schema.ts";
import { HELD_LETTER } from "./holds.ts";
import { lettersOf, type Subject } from "./subject.ts";
import { names } from "./take-out.ts";

/** Letters of one SQL transaction; a whole job may be megabytes. */
const SLICE = 20;

/**
 * Takes a subject out of dead letters: of a payment's letter all that it says, of a whole job the entries that name the
 * subject, so that the others can still be handed in. A letter of nothing else waits for nobody any more.
 */
export async function eraseLetters(db: Kysely<Database>, subject: Subject, pseudonym: string): Promise<void> {
  for (let found = SLICE; found === SLICE; ) {
    found = await db.transaction().execute(async (trx) => {
      const { rows } = await sql<{ id: number; position: number; payload: object; mended: object | null }>`
        select l.dead_letter_id as id, l.position, l.payload, l.mended from dead_letters l
        where ${lettersOf(subject)} and not ${HELD_LETTER}
        order by l.dead_letter_id limit ${sql.lit(SLICE)} for update`.execute(trx);
      for (const { id, position, payload, mended } of rows) {
        const left = position < 0 ? withoutSubject(payload, subject.id, pseudonym) : undefined;
        const leftMended = position < 0 && mended ? withoutSubject(mended, subject.id, pseudonym) : undefined;
        await sql`
          update dead_letters set payload = ${JSON.stringify(left ?? {})}::jsonb,
            mended = ${leftMended === undefined ? null : JSON.stringify(leftMended)}::jsonb,
            error = '(redacted)', altered = true, redacted_at = coalesce(redacted_at, now())
          where dead_letter_id = ${id}`.execute(trx);
        if (left === undefined) {
          await sql`
            update dead_letters set state = 'discarded', handled_at = now(), handled_by = ${JSON.stringify(SYSTEM)}::jsonb
            where dead_letter_id = ${id} and state = 'waiting'`.execute(trx);
        }
      }
      return rows.length;
    });
  }
}

/** A job without the entries that name the id; undefined where there are no others. */
function withoutSubject(payload: object, id: string, pseudonym: string): object | undefined {
  let others = false;
  const left = Object.fromEntries(
    Object.entries(payload).map(([name, value]) => {
      if (!Array.isArray(value)) return [name, names(value, id) ? pseudonym : value];
      const kept = value.filter((entry) => !names(entry, id));
      others ||= kept.length > 0;
      return [name, kept];
    }),
  );
  return others ? left : undefined;
}
