import type { Kysely } from "kysely";
import type { ModelRef } from "../../domain/decision.ts";
import type { ModelSchema } from "../../domain/features/definition.ts";
import type { Database } from "./schema.ts";

/** What a version of a model reads, in the order in which decisions keep it. */
export interface StoredInputs {
  readonly columns: readonly string[];
  /** Null for a model without one. */
  readonly schema: ModelSchema | null;
}

/** Keeps what a version reads; what is there stays. */
export async function keepModelInputs(
  db: Kysely<Database>,
  { name, version }: ModelRef,
  { columns, schema }: StoredInputs,
): Promise<void> {
  await db
    .insertInto("model_inputs")
    .values({
      ...{ model_name: name, model_version: version, columns: [...columns] },
      schema: schema && JSON.stringify(schema),
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** What a version reads; undefined where the store was never told. */
export async function readModelInputs(
  db: Kysely<Database>,
  { name, version }: ModelRef,
): Promise<StoredInputs | undefined> {
  return await db
    .selectFrom("model_inputs")
    .select(["columns", "schema"])
    .where("model_name", "=", name)
    .where("model_version", "=", version)
    .executeTakeFirst();
}

/** What every version reads that the store was told of, by "name@version". */
export async function readAllModelInputs(db: Kysely<Database>): Promise<Map<string, StoredInputs>> {
  const rows = await db.selectFrom("model_inputs").selectAll().execute();
  return new Map(
    rows.map(({ model_name, model_version, columns, schema }) => [
      `${model_name}@${model_version}`,
      { columns, schema },
    ]),
  );
}
