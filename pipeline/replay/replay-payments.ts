import { randomUUID } from "node:crypto";
import type { ModelSchema } from "../../domain/features/definition.ts";
import type { ColumnMapping } from "../../features/offline/mapping.ts";
import { readPaymentRows } from "../../features/offline/payments.ts";
import type { Table } from "../../features/offline/table.ts";
import { columnsByName } from "../imports/import-payments.ts";
import type { RefusedFile } from "../imports/refused-file.ts";
import type { QueuedTransaction } from "../queues.ts";
import { type Due, paced } from "../simulator/paced.ts";
import type { Producer } from "../simulator/producer.ts";
import { dueTimes, type Pace } from "./pace.ts";
import { queuedPayment } from "./queued-payment.ts";

const SOURCE = "replay";

export interface ReplayOptions {
  readonly table: Table;
  readonly mapping: ColumnMapping;
  readonly schema: ModelSchema;
  readonly pace: Pace;
  /** Event times that are replayed, milliseconds since 1970: from this one … */
  readonly fromMs?: number | undefined;
  /** … up to before this one. */
  readonly toMs?: number | undefined;
  readonly producer: Pick<Producer, "submit">;
  readonly refused: RefusedFile;
  readonly stopping: AbortSignal;
  readonly onProgress?: (replayed: Replayed) => void;
}

export interface Replayed {
  /** Payments handed in. */
  readonly count: number;
  /** The event time of the last, ISO 8601; undefined before the first. */
  readonly until: string | undefined;
}

/**
 * Hands the payments of a file into the queue, as any producer does, in the file's order and each when its time has come.
 * They keep their ids and times: replayed again, what was decided is a repeat. Rows that are no payments are written to
 * `refused`.
 *
 * @throws DomainError `invalid_argument` when the file is broken as a whole
 */
export async function replayPayments(options: ReplayOptions): Promise<Replayed> {
  const { producer, refused, stopping, onProgress = () => {} } = options;
  let replayed: Replayed = { count: 0, until: undefined };
  for await (const transactions of paced(duePayments(options), stopping)) {
    if (stopping.aborted) break;
    await producer.submit({
      chunkId: `${SOURCE}-${randomUUID()}`,
      source: SOURCE,
      lane: "replay",
      transactions,
    });
    replayed = { count: replayed.count + transactions.length, until: transactions.at(-1)?.eventTime };
    onProgress(replayed);
  }
  await refused.end();
  return replayed;
}

async function* duePayments({
  table,
  mapping,
  schema,
  pace,
  fromMs = Number.NEGATIVE_INFINITY,
  toMs = Number.POSITIVE_INFINITY,
  refused,
}: ReplayOptions): AsyncGenerator<Due<QueuedTransaction>> {
  const dueAt = dueTimes(pace, Date.now());
  const columnOf = columnsByName(mapping);
  for await (const { rows, asWritten } of readPaymentRows(table, mapping, schema)) {
    for (const row of rows) {
      const at = "payment" in row ? row.payment.eventTimeMs : undefined;
      if (at !== undefined && (at < fromMs || at >= toMs)) continue;
      const read = "refused" in row ? row.refused : queuedPayment(row, schema.currency);
      if ("transactionId" in read) yield [dueAt(at ?? 0), read];
      else refused.addRow(row.line, read, columnOf, asWritten(row.line));
    }
    await refused.drained();
  }
}
