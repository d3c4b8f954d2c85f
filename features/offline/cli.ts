import { stat } from "node:fs/promises";
import { parseArgs } from "node:util";
import { DomainError, messageOf } from "../../platform/process/errors.ts";
import { FeatureEngine } from "../engine/engine.ts";
import { givenColumns, givenSchema, givenZone } from "./given.ts";
import { mappingFor } from "./mapping.ts";
import { openTable } from "./open-table.ts";
import { readPayments } from "./payments.ts";
import { givenRates } from "./rates-file.ts";
import { OfflineRun } from "./run.ts";
import { featureWriter } from "./write-rows.ts";

const USAGE = `npm run features -- FILE --schema SCHEMA.yaml --out FILE.csv|.jsonl[.gz]
  FILE              payments in the order of their recording: CSV, JSON lines (also gzip) or Parquet
  --column WHAT=COL a column that is not named like the field or entity it is; again for each
  --zone UTC        where the clocks of times without an offset are: UTC, +02:00, Europe/Prague
  --rates RATES.csv what amounts in other currencies are converted by: npm run rates -- export FILE
Computes the features of every payment as of its own moment. Payments that the schema refuses are told and left out.`;

/** Refused rows that are told one by one. */
const TOLD = 10;

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
      column: { type: "string", multiple: true, default: [] },
      zone: { type: "string" },
      rates: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0 || values.schema === undefined || values.out === undefined) {
    throw new DomainError("invalid_argument", USAGE);
  }
  const zone = givenZone(values.zone);
  const { schema } = await givenSchema(values.schema);
  const rates = await givenRates(values.rates);
  let read = 0;
  const table = await openTable(path, (bytes) => {
    read += bytes.length;
  });
  const { size } = await stat(path);
  const mapping = mappingFor(schema, await table.columns(), givenColumns(values.column), zone);
  const run = new OfflineRun(new FeatureEngine(schema, { rates }));
  const { columns } = run.engine;
  const writer = await featureWriter(values.out, columns);
  const row = new Float64Array(columns.length);
  let [taken, refused, tenth] = [0, 0, 0];
  for await (const rows of readPayments(table, mapping, schema)) {
    for (const given of rows) {
      const wrong = "refused" in given ? given.refused : run.next(given.payment, given.label, row);
      if (wrong || "refused" in given) {
        if (refused++ < TOLD)
          console.error(`row ${given.line}: ${wrong?.[0]?.field}: ${wrong?.[0]?.description}`);
        continue;
      }
      writer.row(given.payment.transactionId, row, given.label);
      taken++;
    }
    await writer.drained();
    if (Math.floor((10 * read) / size) > tenth) {
      tenth = Math.floor((10 * read) / size);
      if (tenth < 10) console.error(`${10 * tenth} %: ${taken.toLocaleString("en")} payments`);
    }
  }
  await writer.end();
  const entities = run.entities.toLocaleString("en");
  console.log(
    `${values.out}: ${taken.toLocaleString("en")} payments × ${columns.length} features, ${refused.toLocaleString("en")} refused; ${entities} states at the end`,
  );
}
