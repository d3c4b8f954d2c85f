/** Rows of a file that follow each other, by the columns that were asked for. */
export interface TableRows {
  /** Where the first of them stands: a line of a text file, a row of a Parquet file, from 1. */
  readonly firstLine: number;
  /**
   * Each as long as the columns that were asked for, and in their order. Text from CSV; text, numbers, yes and no, or
   * moments where the file has types. Undefined, null and "" are what was not given.
   */
  readonly rows: readonly (readonly unknown[])[];
  /** Which of the rows are no rows but lines that are broken, and what is wrong with each; only where such are let in. */
  readonly broken?: ReadonlyMap<number, string>;
  /** A row as it stands in the file, for people; of a Parquet file the columns that were asked for. */
  asWritten(row: number): string;
}

/** How a file is opened. */
export interface TableOptions {
  /** Told of the file's bytes as they are read, for progress. */
  readonly onBytes?: (bytes: Uint8Array) => void;
  /** What becomes of lines that are broken: they end the reading, unless they are let in, to be refused one by one. */
  readonly brokenLines?: "handed on";
}

/** A file of rows by columns. */
export interface Table {
  /** The names of all its columns, as written. */
  columns(): Promise<readonly string[]>;
  /**
   * Its rows in their order, a part at a time.
   *
   * @param columns which of them; each once
   * @throws DomainError `invalid_argument` with the file's name and place: one is missing, the file is broken; a broken
   *   line too, unless such are let in
   */
  rows(columns: readonly string[]): AsyncIterable<TableRows>;
}
