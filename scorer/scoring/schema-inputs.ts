import { CONTRACT_FIELDS } from "../../domain/features/contract-fields.ts";
import type { ModelSchema } from "../../domain/features/definition.ts";
import { isYes, meaningOf, sentenceOf } from "../../domain/features/meaning.ts";
import { DEFAULT_CURRENCY } from "../../domain/money.ts";
import type { Reason } from "../../domain/reasons.ts";
import { byContextName, givenTime, V_COUNT } from "../../domain/transaction.ts";
import { type EngineOptions, FeatureEngine, type Reading } from "../../features/engine/engine.ts";
import { type Payment, paymentOf } from "../../features/engine/payment.ts";
import type { OnlineFeatures } from "../../features/online/online-features.ts";
import type { FieldViolation } from "../../platform/process/errors.ts";
import { effectWords } from "./explain/reasons.ts";
import type { InputColumn, ModelInputs } from "./model-inputs.ts";
import { TEXT, type TransactionInput } from "./transaction-input.ts";

const LARGEST_FLOAT32 = 3.4028234663852886e38;
const NONE: readonly string[] = [];
/** Longest sentence, and longest name, of a reason, characters: a filter may be long. */
const MAX_SENTENCE = 300;
const MAX_TITLE = 200;
/** A value that takes as many characters as one can. */
const LONGEST = -123_456_789.5;

/**
 * What a model with a schema reads: fields and entities by name, and the features that its schema makes of them and of
 * what was recorded before. The row needs the states of the payment's entities, so it is there a round trip later.
 */
export class SchemaInputs implements ModelInputs {
  readonly width: number;
  readonly columns: readonly InputColumn[];
  readonly inPlace = false;
  readonly needsV: boolean;
  /** The engine converts. */
  readonly currency = undefined;
  readonly engine: FeatureEngine;
  /** Two models with the same read the same. */
  readonly signature: string;
  readonly #online: OnlineFeatures;
  readonly #known: ReadonlySet<string>;
  #last: Reading | undefined;

  /** @throws DomainError `invalid_argument` for a schema that is wrong */
  constructor(schema: ModelSchema, online: OnlineFeatures, options: EngineOptions = {}) {
    this.engine = new FeatureEngine(schema, options);
    this.#online = online;
    this.width = this.engine.columns.length;
    this.columns = this.engine.columns.map((name) => ({
      ...{ name, field: name, least: -LARGEST_FLOAT32, most: LARGEST_FLOAT32 },
    }));
    this.signature = JSON.stringify(schema);
    this.#known = new Set(Object.keys(schema.fields));
    this.needsV = Object.entries(schema.fields).some(
      ([name, { required }]) => required && /^v\d+$/.test(name) && Object.hasOwn(CONTRACT_FIELDS, name),
    );
  }

  get schema(): this {
    return this;
  }

  get apart(): this {
    return this;
  }

  check(input: TransactionInput, wrong: (field: string, description: string) => void): void {
    const reading = this.engine.read(paymentIn(input));
    if ("scope" in reading) {
      this.#last = reading;
      input.conversion = reading.conversion;
      return;
    }
    this.#last = undefined;
    for (const { field, description } of reading) wrong(field, description);
  }

  /** A transaction that another model answers; or what this one needs and it has not. */
  read(input: TransactionInput): Reading | readonly FieldViolation[] {
    return this.engine.read(paymentIn(input));
  }

  /** A payment that came by another door than as a transaction. @returns the reading, or every field that is wrong */
  readPayment(payment: Payment): Reading | readonly FieldViolation[] {
    return this.engine.read(payment);
  }

  /** The reading of the transaction that {@link check} has passed last. */
  taken(): Reading {
    const reading = this.#last;
    if (!reading) throw new Error("no transaction was checked");
    this.#last = undefined;
    return reading;
  }

  /** As if nothing were known of the transaction's entities. */
  write(_input: TransactionInput, rows: Float32Array, offset: number): void {
    this.engine.features(this.taken(), NOBODY, rows, offset);
  }

  /** The row of a reading, read together with others that are asked for at the same time. */
  async row(reading: Reading): Promise<SchemaRow> {
    const row = new Float32Array(this.width);
    const known = await this.#online.row({ engine: this.engine, reading, into: row, offset: 0 });
    return { row, withoutHistory: !known && asksForHistory(reading) };
  }

  /**
   * Writes the rows of some readings, one after the other from the start of `into`.
   *
   * @returns false when the feature store was away: those that {@link asksForHistory} were made as if nothing were known
   */
  async rows(readings: readonly Reading[], into: Float32Array): Promise<boolean> {
    const { engine, width } = this;
    return await this.#online.rows(
      readings.map((reading, i) => ({ engine, reading, into, offset: i * width })),
    );
  }

  unknownFields({ fields }: TransactionInput): readonly string[] {
    if (fields === undefined) return NONE;
    return Object.keys(fields.values).filter((name) => !this.#known.has(name));
  }

  /** Reasons in the schema's words: name, unit and sentence, and for a one-hot column a code that says yes or no. */
  inWords(reasons: readonly Reason[]): Reason[] {
    return reasons.map((reason) => {
      const { feature: column, value, usual, contribution } = reason;
      const { title, unit } = meaningOf(column, this.engine.schema);
      const said = sentenceOf(column, value, this.engine.schema, usual);
      return {
        ...reason,
        ...(column.includes("=") ? { code: oneHotCode(column, value) } : {}),
        text: `${cut(said, MAX_SENTENCE)}: ${effectWords(contribution)}.`,
        ...(unit === "" ? {} : { unit: unit === "%" ? "share" : unit }),
        title: cut(title, MAX_TITLE),
      };
    });
  }

  /** As long as {@link inWords} makes a reason. */
  longest(reason: Reason): Reason {
    const [longest] = this.inWords([{ ...reason, value: LONGEST, usual: LONGEST, contribution: 0 }]);
    return longest as Reason;
  }
}

/** `channel=online` → `CHANNEL_ONLINE_YES` or `…_NO`. */
function oneHotCode(column: string, value: number): string {
  return `${column.toUpperCase().replaceAll(/[^A-Z0-9]+/g, "_")}_${isYes(value) ? "YES" : "NO"}`;
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

const NOBODY: readonly undefined[] = [];

/** A row that a schema has made. */
export interface SchemaRow {
  readonly row: Float32Array;
  /** The feature store was away, and the row is that of entities never seen. */
  readonly withoutHistory: boolean;
}

/** Whether a payment has an entity that something could be known of. */
export function asksForHistory({ keys }: Reading): boolean {
  return keys.some((key) => key !== undefined);
}

/** A decoded transaction as the engine reads it, as the store will have it. */
function paymentIn(input: TransactionInput): Payment {
  const { rows, offset } = input;
  const v = input.hasV ? rows.slice(offset + 1, offset + 1 + V_COUNT) : undefined;
  return paymentOf({
    transactionId: input.text(TEXT.transactionId),
    time: givenTime(input.time, v) ?? undefined,
    v,
    amount: input.amount,
    currency: input.text(TEXT.currency) || DEFAULT_CURRENCY,
    eventTime: new Date(input.happenedMs),
    fields: input.fields?.values,
    entities: input.entities?.values,
    ...byContextName(({ name }) => input.text(TEXT[name])),
  });
}
