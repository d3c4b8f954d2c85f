import { type Kysely, type Migration, sql } from "kysely";

/**
 * What a model read of a payment is kept with the decision, as the numbers that its graph took; the names, the same for
 * every decision of a version, once for each. Decisions of before have none, and nothing is rewritten.
 */
export const featuresAsSeen: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`alter table decisions
      add column features real[],
      add column without_history boolean not null default false`.execute(db);
    await sql`
      create table model_inputs (
        model_name text not null,
        model_version text not null,
        columns text[] not null,
        schema jsonb,
        seen_at timestamptz not null default now(),
        primary key (model_name, model_version)
      )`.execute(db);
  },
};
