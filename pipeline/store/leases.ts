import { type Kysely, sql } from "kysely";
import type { Database } from "./schema.ts";

/**
 * Takes or renews the lease on a task that one process at a time does. By the database's clock; a holder that dies is
 * followed when its lease has run out.
 *
 * @param holder this process, e.g. a UUID made at its start
 * @returns whether `holder` has it now
 */
export async function takeLease(
  db: Kysely<Database>,
  name: string,
  holder: string,
  forMs: number,
): Promise<boolean> {
  const { rows } = await sql<{ holder: string }>`
    insert into leases as l (name, holder, until)
    values (${name}, ${holder}, clock_timestamp() + ${forMs}::float8 * interval '1 millisecond')
    on conflict (name) do update set holder = excluded.holder, until = excluded.until
      where l.holder = excluded.holder or l.until < clock_timestamp()
    returning holder`.execute(db);
  return rows.length > 0;
}

/** Gives the lease back, so that another need not wait for its end; nothing when another has it. */
export async function giveUpLease(db: Kysely<Database>, name: string, holder: string): Promise<void> {
  await db.deleteFrom("leases").where("name", "=", name).where("holder", "=", holder).execute();
}
