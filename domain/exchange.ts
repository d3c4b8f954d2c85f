import { DEFAULT_CURRENCY, exponentOf, minorUnits, unitsOf } from "./money.ts";

/** What one unit of a currency is worth in units of the base, from a day on. */
export interface Rate {
  /** ISO 4217. */
  readonly base: string;
  readonly currency: string;
  /** "2026-11-26", UTC. */
  readonly validFrom: string;
  /** Decimal digits. */
  readonly rate: string;
}

/** An amount as it was read in another currency than it came in. */
export interface Conversion {
  /** In units of `currency`, whole minor units. */
  readonly amount: number;
  /** ISO 4217: what was converted to. */
  readonly currency: string;
  /** What one unit of the amount's own currency is worth in `currency`. */
  readonly rate: number;
  /** The day that the rate is of; of two, the earlier. */
  readonly ratesOf: string;
}

/** A decimal as a whole number and how many of its digits stand behind the point. */
interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

interface DatedRate extends Decimal {
  readonly fromMs: number;
  readonly validFrom: string;
}

const ONE: DatedRate = { digits: 1n, scale: 0, fromMs: Number.NEGATIVE_INFINITY, validFrom: "" };
/** A rate of two currencies is said with so many digits. */
const SAID_DIGITS = 12;

/** Dated rates of one base. What they convert is a matter of the payment's own day, not of when it is asked. */
export class ExchangeRates {
  static readonly NONE = new ExchangeRates(null, []);

  readonly #base: string;
  /** By currency, in the order of their days. */
  readonly #byCurrency = new Map<string, DatedRate[]>();

  /** @param base null before the first rate */
  constructor(base: string | null, rates: readonly Rate[]) {
    this.#base = base ?? DEFAULT_CURRENCY;
    for (const { base: of, currency, validFrom, rate } of rates) {
      if (of !== base) continue;
      const dated = { ...decimal(rate), fromMs: Date.parse(`${validFrom}T00:00:00Z`), validFrom };
      const known = this.#byCurrency.get(currency);
      if (known) known.push(dated);
      else this.#byCurrency.set(currency, [dated]);
    }
    for (const dated of this.#byCurrency.values()) dated.sort((a, b) => a.fromMs - b.fromMs);
  }

  /**
   * An amount in another currency, by the rates that are valid at a moment; exact but for the rounding to whole minor
   * units, half up.
   *
   * @param amount in units of `from`: finite, ≥ 0
   * @param atMs milliseconds since 1970
   * @returns undefined where a rate is missing
   */
  convert(amount: number, from: string, to: string, atMs: number): Conversion | undefined {
    const given = this.#rateOf(from, atMs);
    const wanted = this.#rateOf(to, atMs);
    if (!given || !wanted) return undefined;
    // amount × given ÷ wanted, all of it in whole numbers.
    const shift = exponentOf(to) + wanted.scale - exponentOf(from) - given.scale;
    const [up, down] = shift >= 0 ? [10n ** BigInt(shift), 1n] : [1n, 10n ** BigInt(-shift)];
    const minor = dividedHalfUp(minorUnits(amount, from) * given.digits * up, wanted.digits * down);
    const rate = Number(given.digits) / 10 ** given.scale / (Number(wanted.digits) / 10 ** wanted.scale);
    const days = [given, wanted].map(({ validFrom }) => validFrom).filter((day) => day !== "");
    return {
      amount: unitsOf(minor, to),
      currency: to,
      rate: Number(rate.toPrecision(SAID_DIGITS)),
      ratesOf: days.sort()[0] ?? "",
    };
  }

  /** Of two currencies those that have no rate at a moment. */
  missing(from: string, to: string, atMs: number): readonly string[] {
    return [from, to].filter((currency) => !this.#rateOf(currency, atMs));
  }

  #rateOf(currency: string, atMs: number): DatedRate | undefined {
    if (currency === this.#base) return ONE;
    return this.#byCurrency.get(currency)?.findLast(({ fromMs }) => fromMs <= atMs);
  }
}

/** Rates as they are now, and how somebody adds one that is missing. */
export interface RatesSource {
  readonly current: ExchangeRates;
  /** E.g. "an operator sets one: npm run rates -- set USD RATE". */
  remedy(currency: string, day: string): string;
}

/** Where nobody has rates: amounts in other currencies are refused. */
export const NO_RATES: RatesSource = { current: ExchangeRates.NONE, remedy: rateCommand };

/** How an operator sets the rate that is missing. */
export function rateCommand(currency: string, day: string): string {
  return `its operator sets one: npm run rates -- set ${currency} RATE --from ${day}`;
}

/**
 * Why an amount cannot be read, for whoever sent it.
 *
 * @param reader who reads amounts in `own`, e.g. "the model payments@3"
 */
export function whyNotConverted(
  reader: string,
  own: string,
  given: string,
  atMs: number,
  rates: RatesSource,
): string {
  const day = new Date(atMs).toISOString().slice(0, 10);
  const missing = rates.current.missing(given, own, atMs);
  const remedy = missing.map((currency) => rates.remedy(currency, day)).join("; ");
  return (
    `is ${given}, ${reader} reads amounts in ${own}, and there is no rate for ${missing.join(" and ")} ` +
    `on ${day}: ${remedy}; or send the amount in ${own}`
  );
}

/** `minor` × a decimal × 10^shift, to the nearest whole, half up. */
export function multiplied(minor: bigint, factor: string, shift: number): bigint {
  const { digits, scale } = decimal(factor);
  const down = scale - shift;
  return down <= 0
    ? minor * digits * 10n ** BigInt(-down)
    : dividedHalfUp(minor * digits, 10n ** BigInt(down));
}

function decimal(text: string): Decimal {
  const [whole = "0", fraction = ""] = text.split(".");
  return { digits: BigInt(whole + fraction), scale: fraction.length };
}

function dividedHalfUp(dividend: bigint, divisor: bigint): bigint {
  return (2n * dividend + divisor) / (2n * divisor);
}
