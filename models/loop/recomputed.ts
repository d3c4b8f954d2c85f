import type { Kysely } from "kysely";
import type { ModelSchema } from "../../domain/features/definition.ts";
import { FeatureEngine } from "../../features/engine/engine.ts";
import { OfflineRun } from "../../features/offline/run.ts";
import { storedRows } from "../../pipeline/aggregates/history.ts";
import { StoredRates } from "../../pipeline/store/exchange-rates.ts";
import type { Database } from "../../pipeline/store/schema.ts";

/**
 * What a schema's features were of some payments, each as of its own moment: the whole history of the store is gone
 * through once, by the engine that serves (bench/parity holds both to the same numbers). For models that read what was not
 * kept with the decisions.
 *
 * @returns by transaction id, in the order of the schema's columns; what the schema refuses is not there
 */
export async function recomputedFeatures(
  db: Kysely<Database>,
  schema: ModelSchema,
  ids: Iterable<string>,
): Promise<ReadonlyMap<string, Float32Array>> {
  const wanted = new Set(ids);
  const rates = new StoredRates(db);
  await rates.refresh();
  const run = new OfflineRun(new FeatureEngine(schema, { rates }));
  const found = new Map<string, Float32Array>();
  for await (const rows of storedRows(db)) {
    for (const { payment, label } of rows) {
      const into = wanted.has(payment.transactionId)
        ? new Float32Array(run.engine.columns.length)
        : undefined;
      const refused = run.next(payment, label, into);
      if (into && !refused) found.set(payment.transactionId, into);
    }
  }
  return found;
}
