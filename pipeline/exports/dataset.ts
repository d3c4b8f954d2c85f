import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Database } from "../store/schema.ts";

/**
 * What a column holds: `text`; `integer`, whole and below 2^53; `real`, a double; `flag`; `time`, ISO 8601 in UTC to the
 * microsecond; `json`, which is JSON text where a format has no structures of its own.
 */
export type ColumnKind = "text" | "integer" | "real" | "flag" | "time" | "json";

export interface Column {
  readonly name: string;
  readonly kind: ColumnKind;
}

/** A row, its values in the order of the columns; undefined is what the row has not got. */
export type Row = Readonly<Record<string, unknown>>;

/** Where a row lies in its dataset's order. */
export interface Place {
  /** ISO 8601 in UTC, to the microsecond. */
  readonly at: string;
  /** What tells rows of one moment apart: a number in digits, or a transaction's id. */
  readonly id: string;
}

/** Rows that follow each other. */
export interface Slice {
  /** Included. */
  readonly since: string | undefined;
  /** Not included. */
  readonly until: string;
  readonly after: Place | undefined;
  readonly limit: number;
}

/** Something that leaves the house as a file, row by row in an order that does not change. */
export interface Dataset {
  /** In addresses and on the command line. */
  readonly name: string;
  readonly title: string;
  /** What a row is, in a sentence. */
  readonly about: string;
  readonly columns: readonly Column[];
  /** The columns that say where a row lies: a {@link Place}, and what a torn file is gone on with. */
  readonly order: readonly [at: string, id: string];
  /** Whether an id is a number. */
  readonly numbered: boolean;
  /** Whether it lies in the months of the decisions. */
  readonly byMonth: boolean;
  read(db: Kysely<Database>, slice: Slice): Promise<readonly Row[]>;
}

/** Where a row of a dataset lies. */
export function placeOf({ order: [at, id] }: Dataset, row: Row): Place {
  return { at: String(row[at]), id: String(row[id]) };
}

/** Columns of a kind. */
export function columnsOf(kind: ColumnKind, ...names: readonly string[]): readonly Column[] {
  return names.map((name) => ({ name, kind }));
}

/** A timestamptz as exports write it: 2026-11-26T21:04:05.123456Z */
export function utc(reference: string): RawBuilder<string> {
  return sql<string>`to_char(${sql.ref(reference)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}

/** The condition of a slice over the two columns of an order. @param type of the second, in PostgreSQL */
export function within(
  { since, until, after }: Slice,
  at: string,
  id: string,
  type: "bigint" | "text",
): RawBuilder<boolean> {
  const [moment, number] = [sql.ref(at), sql.ref(id)];
  // The first two say which months are in question.
  const parts = [
    sql`${moment} < ${until}::timestamptz`,
    ...(since === undefined ? [] : [sql`${moment} >= ${since}::timestamptz`]),
    ...(after === undefined
      ? []
      : [
          sql`${moment} >= ${after.at}::timestamptz`,
          sql`(${moment}, ${number}) > (${after.at}::timestamptz, ${after.id}::${sql.raw(type)})`,
        ]),
  ];
  return sql<boolean>`${sql.join(parts, sql` and `)}`;
}
