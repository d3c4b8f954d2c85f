import { NO_RATES, type RatesSource, whyNotConverted } from "../../domain/exchange.ts";
import { DEFAULT_CURRENCY, MAX_AMOUNT } from "../../domain/money.ts";
import { CONTRACT_WIDTH, TEXT, type TransactionInput } from "./transaction-input.ts";

/** Where the amount lies among the contract's numbers. */
const AMOUNT_PLACE = CONTRACT_WIDTH - 1;

export interface OwnCurrencyOptions {
  /** ISO 4217; the contract's when left out. */
  readonly currency?: string | undefined;
  readonly rates?: RatesSource;
  /** "name@version", for what a refusal says. */
  readonly model?: string;
}

/** The currency that a model reads bare amounts in. */
export class OwnCurrency {
  readonly code: string;
  readonly #bytes: Buffer;
  readonly #rates: RatesSource;
  readonly #reader: string;

  constructor({ currency = DEFAULT_CURRENCY, rates = NO_RATES, model }: OwnCurrencyOptions = {}) {
    this.code = currency;
    this.#bytes = Buffer.from(currency);
    this.#rates = rates;
    this.#reader = model === undefined ? "the model" : `the model ${model}`;
  }

  /** Whether a transaction's amount can be read as it is. */
  isOf(input: TransactionInput): boolean {
    if (!input.has(TEXT.currency)) return this.code === DEFAULT_CURRENCY;
    return input.isText(TEXT.currency, this.#bytes);
  }

  /**
   * Puts the amount of a payment in another currency among its numbers as the model reads it; what was sent stays beside.
   *
   * @param wrong told when there is no rate
   */
  convert(input: TransactionInput, wrong: (field: string, description: string) => void): void {
    if (this.isOf(input) || !(input.amount >= 0 && input.amount <= MAX_AMOUNT)) return;
    const given = input.text(TEXT.currency) || DEFAULT_CURRENCY;
    const at = input.happenedMs;
    // A time that no calendar has was told already.
    if (Number.isNaN(new Date(at).getTime())) return;
    const conversion = this.#rates.current.convert(input.amount, given, this.code, at);
    if (!conversion) {
      const why = whyNotConverted(this.#reader, this.code, given, at, this.#rates);
      wrong("currency", input.has(TEXT.currency) ? why : `was not given and ${why}`);
    } else if (conversion.amount > MAX_AMOUNT) {
      wrong("amount", `must be at most ${MAX_AMOUNT} ${this.code}, is ${conversion.amount}`);
    } else {
      input.conversion = conversion;
      input.rows[input.offset + AMOUNT_PLACE] = conversion.amount;
    }
  }
}
