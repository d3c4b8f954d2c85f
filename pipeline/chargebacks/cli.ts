import { basename } from "node:path";
import { parseArgs } from "node:util";
import { givenColumns, givenZone } from "../../features/offline/given.ts";
import { openTable } from "../../features/offline/open-table.ts";
import { openDatabase } from "../../platform/process/database.ts";
import { configOrExit } from "../../platform/process/env.ts";
import { DomainError, messageOf } from "../../platform/process/errors.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { operator } from "../../platform/process/operator.ts";
import { loadStoreConfig } from "../store/config.ts";
import type { Database } from "../store/schema.ts";
import { chargebackColumns } from "./columns.ts";
import type { ChargebackFile } from "./read-rows.ts";
import { type TakenFile, takeChargebackFile } from "./take-file.ts";

const USAGE = `npm run chargebacks -- FILE [options]
  FILE                CSV (commas, semicolons, tabs), JSON lines (also gzip) or Parquet: transaction_id, reported_at, and
                      if you have them label (fraud, or legitimate for one that was reversed) and reason_code
  --column WHAT=COL   a column that is called otherwise; again for each
  --zone UTC          where the clocks of times without an offset are: UTC, +02:00, Europe/Prague
  --dry-run           say what would become of each, and write nothing
What banks say of payments weeks later becomes their label, in the place of an analyst's. Run it again as often as you like.`;

/** `npm run chargebacks`: chargebacks from a file, as labels. */
try {
  const given = readArgs();
  if (given) await take(given.file, given.dryRun);
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = error instanceof DomainError && error.code === "invalid_argument" ? 2 : 1;
}

function readArgs() {
  const { values, positionals } = parsed();
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return undefined;
  }
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0) throw new DomainError("invalid_argument", USAGE);
  const [zone, columns] = [givenZone(values.zone), givenColumns(values.column)];
  return { file: { path, zone, columns }, dryRun: values["dry-run"] };
}

function parsed() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        column: { type: "string", multiple: true, default: [] },
        zone: { type: "string" },
        "dry-run": { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new DomainError("invalid_argument", `${messageOf(error)}\n${USAGE}`, { cause: error });
  }
}

async function take(
  {
    path,
    zone,
    columns: given,
  }: Pick<ChargebackFile, "path" | "zone"> & { readonly columns: Readonly<Record<string, string>> },
  dryRun: boolean,
): Promise<void> {
  const table = await openTable(path, { brokenLines: "handed on" });
  const columns = await chargebackColumns(path, table, given);
  const names = Object.entries(columns).map(([what, column]) => `${what} <- ${column}`);
  process.stderr.write(`${basename(path)}: ${names.join(", ")}\n`);
  const config = configOrExit(loadStoreConfig);
  const db = openDatabase<Database>(config.DATABASE_URL, createLogger("chargebacks", "warn"), 1);
  try {
    const file = { path, table, columns, zone };
    process.stdout.write(
      described(await takeChargebackFile({ db, actor: operator(), file, dryRun }), dryRun),
    );
  } finally {
    await db.destroy();
  }
}

function described({ counts, firstRefused }: TakenFile, dryRun: boolean): string {
  const { accepted, duplicate, superseded, unknown, refused } = counts;
  const words = (count: number): string => count.toLocaleString("en");
  const counted = [
    `${words(accepted)} ${dryRun ? "would be " : ""}accepted`,
    `${words(duplicate)} were there`,
    `${words(superseded)} superseded by later ones`,
    `${words(unknown)} of unknown payments`,
    `${words(refused)} refused`,
  ];
  const more = unknown + refused - firstRefused.length;
  const lines = firstRefused.map(({ line, why }) => `  line ${line}: ${why}`);
  return [
    `${counted.join(", ")}${dryRun ? "; nothing was written" : ""}`,
    ...lines,
    ...(more > 0 ? [`  and ${words(more)} more`] : []),
    "",
  ].join("\n");
}
