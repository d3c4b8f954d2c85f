import { basename } from "node:path";
import type { Kysely } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import type { ModelSchema } from "../../domain/features/definition.ts";
import { FeatureEngine } from "../../features/engine/engine.ts";
import type { ColumnMapping } from "../../features/offline/mapping.ts";
import { type PaymentRow, readPaymentRows } from "../../features/offline/payments.ts";
import type { Table } from "../../features/offline/table.ts";
import { recordAct } from "../audit/append.ts";
import type { Database } from "../store/schema.ts";
import { type ImportedRow, importedRow } from "./imported-row.ts";
import type { RefusedFile } from "./refused-file.ts";
import { type Outcome, writeBatch } from "./write-batch.ts";

export interface ImportOptions {
  readonly db: Kysely<Database>;
  /** The file's path; the audit log gets its name. */
  readonly path: string;
  readonly table: Table;
  readonly mapping: ColumnMapping;
  readonly schema: ModelSchema;
  readonly actor: Actor;
  readonly refused: RefusedFile;
  /** Called around the first change: aggregates do not hold all that is in the store any more. */
  readonly onChange: () => Promise<void>;
  /** Called before each batch; its error ends the import. */
  readonly check?: () => void;
  readonly onProgress?: (result: ImportResult) => void;
  /** Payments of one SQL transaction. */
  readonly atOnce?: number;
}

/** How many rows became what. */
export interface ImportResult {
  readonly taken: number;
  /** The same payment was there. */
  readonly repeated: number;
  /** It was there without a label, and has one now. */
  readonly labelled: number;
  readonly refused: number;
}

const AT_ONCE = 5_000;

/** A row on its way, and how to tell people of it. */
interface Waiting {
  readonly line: number;
  readonly row: ImportedRow;
  asWritten(line: number): string;
}

/**
 * Brings payments of the past into the store, in the order of the file, a batch a transaction. Nothing is decided of them
 * and nobody is told; done again after a crash it goes over what is there and takes in what is missing. The audit log has
 * its beginning and its end, with the figures.
 *
 * @throws DomainError `invalid_argument` when the file is broken as a whole; the database's error
 */
export async function importPayments(options: ImportOptions): Promise<ImportResult> {
  const { db, path, table, mapping, schema, actor, refused, onProgress = () => {} } = options;
  const { check = () => {}, atOnce = AT_ONCE } = options;
  const counts = { taken: 0, repeated: 0, labelled: 0 };
  const result = (): ImportResult => ({ ...counts, refused: refused.count });
  const audit = (act: string, figures = {}): Promise<void> =>
    recordAct(db, {
      actor,
      act,
      subject: `file:${basename(path)}`,
      detail: { schema: schema.name, ...figures },
    });
  const columnOf = columnsByName(mapping);
  let changed: Promise<void> | undefined;
  const onChange = (): Promise<void> => {
    changed ??= options.onChange();
    return changed;
  };

  const write = async (batch: readonly Waiting[]): Promise<void> => {
    check();
    const first = changed === undefined;
    const outcomes = await writeBatch(
      db,
      schema.name,
      batch.map(({ row }) => row),
      onChange,
    );
    // Between the first call and the commit somebody may have taken an empty store for a complete one.
    if (first && changed !== undefined) await options.onChange();
    for (const [i, outcome] of outcomes.entries()) settle(batch[i] as Waiting, outcome);
    await refused.drained();
    onProgress(result());
  };
  const settle = ({ line, row, asWritten }: Waiting, outcome: Outcome): void => {
    if (typeof outcome === "string") counts[outcome]++;
    else
      refused.add(line, mapping.transactionId, `${row.transaction_id} ${outcome.refused}`, asWritten(line));
  };

  await audit("import.begun");
  const read = rowReader(schema);
  let batch: Waiting[] = [];
  // While one batch is written the next is read.
  let writing: Promise<void> = Promise.resolve();
  const flush = async (): Promise<void> => {
    await writing;
    const full = batch;
    batch = [];
    writing = write(full);
    writing.catch(() => {});
  };
  for await (const { rows, asWritten } of readPaymentRows(table, mapping, schema)) {
    for (const row of rows) {
      const wrong = "refused" in row ? row.refused : undefined;
      const kept = "payment" in row ? read(row) : undefined;
      const violations = wrong ?? (kept && "length" in kept ? kept : undefined);
      if (violations) {
        refused.addRow(row.line, violations, columnOf, asWritten(row.line));
      } else if (kept && !("length" in kept)) {
        batch.push({ line: row.line, row: kept, asWritten });
        if (batch.length === atOnce) await flush();
      }
    }
    await refused.drained();
  }
  await flush();
  await writing;
  await refused.end();
  await audit("import.done", { ...result() });
  return result();
}

/** Reads a payment as the schema and the store do. */
function rowReader(
  schema: ModelSchema,
): (row: PaymentRow) => ImportedRow | readonly { readonly field: string; readonly description: string }[] {
  const engine = new FeatureEngine(schema);
  const now = Date.now();
  return (row) => {
    const reading = engine.read(row.payment);
    return "scope" in reading ? importedRow(row, schema.currency, now) : reading;
  };
}

/** The column that a field, an entity or a role is read from; what is no name of theirs is a column already. */
export function columnsByName(mapping: ColumnMapping): (name: string) => string {
  const columns = new Map([
    ...Object.entries(mapping.fields),
    ...Object.entries(mapping.entities),
    ["transaction_id", mapping.transactionId],
    ["event_time", mapping.eventTime],
  ] as [string, string][]);
  return (name) => {
    const own =
      /^(?:fields|entities)\["(.*)"\]$/.exec(name)?.[1] ??
      name.replace(/^v\[(\d+)\]$/, (_, i) => `v${Number(i) + 1}`);
    return columns.get(own) ?? name;
  };
}
