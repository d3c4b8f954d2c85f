import { type Kysely, sql } from "kysely";
import type { StatusVersions } from "../../domain/status.ts";
import { readKnownModels } from "../models/known.ts";
import { MIGRATION_TABLE } from "../store/migrate.ts";
import type { Database } from "../store/schema.ts";

/** Which schema the database has, which policy decides, and which models serve as a worker saw them. */
export async function readVersions(db: Kysely<Database>): Promise<StatusVersions> {
  const { rows } = await sql<{ schema: string | null; policy: string | null }>`
    select (select max(name) from ${sql.table(MIGRATION_TABLE)}) as schema,
      (select version from policies where state = 'active') as policy`.execute(db);
  const known = await readKnownModels(db);
  return {
    schema: rows[0]?.schema ?? null,
    policy: rows[0]?.policy ?? null,
    models: known
      ? {
          champion: known.models.champion,
          challenger: known.models.challenger?.model ?? null,
          shadows: known.models.shadows,
          seenAt: known.seenAt,
        }
      : null,
  };
}
