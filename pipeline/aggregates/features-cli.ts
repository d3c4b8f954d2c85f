import { stat } from "node:fs/promises";
import { parseArgs } from "node:util";
import type { ModelSchema } from "../../domain/features/definition.ts";
import { FeatureEngine } from "../../features/engine/engine.ts";
import { givenColumns, givenDecimal, givenSchema, givenZone } from "../../features/offline/given.ts";
import { mappingFor } from "../../features/offline/mapping.ts";
import { openTable } from "../../features/offline/open-table.ts";
import { readPayments } from "../../features/offline/payments.ts";
import { givenRates } from "../../features/offline/rates-file.ts";
import { writeFeatures } from "../../features/offline/write-features.ts";
import { featureWriter } from "../../features/offline/write-rows.ts";
import { DomainError, messageOf } from "../../platform/process/errors.ts";
import { openHistory } from "./open-history.ts";

const USAGE = `npm run features -- FILE --schema SCHEMA.yaml --out FILE.csv|.jsonl[.gz]
npm run features -- --store --schema SCHEMA.yaml --out FILE
  FILE              payments in the order of their recording: CSV, JSON lines (also gzip) or Parquet
  --store           the payments of the store, decided and imported
  --column WHAT=COL a column that is not named like the field or entity it is; again for each
  --zone UTC        where the clocks of times without an offset are: UTC, +02:00, Europe/Prague
  --decimal comma   what stands before decimals: point or comma
  --rates RATES.csv what amounts in other currencies are converted by: npm run rates -- export FILE
Computes the features of every payment as of its own moment. Payments that the schema refuses are told and left out.`;

try {
  await main();
} catch (error) {
  if (error instanceof DomainError) console.error(error.message);
  else console.error(error instanceof TypeError && "code" in error ? `${messageOf(error)}\n${USAGE}` : error);
  process.exitCode = error instanceof DomainError ? 2 : 1;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      schema: { type: "string" },
      out: { type: "string" },
      store: { type: "boolean", default: false },
      column: { type: "string", multiple: true, default: [] },
      zone: { type: "string" },
      decimal: { type: "string" },
      rates: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const [path, ...more] = positionals;
  const sources = Number(path !== undefined) + Number(values.store);
  if (sources !== 1 || more.length > 0 || values.schema === undefined || values.out === undefined) {
    throw new DomainError("invalid_argument", USAGE);
  }
  const { schema } = await givenSchema(values.schema);
  const rates = await givenRates(values.rates);
  const source = path === undefined ? openHistory() : await fileOf(path, schema, values);
  try {
    const engine = new FeatureEngine(schema, { rates });
    const writer = await featureWriter(values.out, engine.columns);
    const tell = (message: string): void => console.error(message);
    const { taken, refused, entities } = await writeFeatures(
      source.rows,
      engine,
      writer,
      tell,
      source.onRows,
    );
    console.log(
      `${values.out}: ${words(taken)} payments × ${engine.columns.length} features, ${words(refused)} refused; ${words(entities)} states at the end`,
    );
  } finally {
    await source.close();
  }
}

async function fileOf(
  path: string,
  schema: ModelSchema,
  given: { readonly column: readonly string[]; readonly zone?: string; readonly decimal?: string },
) {
  const [zone, decimal] = [givenZone(given.zone), givenDecimal(given.decimal)];
  let [read, tenth] = [0, 0];
  const table = await openTable(path, {
    onBytes: (bytes) => {
      read += bytes.length;
    },
  });
  const { size } = await stat(path);
  const mapping = mappingFor(schema, await table.columns(), givenColumns(given.column), zone, decimal);
  return {
    rows: readPayments(table, mapping, schema),
    onRows: (taken: number): void => {
      const now = Math.floor((10 * read) / size);
      if (now > tenth && now < 10) console.error(`${10 * now} %: ${words(taken)} payments`);
      tenth = now;
    },
    close: async (): Promise<void> => {},
  };
}

function words(count: number): string {
  return count.toLocaleString("en");
}
