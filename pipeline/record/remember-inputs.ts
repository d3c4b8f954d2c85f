import type { Kysely } from "kysely";
import type { ModelRef } from "../../domain/decision.ts";
import type { Patience } from "../../platform/process/patience.ts";
import type { ScorerClient } from "../../scorer/client.ts";
import { isDatabaseAway } from "../store/failure.ts";
import { keepModelInputs } from "../store/model-inputs.ts";
import type { Database } from "../store/schema.ts";

/** When a version is asked for again that the scorer did not describe, milliseconds. */
const AGAIN_MS = 60_000;

/** By store and "name@version", until when there is nothing to do; in the store, for ever. */
const quiet = new WeakMap<Kysely<Database>, Map<string, number>>();

/**
 * Has the store know the names of what models read that is about to be recorded: once a version, before its first
 * decision. A scorer that does not say does not hold the decision up; the names come with a later one.
 *
 * @throws StoppingError while the database is away
 */
export async function rememberInputs(
  deps: {
    readonly db: Kysely<Database>;
    readonly scorer: Pick<ScorerClient, "getModel">;
    readonly patience: Patience;
  },
  models: Iterable<ModelRef>,
): Promise<void> {
  const known = quiet.get(deps.db) ?? new Map<string, number>();
  quiet.set(deps.db, known);
  for (const model of models) {
    const id = `${model.name}@${model.version}`;
    if (performance.now() < (known.get(id) ?? 0)) continue;
    known.set(id, performance.now() + AGAIN_MS);
    const told = await deps.scorer.getModel(id).catch(() => undefined);
    if (!told) continue;
    const inputs = { columns: told.inputs, schema: told.schema ?? null };
    await deps.patience.whileAway("PostgreSQL", isDatabaseAway, () =>
      keepModelInputs(deps.db, model, inputs),
    );
    known.set(id, Number.POSITIVE_INFINITY);
  }
}
