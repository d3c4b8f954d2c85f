/** The currency of an amount that came without one (ISO 4217): the contract's, scoring.proto, `Transaction.currency`. */
export const DEFAULT_CURRENCY = "EUR";

/** Largest amount of one payment, in units of its currency: far beyond any, and far inside float32. */
export const MAX_AMOUNT = 1e12;

/** An ISO 4217 code by its form. */
export const CURRENCY_FORM = /^[A-Z]{3}$/;

/** An exact amount: whole minor units (cents, yen, fils) of a currency. */
export interface Money {
  readonly minor: bigint;
  /** ISO 4217. */
  readonly currency: string;
}

/**
 * Currencies whose minor unit is not a hundredth, by the number of its digits: ISO 4217 table A.1 of 2024 (list one of
 * SIX, the maintenance agency). What is not listed has two.
 */
export const CURRENCIES_BY_EXPONENT: Readonly<Record<0 | 3 | 4, readonly string[]>> = {
  0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(" "),
  3: "BHD IQD JOD KWD LYD OMR TND".split(" "),
  4: "CLF UYW".split(" "),
};

const exponents = new Map<string, number>(
  Object.entries(CURRENCIES_BY_EXPONENT).flatMap(([exponent, codes]) =>
    codes.map((code) => [code, Number(exponent)] as const),
  ),
);

/** How many digits the minor unit of a currency has: 2 for EUR, 0 for JPY, 3 for KWD; 2 for a code that nobody knows. */
export function exponentOf(currency: string): number {
  return exponents.get(currency) ?? 2;
}

/**
 * An amount as it was written, in whole minor units. A number stands for the shortest decimal that means it (what JSON
 * and people write), so 0.1 is ten cents exactly; what is finer than the minor unit is rounded half to even.
 *
 * @param amount in units of the currency: finite
 * @throws RangeError for a number that is not finite
 */
export function minorUnits(amount: number, currency: string): bigint {
  if (!Number.isFinite(amount)) throw new RangeError(`${amount} is no amount`);
  const [mantissa = "0", power = "0"] = String(Math.abs(amount)).split("e");
  const [whole = "0", fraction = ""] = mantissa.split(".");
  const digits = whole + fraction;
  // The amount is `digits` × 10^scale minor units.
  const scale = Number(power) - fraction.length + exponentOf(currency);
  const minor = scale >= 0 ? BigInt(digits) * 10n ** BigInt(scale) : roundedHalfEven(digits, -scale);
  return amount < 0 ? -minor : minor;
}

function roundedHalfEven(digits: string, dropped: number): bigint {
  // All of them are dropped, and a zero before them: nothing is left to round up.
  if (dropped > digits.length) return 0n;
  const cut = digits.length - dropped;
  const kept = BigInt(digits.slice(0, cut) || "0");
  const rest = digits.slice(cut);
  const half = `5${"0".repeat(dropped - 1)}`;
  return rest > half || (rest === half && kept % 2n === 1n) ? kept + 1n : kept;
}

/** Whole minor units as the exact decimal that people write, in units of the currency: 1050 EUR → "10.50". */
export function decimalOf(minor: bigint | number | string, currency: string): string {
  const value = BigInt(minor);
  const exponent = exponentOf(currency);
  const digits = (value < 0n ? -value : value).toString().padStart(exponent + 1, "0");
  const cut = digits.length - exponent;
  return `${value < 0n ? "-" : ""}${digits.slice(0, cut)}${exponent > 0 ? `.${digits.slice(cut)}` : ""}`;
}

/**
 * Whole minor units in units of the currency, as the number of JSON. Exact as far as a double is (15 digits); adding is
 * done on minor units, never on this.
 */
export function unitsOf(minor: bigint | number | string, currency: string): number {
  return Number(decimalOf(minor, currency));
}
