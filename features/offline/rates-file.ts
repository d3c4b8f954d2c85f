import { ExchangeRates, NO_RATES, type Rate, type RatesSource } from "../../domain/exchange.ts";
import { CURRENCY_FORM } from "../../domain/money.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { csvTable } from "./csv-table.ts";

const COLUMNS = ["base", "currency", "valid_from", "rate"] as const;
const REMEDY = "name a file with it by --rates FILE (npm run rates -- export FILE)";

/** What `--rates` of command lines about files of payments was given: a file, or nothing. */
export async function givenRates(path: string | undefined): Promise<RatesSource> {
  const current = path === undefined ? NO_RATES.current : await readRatesFile(path);
  return { current, remedy: () => REMEDY };
}

/**
 * Rates out of a CSV file as `npm run rates -- export` writes it: base, currency, valid_from, rate.
 *
 * @throws DomainError `invalid_argument` with the line of what is wrong
 */
async function readRatesFile(path: string): Promise<ExchangeRates> {
  const rates: Rate[] = [];
  for await (const { firstLine, rows } of csvTable(path).rows(COLUMNS)) {
    for (const [i, cells] of rows.entries()) rates.push(rateOf(cells, `${path}: line ${firstLine + i}`));
  }
  const [first] = rates;
  if (!first) throw new DomainError("invalid_argument", `${path}: has no rates`);
  const other = rates.find(({ base }) => base !== first.base);
  if (other) {
    throw new DomainError(
      "invalid_argument",
      `${path}: has rates in ${first.base} and in ${other.base}: leave one base in it`,
    );
  }
  return new ExchangeRates(first.base, rates);
}

function rateOf(cells: readonly unknown[], place: string): Rate {
  const [base = "", currency = "", validFrom = "", rate = ""] = cells.map(String);
  const wrong =
    [base, currency].find((code) => !CURRENCY_FORM.test(code)) !== undefined
      ? `"${base}", "${currency}": must be ISO 4217 codes, e.g. EUR`
      : !/^\d{4}-\d\d-\d\d$/.test(validFrom) || Number.isNaN(Date.parse(validFrom))
        ? `"${validFrom}": must be a day, e.g. 2026-11-26`
        : !/^\d{1,12}(\.\d{1,12})?$/.test(rate) || Number(rate) === 0
          ? `"${rate}": must be a positive decimal`
          : undefined;
  if (wrong !== undefined) throw new DomainError("invalid_argument", `${place}: ${wrong}`);
  return { base, currency, validFrom, rate };
}
