import type { HowRead } from "../../domain/decision.ts";
import { ENTITY_NAME, type FieldValue } from "../../domain/entities.ts";
import { MAX_AMOUNT } from "../../domain/money.ts";
import { CONTRACT_INPUTS, MAX_TIME_S, V_COUNT } from "../../domain/transaction.ts";
import { DomainError, type FieldViolation } from "../../platform/process/errors.ts";
import { OwnCurrency, type OwnCurrencyOptions } from "./own-currency.ts";
import type { SchemaInputs } from "./schema-inputs.ts";
import { CONTRACT_WIDTH, type TransactionInput } from "./transaction-input.ts";

/** One number that a model reads. */
export interface InputColumn {
  /** As its card names it. */
  readonly name: string;
  /** The field of a transaction that it comes from, as violations name it: `amount`, `v[13]`, `fields["items"]`. */
  readonly field: string;
  /** What it is at least and at most. */
  readonly least: number;
  readonly most: number;
}

/** What a model reads of a transaction, and how its row is made of it. */
export interface ModelInputs {
  /** Numbers of a row. */
  readonly width: number;
  /** In the order in which the graph takes them. */
  readonly columns: readonly InputColumn[];
  /** The row is Time, V1…V28, Amount, as the decoder writes it: there is nothing to be made. */
  readonly inPlace: boolean;
  readonly needsV: boolean;
  /** What it reads amounts in; undefined where it reads none, or its schema sees to that. */
  readonly currency: OwnCurrency | undefined;
  /** For a model whose schema makes the row, of more than the transaction: asked for instead of {@link write}. */
  readonly schema?: SchemaInputs | undefined;
  /**
   * Makes its rows of the payments themselves, whatever the model reads that answers: for shadows. Undefined for a model
   * that no schema describes.
   */
  readonly apart?: SchemaInputs | undefined;
  /**
   * Checks that a transaction which keeps the contract's rules has what the model needs, and converts its amount where
   * that is in another currency than the model's.
   *
   * @param wrong told each field that is missing, or is of another kind, or does not fit
   */
  check(input: TransactionInput, wrong: (field: string, description: string) => void): void;
  /** Writes the row of a transaction that {@link check} has passed; not over the transaction's own numbers. */
  write(input: TransactionInput, rows: Float32Array, offset: number): void;
  /** The names of own fields that the model reads nothing of; none for a model that declares no own fields. */
  unknownFields(input: TransactionInput): readonly string[];
}

const NONE: readonly string[] = [];
const LARGEST_FLOAT32 = 3.4028234663852886e38;
const ANY = { least: -LARGEST_FLOAT32, most: LARGEST_FLOAT32 };
const NOT_28 = (count: number): string => `must hold exactly ${V_COUNT} values (V1…V28), got ${count}`;

/** The contract's own numbers by the names that cards have for them, in the order of the decoder's row. */
const CONTRACT_COLUMNS: readonly InputColumn[] = CONTRACT_INPUTS.map((name, i) => {
  if (i === 0) return { name, field: "time", least: 0, most: MAX_TIME_S };
  if (i > V_COUNT) return { name, field: "amount", least: 0, most: MAX_AMOUNT };
  return { name, field: `v[${i - 1}]`, ...ANY };
});

/**
 * What a card's `inputs` mean: Time, V1…V28 and Amount (also as `time` and `amount`) are the contract's numbers; any other name is a field of the
 * team's own, a number, or a flag as 0 or 1.
 *
 * @param described by the model's schema, where that asks for nothing else than the contract's numbers
 * @throws DomainError `invalid_argument` for a name that is neither
 */
export function inputsOf(
  names: readonly string[],
  currency: OwnCurrencyOptions = {},
  described?: SchemaInputs,
): ModelInputs {
  const inPlace =
    names.length === CONTRACT_WIDTH && names.every((name, i) => name === CONTRACT_COLUMNS[i]?.name);
  const own = new OwnCurrency(currency);
  return inPlace ? new ContractInputs(own, described) : new NamedInputs(names, own);
}

/** The public data set's 30: the decoder has written them already. */
class ContractInputs implements ModelInputs {
  readonly width = CONTRACT_WIDTH;
  readonly columns = CONTRACT_COLUMNS;
  readonly inPlace = true;
  readonly needsV = true;
  readonly currency: OwnCurrency;
  readonly apart: SchemaInputs | undefined;

  constructor(currency: OwnCurrency, described: SchemaInputs | undefined) {
    this.currency = currency;
    this.apart = described;
  }

  check(input: TransactionInput, wrong: (field: string, description: string) => void): void {
    if (input.vCount === 0) wrong("v", NOT_28(0));
    this.currency.convert(input, wrong);
  }

  write({ rows, offset }: TransactionInput, target: Float32Array, at: number): void {
    for (let i = 0; i < CONTRACT_WIDTH; i++) target[at + i] = rows[offset + i] as number;
  }

  unknownFields(): readonly string[] {
    return NONE;
  }
}

/** Numbers by name: some of the contract's, and own fields. */
class NamedInputs implements ModelInputs {
  readonly width: number;
  readonly columns: readonly InputColumn[];
  readonly inPlace = false;
  readonly needsV: boolean;
  readonly currency: OwnCurrency | undefined;
  /** Where in the decoder's row each column lies; -1 for own fields. */
  readonly #places: readonly number[];
  readonly #own: ReadonlyMap<string, InputColumn>;

  constructor(names: readonly string[], currency: OwnCurrency) {
    this.width = names.length;
    this.#places = names.map((name) =>
      CONTRACT_COLUMNS.findIndex((column) => column.name === name || column.field === name),
    );
    this.columns = names.map((name, i) => {
      const contract = CONTRACT_COLUMNS[this.#places[i] as number];
      return contract ? { ...contract, name } : ownColumn(name);
    });
    this.#own = new Map(
      this.columns.flatMap((column, i) => (this.#places[i] === -1 ? [[column.name, column]] : [])),
    );
    this.needsV = this.#places.some((place) => place > 0 && place <= V_COUNT);
    this.currency = this.#places.includes(CONTRACT_WIDTH - 1) ? currency : undefined;
  }

  check(input: TransactionInput, wrong: (field: string, description: string) => void): void {
    if (this.needsV && input.vCount === 0) wrong("v", NOT_28(0));
    this.currency?.convert(input, wrong);
    for (const { name, field, least, most } of this.#own.values()) {
      const value = fieldOf(input, name);
      if (value === undefined) wrong(field, "must be set: the model reads it");
      else if (typeof value === "string")
        wrong(field, "must be a number, or true or false: the model reads it");
      else if (typeof value === "number" && !(value >= least && value <= most)) {
        wrong(field, "must fit a 32-bit number: the model reads it");
      }
    }
  }

  write(input: TransactionInput, target: Float32Array, at: number): void {
    const { rows, offset } = input;
    for (let i = 0; i < this.width; i++) {
      const place = this.#places[i] as number;
      target[at + i] =
        place >= 0
          ? (rows[offset + place] as number)
          : Number(fieldOf(input, (this.columns[i] as InputColumn).name));
    }
  }

  unknownFields({ fields }: TransactionInput): readonly string[] {
    if (fields === undefined || this.#own.size === 0) return NONE;
    return Object.keys(fields.values).filter((name) => !this.#own.has(name));
  }
}

/** Nothing is to be told. */
export const AS_SENT: HowRead = Object.freeze({});

/** What is to be told of how a model has read a transaction that it has passed. */
export function howRead(inputs: ModelInputs, input: TransactionInput): HowRead {
  const unknownFields = inputs.unknownFields(input);
  const { conversion } = input;
  if (unknownFields.length === 0 && conversion === undefined) return AS_SENT;
  return {
    ...(unknownFields.length > 0 ? { unknownFields } : {}),
    ...(conversion ? { conversion } : {}),
  };
}

function ownColumn(name: string): InputColumn {
  if (!ENTITY_NAME.test(name)) {
    const known =
      "Time, V1 to V28, Amount, or a field's name (a lower-case letter, then letters, digits or _)";
    throw new DomainError("invalid_argument", `the model's input "${name}" is none of: ${known}`);
  }
  return { name, field: `fields[${JSON.stringify(name)}]`, ...ANY };
}

function fieldOf({ fields }: TransactionInput, name: string): FieldValue | undefined {
  return fields !== undefined && Object.hasOwn(fields.values, name) ? fields.values[name] : undefined;
}

/**
 * Checks rows that come without a transaction around them.
 *
 * @param rows n × width numbers
 * @returns the first row in which something is wrong, and what, by the fields that the numbers would come from
 */
export function wrongRow(
  { width, columns }: Pick<ModelInputs, "width" | "columns">,
  rows: Float32Array,
): { readonly row: number; readonly violations: readonly FieldViolation[] } | undefined {
  const violations: FieldViolation[] = [];
  for (let row = 0; row < rows.length / width; row++) {
    for (let i = 0; i < width && violations.length < MAX_NAMED; i++) {
      const { field, least, most } = columns[i] as InputColumn;
      const description = wrongNumber(rows[row * width + i] as number, least, most);
      if (description !== undefined) violations.push({ field, description });
    }
    if (violations.length > 0) return { row, violations };
  }
  return undefined;
}

/** Wrong numbers of a row that are named. */
const MAX_NAMED = 5;

/** What is wrong with a number that has to lie in a range; undefined where nothing is. */
export function wrongNumber(value: number, least: number, most: number): string | undefined {
  if (!Number.isFinite(value)) return `must be finite, got ${value}`;
  if (value >= least && value <= most) return undefined;
  if (least === 0 && value < 0) return `must not be negative, got ${value}`;
  return value > most ? `must be at most ${most}, got ${value}` : `must be at least ${least}, got ${value}`;
}
