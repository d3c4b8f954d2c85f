import { CONTRACT_FIELDS } from "../../domain/features/contract-fields.ts";
import type { ModelSchema, Value, ValueType } from "../../domain/features/definition.ts";
import {
  notACommaNumber,
  notANumber,
  readCommaDecimal,
  readDecimal,
  readFlag,
  readLabel,
} from "../../platform/process/csv/number.ts";
import type { FieldViolation } from "../../platform/process/errors.ts";
import type { Payment } from "../engine/payment.ts";
import type { ColumnMapping, DecimalSign } from "./mapping.ts";
import { readMoment } from "./moment.ts";
import type { Table } from "./table.ts";
import type { Zone } from "./zone.ts";

/** What is known of a payment. */
export interface Label {
  readonly fraud: boolean;
  /** Milliseconds since 1970 in UTC. */
  readonly knownAtMs: number;
}

/** A row of a file that is a payment. */
export interface PaymentRow {
  /** Line or row of the file, from 1. */
  readonly line: number;
  readonly payment: Payment;
  readonly label: Label | undefined;
}

/** A row that is none, and why. */
export interface RefusedRow {
  readonly line: number;
  /** By column of the file. */
  readonly refused: readonly FieldViolation[];
}

/**
 * The payments of a file in its order, which is taken for the order of their recording. What a model's schema says of
 * ranges and of what must be there is for the engine to say; here a value has only to be of its type.
 *
 * @param schema for the types of fields
 * @throws DomainError `invalid_argument` when the file is broken; a row that is no payment is handed on as refused
 */
export async function* readPayments(
  table: Table,
  mapping: ColumnMapping,
  schema: Pick<ModelSchema, "fields">,
): AsyncGenerator<readonly (PaymentRow | RefusedRow)[]> {
  for await (const { rows } of readPaymentRows(table, mapping, schema)) yield rows;
}

/** Rows of a file that follow each other, and how they stand there. */
export interface PaymentRows {
  readonly rows: readonly (PaymentRow | RefusedRow)[];
  /** @param line one of the rows' */
  asWritten(line: number): string;
}

/** As {@link readPayments}, with the rows as they were written: for whoever tells what was refused. */
export async function* readPaymentRows(
  table: Table,
  mapping: ColumnMapping,
  schema: Pick<ModelSchema, "fields">,
): AsyncGenerator<PaymentRows> {
  const columns = [
    ...new Set([
      mapping.transactionId,
      mapping.eventTime,
      ...Object.values(mapping.entities),
      ...Object.values(mapping.fields),
      ...[mapping.label, mapping.labelTime].filter((name) => name !== undefined),
    ]),
  ];
  const reader = new RowReader(columns, mapping, schema);
  for await (const { firstLine, rows, broken, asWritten } of table.rows(columns)) {
    yield {
      rows: rows.map((cells, i) => {
        const what = broken?.get(i);
        if (what === undefined) return reader.read(cells, firstLine + i);
        return { line: firstLine + i, refused: [{ field: "", description: what }] };
      }),
      asWritten: (line) => asWritten(line - firstLine),
    };
  }
}

interface Source {
  readonly name: string;
  readonly column: string;
  readonly at: number;
  readonly type: ValueType;
}

class RowReader {
  readonly #mapping: ColumnMapping;
  readonly #id: number;
  readonly #time: number;
  readonly #label: number;
  readonly #labelTime: number;
  readonly #entities: readonly Source[];
  readonly #fields: readonly Source[];

  constructor(columns: readonly string[], mapping: ColumnMapping, schema: Pick<ModelSchema, "fields">) {
    const at = (name: string | undefined) => (name === undefined ? -1 : columns.indexOf(name));
    this.#mapping = mapping;
    this.#id = at(mapping.transactionId);
    this.#time = at(mapping.eventTime);
    this.#label = at(mapping.label);
    this.#labelTime = at(mapping.labelTime);
    this.#entities = Object.entries(mapping.entities).map(([name, column]) => ({
      name,
      column,
      at: at(column),
      type: "text",
    }));
    this.#fields = Object.entries(mapping.fields).map(([name, column]) => ({
      name,
      column,
      at: at(column),
      type: schema.fields[name]?.type ?? CONTRACT_FIELDS[name] ?? "text",
    }));
  }

  read(cells: readonly unknown[], line: number): PaymentRow | RefusedRow {
    const { transactionId, eventTime, zone, decimal } = this.#mapping;
    const refused: FieldViolation[] = [];
    const id = textOf(cells[this.#id]);
    if (id === undefined) refused.push({ field: transactionId, description: "has no value" });
    const moment = momentOf(cells[this.#time], zone);
    if (typeof moment === "string") refused.push({ field: eventTime, description: moment });
    const entities: Record<string, string> = {};
    for (const { name, at } of this.#entities) {
      const text = textOf(cells[at]);
      if (text !== undefined) entities[name] = text;
    }
    const fields: Record<string, Value | undefined> = {};
    for (const { name, column, at, type } of this.#fields) {
      const read = typed(cells[at], type, zone, decimal);
      if (read instanceof Wrong) refused.push({ field: column, description: read.what });
      else fields[name] = read;
    }
    const label = this.#labelOf(cells, typeof moment === "number" ? moment : 0, refused);
    if (refused.length > 0) return { line, refused };
    fields["event_time"] = new Date(moment as number);
    return {
      line,
      payment: { transactionId: id as string, eventTimeMs: moment as number, fields, entities },
      label,
    };
  }

  #labelOf(cells: readonly unknown[], eventTimeMs: number, refused: FieldViolation[]): Label | undefined {
    const { label, labelTime, labelDelayMs = 0, zone } = this.#mapping;
    if (label === undefined) return undefined;
    const cell = cells[this.#label];
    if (isNothing(cell)) return undefined;
    const fraud = readLabel(String(cell));
    if (fraud === undefined) {
      const description = "must be 0 or 1, false or true; 1 is fraud, nothing is not known";
      refused.push({ field: label, description });
      return undefined;
    }
    const given = labelTime === undefined ? undefined : cells[this.#labelTime];
    if (isNothing(given)) return { fraud: fraud === 1, knownAtMs: eventTimeMs + labelDelayMs };
    const known = momentOf(given, zone);
    if (typeof known === "string") {
      refused.push({ field: labelTime as string, description: known });
      return undefined;
    }
    return { fraud: fraud === 1, knownAtMs: Math.max(known, eventTimeMs) };
  }
}

/** A value that is not of its type. */
class Wrong {
  readonly what: string;

  constructor(what: string) {
    this.what = what;
  }
}

function isNothing(cell: unknown): cell is undefined | null | "" {
  return cell === undefined || cell === null || cell === "";
}

function textOf(cell: unknown): string | undefined {
  if (typeof cell === "string") return cell === "" ? undefined : cell;
  if (isNothing(cell)) return undefined;
  return cell instanceof Date ? cell.toISOString() : String(cell);
}

function typed(
  cell: unknown,
  type: ValueType,
  zone: Zone | undefined,
  decimal: DecimalSign = "point",
): Value | undefined | Wrong {
  if (isNothing(cell)) return undefined;
  switch (type) {
    case "text":
      return textOf(cell);
    case "number":
      return numberOf(cell, decimal);
    case "flag":
      return flagOf(cell);
    case "timestamp": {
      const moment = momentOf(cell, zone);
      return typeof moment === "string" ? new Wrong(moment) : new Date(moment);
    }
  }
}

function numberOf(cell: unknown, decimal: DecimalSign): number | Wrong {
  if (typeof cell === "bigint") return Number(cell);
  if (typeof cell === "number") return Number.isFinite(cell) ? cell : new Wrong("must be finite");
  if (typeof cell !== "string") return new Wrong(`is no number but ${kindOf(cell)}`);
  const latin1 = Buffer.from(cell).toString("latin1");
  if (decimal === "comma") return readCommaDecimal(cell) ?? new Wrong(notACommaNumber(latin1));
  return readDecimal(cell) ?? new Wrong(notANumber(latin1));
}

function flagOf(cell: unknown): boolean | Wrong {
  if (typeof cell === "boolean") return cell;
  const flag = readFlag(String(cell));
  return flag === undefined ? new Wrong("must be 0 or 1, false or true") : flag === 1;
}

/** A cell as a moment, milliseconds since 1970; or what is wrong with it. */
export function momentOf(cell: unknown, zone: Zone | undefined): number | string {
  if (isNothing(cell)) return "has no value";
  if (cell instanceof Date)
    return Number.isNaN(cell.getTime()) ? "is no time of the calendar" : cell.getTime();
  if (typeof cell === "number" || typeof cell === "bigint") return readMoment(String(cell), zone);
  return typeof cell === "string" ? readMoment(cell, zone) : `is no moment but ${kindOf(cell)}`;
}

function kindOf(cell: unknown): string {
  return typeof cell === "object" ? "an object" : `a ${typeof cell}`;
}
