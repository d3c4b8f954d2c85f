import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { DEFAULT_CURRENCY } from "../../domain/money.ts";
import { openDatabase } from "../../platform/process/database.ts";
import { configOrExit } from "../../platform/process/env.ts";
import { messageOf } from "../../platform/process/errors.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { operator } from "../../platform/process/operator.ts";
import { loadStoreConfig } from "../store/config.ts";
import { readAllRates, readBase, readRates } from "../store/exchange-rates.ts";
import type { Database } from "../store/schema.ts";
import { setRate } from "./set-rate.ts";

const USAGE = `npm run rates -- list
npm run rates -- export FILE.csv           all of them: --rates FILE.csv for npm run features and npm run train
npm run rates -- set USD 0.92 [--from 2026-11-01] [--base EUR]     one USD is 0.92 EUR from that day on
`;

/** `npm run rates`: the rates by which amounts are converted: for ranking, overview and models of another currency. */
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { from: { type: "string" }, base: { type: "string" } },
});
const db = openDatabase<Database>(
  configOrExit(loadStoreConfig).DATABASE_URL,
  createLogger("rates", "warn"),
  1,
);
try {
  const [command, currency, rate] = positionals;
  if (command === "list") await list();
  else if (command === "export" && currency !== undefined) await exportAll(currency);
  else if (command === "set" && currency !== undefined && rate !== undefined) {
    const base = values.base ?? (await readBase(db)) ?? DEFAULT_CURRENCY;
    const validFrom = values.from ?? new Date().toISOString().slice(0, 10);
    await setRate(db, operator(), { base, currency, validFrom, rate });
    process.stdout.write(`one ${currency} is ${rate} ${base} from ${validFrom} on\n`);
  } else {
    process.stderr.write(USAGE);
    process.exitCode = 2;
  }
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
} finally {
  await db.destroy();
}

async function exportAll(file: string): Promise<void> {
  const { rates } = await readAllRates(db);
  const rows = rates.map(
    ({ base, currency, validFrom, rate }) => `${base},${currency},${validFrom},${rate}\n`,
  );
  await writeFile(file, `base,currency,valid_from,rate\n${rows.join("")}`);
  process.stdout.write(`${file}: ${rates.length} ${rates.length === 1 ? "rate" : "rates"}\n`);
}

async function list(): Promise<void> {
  const rates = await readRates(db);
  for (const { base, currency, validFrom, rate } of rates) {
    process.stdout.write(`one ${currency} is ${rate} ${base} since ${validFrom}\n`);
  }
  if (rates.length === 0)
    process.stdout.write(
      "no rates: amounts are never converted, and models refuse those in other currencies than their own\n",
    );
}
