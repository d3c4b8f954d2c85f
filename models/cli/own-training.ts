import { stat } from "node:fs/promises";
import type { ModelSchema } from "../../domain/features/definition.ts";
import { durationMs } from "../../domain/features/duration.ts";
import { givenColumns, givenSchema, givenZone } from "../../features/offline/given.ts";
import { mappingFor } from "../../features/offline/mapping.ts";
import { openTable } from "../../features/offline/open-table.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { readOwnPayments } from "../own/own-payments.ts";
import { labelDelay } from "../own/own-split.ts";
import { trainOwn } from "../own/train-own.ts";
import type { Recipe } from "../protocol/recipes.ts";
import type { TrainedModel } from "../protocol/train.ts";
import { libraryVersions } from "./arguments.ts";
import { showProgress } from "./progress.ts";

/** What the train command is asked for a team's own payments. */
export interface OwnTraining {
  readonly schemaFile: string;
  readonly file: string;
  /** `amount=TX_AMOUNT`, one a column that is not named like what it is. */
  readonly columns: readonly string[];
  readonly zone: string | undefined;
  /** `7d`; by the schema when left out. */
  readonly labelDelay: string | undefined;
  readonly name: string;
  readonly recipe: Recipe;
  readonly seed: number;
  readonly threads: number;
}

/**
 * Reads a team's own file by a schema and trains on it, with progress on stderr.
 *
 * @returns the model, and the schema with its text, which lies beside it
 * @throws DomainError `invalid_argument` for what is wrong in what was given or in the file
 */
export async function trainOnOwn(asked: OwnTraining): Promise<{
  readonly trained: TrainedModel;
  readonly schema: { readonly schema: ModelSchema; readonly text: string };
}> {
  const zone = givenZone(asked.zone);
  const given = asked.labelDelay === undefined ? undefined : durationMs(asked.labelDelay);
  if (asked.labelDelay !== undefined && given === undefined) {
    throw wrong(`--label-delay ${asked.labelDelay}: must be a whole number and d, h, m or s, e.g. 7d`);
  }
  const { schema, text } = await givenSchema(asked.schemaFile);
  const reading = showProgress("features");
  let read = 0;
  const table = await openTable(asked.file, (bytes) => {
    read += bytes.length;
    reading.update(Math.min(read, size), size, "bytes");
  });
  const { size } = await stat(asked.file);
  const mapping = mappingFor(schema, await table.columns(), givenColumns(asked.columns), zone);
  const payments = await readOwnPayments(asked.file, table, mapping, schema);
  reading.stop();
  const { labels, features, unlabelled, refused, firstRefused } = payments;
  const count = (n: number) => n.toLocaleString("en");
  const frauds = labels.reduce((sum, label) => sum + label, 0);
  console.log(
    `${payments.file}\n  ${count(labels.length)} labelled payments × ${features.columns} columns, ${count(frauds)} frauds; ` +
      `${count(unlabelled)} without a label, ${count(refused)} refused${firstRefused === undefined ? "" : ` (${firstRefused})`}`,
  );
  const fitting = showProgress(asked.recipe.learner.algorithm);
  const trained = await trainOwn(payments, {
    name: asked.name,
    recipe: asked.recipe,
    schema,
    labelDelay: given === undefined ? labelDelay(schema) : given / 1_000,
    seed: asked.seed,
    threads: asked.threads,
    libraries: libraryVersions(),
    progress: fitting.update,
  });
  fitting.stop();
  return { trained, schema: { schema, text } };
}

function wrong(message: string): DomainError {
  return new DomainError("invalid_argument", message);
}
