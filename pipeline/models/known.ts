import { type Kysely, sql } from "kysely";
import type { KnownModels, LifeComparison } from "../../domain/model-care.ts";
import type { Database } from "../store/schema.ts";

/** How long comparisons are kept, days. */
const KEPT_DAYS = 180;

/** Writes down who serves and what there is, for those who have no registry of their own. */
export async function keepKnownModels(db: Kysely<Database>, models: KnownModels): Promise<void> {
  const row = { models: JSON.stringify(models), seen_at: sql<Date>`now()` };
  await db
    .insertInto("known_models")
    .values(row)
    .onConflict((conflict) => conflict.column("single").doUpdateSet(row))
    .execute();
}

/** Who serves and what there is, and when that was seen; undefined before anybody looked. */
export async function readKnownModels(
  db: Kysely<Database>,
): Promise<{ readonly models: KnownModels; readonly seenAt: Date } | undefined> {
  const row = await db.selectFrom("known_models").select(["models", "seen_at"]).executeTakeFirst();
  return row && { models: row.models, seenAt: row.seen_at };
}

/** Keeps a comparison, and forgets those of long ago. */
export async function keepComparison(db: Kysely<Database>, report: LifeComparison): Promise<void> {
  await db
    .insertInto("model_comparisons")
    .values({ at: report.at, other: report.other, report: JSON.stringify(report) })
    .onConflict((conflict) => conflict.columns(["other", "at"]).doNothing())
    .execute();
  await sql`delete from model_comparisons where at < now() - ${sql.lit(KEPT_DAYS)} * interval '1 day'`.execute(
    db,
  );
}

/** The newest comparison of each model, the newest first. */
export async function lastComparisons(db: Kysely<Database>): Promise<LifeComparison[]> {
  const { rows } = await sql<{ report: LifeComparison }>`
    select report from (select distinct on (other) at, report from model_comparisons order by other, at desc) as last
    order by at desc limit 20`.execute(db);
  return rows.map(({ report }) => report);
}
