import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { pipeline } from "node:stream/promises";
import type { ModelSchema } from "../../domain/features/definition.ts";
import {
  givenColumns,
  givenDecimal,
  givenDelay,
  givenSchema,
  givenZone,
} from "../../features/offline/given.ts";
import { mappingFor } from "../../features/offline/mapping.ts";
import { openTable } from "../../features/offline/open-table.ts";
import { readPayments } from "../../features/offline/payments.ts";
import { givenRates } from "../../features/offline/rates-file.ts";
import { openHistory } from "../../pipeline/aggregates/open-history.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { showProgress } from "../../platform/process/progress.ts";
import { type OwnPayments, type PaymentSource, readOwnPayments } from "../own/own-payments.ts";
import { labelDelay } from "../own/own-split.ts";
import { trainOwn } from "../own/train-own.ts";
import type { Look, Stretch } from "../protocol/looks.ts";
import type { Recipe } from "../protocol/recipes.ts";
import type { TrainedModel } from "../protocol/train.ts";
import { libraryVersions } from "./arguments.ts";

/** What a command is asked for a team's own payments. */
export interface OwnSource {
  readonly schemaFile: string;
  /** Undefined for the payments of the store. */
  readonly file: string | undefined;
  /** `amount=TX_AMOUNT`, one a column that is not named like what it is. */
  readonly columns: readonly string[];
  readonly zone: string | undefined;
  /** `point` or `comma`. */
  readonly decimal?: string | undefined;
  /** A file of rates, for amounts in other currencies than the schema's. */
  readonly rates?: string | undefined;
  /** `7d`; by the schema when left out. */
  readonly labelDelay: string | undefined;
}

/** What the train command is asked for a team's own payments. */
export interface OwnTraining extends OwnSource {
  readonly name: string;
  readonly recipe: Recipe;
  readonly seed: number;
  readonly threads: number;
}

/** A team's own payments as they were read, and by what. */
export interface OwnGiven {
  readonly payments: OwnPayments;
  /** With its text, which lies beside a model. */
  readonly schema: { readonly schema: ModelSchema; readonly text: string };
  /** Seconds. */
  readonly labelDelay: number;
}

/**
 * Reads a team's own file, or the store, by a schema, with progress on stderr and what was found on stdout.
 *
 * @throws DomainError `invalid_argument` for what is wrong in what was given or in the file
 */
export async function readOwnGiven(asked: OwnSource): Promise<OwnGiven> {
  givenZone(asked.zone);
  const given = givenDelay(asked.labelDelay);
  const { schema, text } = await givenSchema(asked.schemaFile);
  const rates = await givenRates(asked.rates);
  const source = asked.file === undefined ? storeSource() : await fileSource(asked.file, asked, schema);
  const payments = await readOwnPayments(source, schema, rates).finally(source.close);
  const { labels, features, unlabelled, refused, firstRefused } = payments;
  const count = (n: number) => n.toLocaleString("en");
  const frauds = labels.reduce((sum, label) => sum + label, 0);
  console.log(
    `${payments.file}\n  ${count(labels.length)} labelled payments × ${features.columns} columns, ${count(frauds)} frauds; ` +
      `${count(unlabelled)} without a label, ${count(refused)} refused${firstRefused === undefined ? "" : ` (${firstRefused})`}`,
  );
  const delay = given === undefined ? labelDelay(schema) : given / 1_000;
  return { payments, schema: { schema, text }, labelDelay: delay };
}

/** The test stretch of own payments, for looks.json: the store's goes on, a file is as it is. */
export function stretchOf(
  { payments }: Pick<OwnGiven, "payments">,
  store: boolean,
  testStart: number,
): Stretch & Pick<Look, "test_end"> {
  if (!store) return { data: payments.sha256, test_start: testStart };
  const last = payments.times.reduce((max, time) => Math.max(max, time), testStart);
  return { data: "store", test_start: testStart, test_end: last };
}

/**
 * Reads a team's own file, or the store, by a schema and trains on it, with progress on stderr.
 *
 * @returns the model, the schema with its text, which lies beside it, and what its figures are of
 * @throws DomainError `invalid_argument` for what is wrong in what was given or in the file
 */
export async function trainOnOwn(asked: OwnTraining): Promise<{
  readonly trained: TrainedModel;
  readonly schema: OwnGiven["schema"];
  readonly stretch: ReturnType<typeof stretchOf>;
}> {
  const given = await readOwnGiven(asked);
  const { payments, schema } = given;
  const fitting = showProgress(asked.recipe.learner.algorithm);
  const trained = await trainOwn(payments, {
    name: asked.name,
    recipe: asked.recipe,
    schema: schema.schema,
    labelDelay: given.labelDelay,
    seed: asked.seed,
    threads: asked.threads,
    libraries: libraryVersions(),
    progress: fitting.update,
  });
  fitting.stop();
  const stretch = stretchOf(given, asked.file === undefined, trained.judged.split.testStart);
  return { trained, schema, stretch };
}

interface OpenSource extends PaymentSource {
  readonly close: () => Promise<void>;
}

async function fileSource(path: string, asked: OwnSource, schema: ModelSchema): Promise<OpenSource> {
  const reading = showProgress("features");
  let read = 0;
  const table = await openTable(path, {
    onBytes: (bytes) => {
      read += bytes.length;
      reading.update(Math.min(read, size), size, "bytes");
    },
  });
  const { size } = await stat(path);
  const [zone, decimal] = [givenZone(asked.zone), givenDecimal(asked.decimal)];
  const mapping = mappingFor(schema, await table.columns(), givenColumns(asked.columns), zone, decimal);
  const file = basename(path);
  if (mapping.label === undefined) {
    throw new DomainError("invalid_argument", `${file}: no column says what was fraud: name it as label`);
  }
  return {
    ...{ file, rows: readPayments(table, mapping, schema) },
    async sha256() {
      const hash = createHash("sha256");
      await pipeline(createReadStream(path), hash);
      return hash.digest("hex");
    },
    close: async () => reading.stop(),
  };
}

function storeSource(): OpenSource {
  const { rows, onRows, close } = openHistory();
  return { file: "store", rows: counted(rows, onRows), close };
}

async function* counted<T>(
  parts: AsyncIterable<readonly T[]>,
  tell: (rows: number) => void,
): AsyncGenerator<readonly T[]> {
  let rows = 0;
  for await (const part of parts) {
    yield part;
    rows += part.length;
    tell(rows);
  }
}
