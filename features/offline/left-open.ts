import { CONTRACT_FIELDS } from "../../domain/features/contract-fields.ts";
import type { ModelSchema } from "../../domain/features/definition.ts";
import type { ColumnMapping } from "./mapping.ts";
import type { Table } from "./table.ts";

/** Some of a file's first rows, by column. */
export type Sample = ReadonlyMap<string, readonly unknown[]>;

/** What a file does not say of itself and a person has to. */
export interface LeftOpen {
  /** A moment without an offset, e.g. `2018-04-01 00:00:31`; undefined where there is none. */
  readonly zone: string | undefined;
  /** A number that a comma, or a point that may part thousands, makes ambiguous; undefined where there is none. */
  readonly decimal: string | undefined;
}

/** Reads the first rows of some columns. @throws DomainError `invalid_argument` as reading them all does */
export async function sampleOf(table: Table, columns: readonly string[]): Promise<Sample> {
  const asked = [...new Set(columns)];
  for await (const { rows, broken } of table.rows(asked)) {
    const whole = rows.filter((_, i) => !broken?.has(i));
    return new Map(asked.map((name, c) => [name, whole.map((cells) => cells[c])]));
  }
  return new Map();
}

const WITH_OFFSET = /(Z|z|[+-]\d\d:?\d\d)$/;
const DATE = /^\d{4}-\d\d-\d\d[T ]/;
/** 1.234 and 12.345.678: with a point for decimals each is something else, or nothing. */
const MAYBE_THOUSANDS = /^[+-]?[1-9]\d{0,2}(\.\d{3})+$/;

/** What the first rows leave open: nothing is guessed of it. */
export function leftOpen(sample: Sample, mapping: ColumnMapping, schema: ModelSchema): LeftOpen {
  const texts = (columns: readonly (string | undefined)[]): string[] =>
    columns.flatMap((name) =>
      (sample.get(name ?? "") ?? []).filter((cell): cell is string => typeof cell === "string"),
    );
  const fields = (type: string): string[] =>
    Object.entries(mapping.fields).flatMap(([name, column]) =>
      (schema.fields[name]?.type ?? CONTRACT_FIELDS[name]) === type ? [column] : [],
    );
  const moments = texts([mapping.eventTime, mapping.labelTime, ...fields("timestamp")]);
  const numbers = texts(fields("number"));
  const pointed = numbers.filter((text) => text.includes("."));
  return {
    zone: moments.find((text) => DATE.test(text) && !WITH_OFFSET.test(text)),
    decimal:
      numbers.find((text) => text.includes(",")) ??
      (pointed.every((text) => MAYBE_THOUSANDS.test(text)) ? pointed[0] : undefined),
  };
}
