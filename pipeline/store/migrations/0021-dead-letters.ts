import { type Kysely, type Migration, sql } from "kysely";

/** What became of a dead letter: handed in again, or put aside for good, by whom; and whether it is as it came. */
export const deadLetterStates: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const statements = [
      sql`alter table dead_letters
        add column state text not null default 'waiting' check (state in ('waiting', 'redriven', 'discarded')),
        add column altered boolean not null default false,
        add column handled_at timestamptz,
        add column handled_by jsonb,
        add column mended jsonb,
        add check ((state = 'waiting') = (handled_at is null)),
        add check ((handled_at is null) = (handled_by is null))`,
      // What earlier versions masked or cut off left these marks.
      sql`update dead_letters set altered = true
        where payload::text ~ '\[[0-9]+ digits\]' or (payload ? 'characters' and payload ? 'beginning')`,
      sql`create index dead_letters_waiting on dead_letters (dead_letter_id) where state = 'waiting'`,
      sql`create index dead_letters_reasons on dead_letters (error_code, dead_letter_id) where state = 'waiting'`,
    ];
    for (const statement of statements) await statement.execute(db);
  },
};
