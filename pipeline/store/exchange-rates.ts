import { type Kysely, type RawBuilder, sql } from "kysely";
import {
  ExchangeRates,
  multiplied,
  type Rate,
  type RatesSource,
  rateCommand,
} from "../../domain/exchange.ts";
import { decimalOf, exponentOf } from "../../domain/money.ts";
import type { Database } from "./schema.ts";

/** SQL: the currency that rates are of, that of the rate set last; null before the first. */
const baseCurrency = sql<string | null>`(select base from exchange_rates order by set_at desc limit 1)`;

/** SQL: today in UTC, whatever the session's time zone. */
const today = sql<Date>`(now() at time zone 'UTC')::date`;

/** SQL: base, currency, valid_from and rate of each currency that has a rate in {@link baseCurrency} on a day. */
export const ratesOn = (day: RawBuilder<Date> = today) => sql`
  select distinct on (currency) base, currency, valid_from, rate from exchange_rates
  where base = ${baseCurrency} and valid_from <= ${day}
  order by currency, valid_from desc`;

/** The currency that rates are of now: that of the rate set last; null before the first. */
export async function readBase(db: Kysely<Database>): Promise<string | null> {
  const { rows } = await sql<{ base: string | null }>`select ${baseCurrency} as base`.execute(db);
  return rows[0]?.base ?? null;
}

/** The base that is in use and its rates that are valid on a day. */
export async function readExchange(
  db: Kysely<Database>,
  day = new Date(),
): Promise<{ readonly base: string | null; readonly rates: Rate[] }> {
  const base = await readBase(db);
  if (base === null) return { base, rates: [] };
  const { rows } = await sql<Rate>`
    select base, currency, to_char(valid_from, 'YYYY-MM-DD') as "validFrom", rate::text as rate
    from (${ratesOn(sql<Date>`${day.toISOString().slice(0, 10)}::date`)}) as valid`.execute(db);
  return { base, rates: rows };
}

/** The rates of {@link readExchange}. */
export async function readRates(db: Kysely<Database>, day = new Date()): Promise<Rate[]> {
  return (await readExchange(db, day)).rates;
}

/** Sums of several currencies as one in the base: converted, and marked so. */
export interface Converted {
  readonly base: string;
  /** In units of the base. */
  readonly amount: number;
  /** The oldest day that a rate used here is of. */
  readonly ratesOf: string;
  /** Currencies that have no rate: their amounts are not in it. */
  readonly without: readonly string[];
}

/**
 * Adds sums up in the base currency; null while no rate was ever set. Exact but for the conversion itself, which is
 * rounded to the base's minor unit for each currency.
 *
 * @param amounts exact sums, in minor units of their currencies
 */
export function convert(
  amounts: readonly { readonly currency: string; readonly minor: string }[],
  base: string | null,
  rates: readonly Rate[],
): Converted | null {
  if (base === null) return null;
  const byCurrency = new Map(rates.map((rate) => [rate.currency, rate]));
  return addUp(
    base,
    amounts.map(({ currency, minor }) => ({
      ...{ currency, minor: BigInt(minor), rate: byCurrency.get(currency) },
    })),
  );
}

/** A sum in one currency, and the rate that it is converted by. */
interface Part {
  readonly currency: string;
  readonly minor: bigint;
  readonly rate: Rate | undefined;
}

function addUp(base: string, parts: Iterable<Part>): Converted {
  let total = 0n;
  let ratesOf = "";
  const without = new Set<string>();
  for (const { currency, minor, rate } of parts) {
    if (currency === base) total += minor;
    else if (!rate) without.add(currency);
    else {
      total += multiplied(minor, rate.rate, exponentOf(base) - exponentOf(currency));
      if (ratesOf === "" || rate.validFrom < ratesOf) ratesOf = rate.validFrom;
    }
  }
  return { base, amount: Number(decimalOf(total, base)), ratesOf, without: [...without] };
}

/** Adds payments of several currencies up in the base, each by the rate that was valid on its day (UTC). */
export class DatedSum {
  readonly #base: string | null;
  /** By currency, the newest first. */
  readonly #rates = new Map<string, Rate[]>();
  readonly #parts = new Map<string, Part>();

  constructor({ base, rates }: Pick<AllRates, "base" | "rates">) {
    this.#base = base;
    for (const rate of rates) {
      const known = this.#rates.get(rate.currency);
      if (known) known.unshift(rate);
      else this.#rates.set(rate.currency, [rate]);
    }
  }

  /** @param minor whole minor units of the currency; `at` when it was paid */
  add(currency: string, minor: bigint, at: Date): void {
    if (this.#base === null) return;
    const day = at.toISOString().slice(0, 10);
    const rate = this.#rates.get(currency)?.find(({ validFrom }) => validFrom <= day);
    const key = `${currency} ${rate?.validFrom ?? ""}`;
    const before = this.#parts.get(key)?.minor ?? 0n;
    this.#parts.set(key, { currency, minor: before + minor, rate });
  }

  /** Exact but for the conversion, rounded for each currency and rate; null while no rate was ever set. */
  total(): Converted | null {
    return this.#base === null ? null : addUp(this.#base, this.#parts.values());
  }
}

/** Every rate of the base in use, whatever its day, and what tells this state of them from others. */
export interface AllRates {
  readonly base: string | null;
  readonly rates: readonly Rate[];
  /** Larger after each change: when the last rate was set, microseconds since 1970, and how many there are; 0 before the first. */
  readonly version: number;
}

/** {@link AllRates.version}, alone. */
export async function readRatesVersion(db: Kysely<Database>): Promise<number> {
  const { rows } = await sql<{ version: string }>`
    select coalesce((extract(epoch from max(set_at)) * 1000000)::bigint + count(*), 0)::text as version
    from exchange_rates`.execute(db);
  return Number(rows[0]?.version ?? 0);
}

/** Rates for whoever converts payments of any day. */
export async function readAllRates(db: Kysely<Database>): Promise<AllRates> {
  return await db
    .transaction()
    .setIsolationLevel("repeatable read")
    .execute(async (trx) => {
      const version = await readRatesVersion(trx);
      const base = await readBase(trx);
      const { rows: rates } = await sql<Rate>`
        select base, currency, to_char(valid_from, 'YYYY-MM-DD') as "validFrom", rate::text as rate
        from exchange_rates where base = ${base} order by currency, valid_from`.execute(trx);
      return { base, rates, version };
    });
}

/** The store's rates for a process that converts payments again and again. */
export class StoredRates implements RatesSource {
  readonly #db: Kysely<Database>;
  #version = -1;
  current = ExchangeRates.NONE;
  readonly remedy = rateCommand;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  /** Looks whether a rate was set. @throws the database's error; the rates stay as they were */
  async refresh(): Promise<void> {
    if ((await readRatesVersion(this.#db)) === this.#version) return;
    const { base, rates, version } = await readAllRates(this.#db);
    this.current = new ExchangeRates(base, rates);
    this.#version = version;
  }
}
