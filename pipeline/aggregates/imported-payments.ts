import { type Kysely, sql } from "kysely";
import type { Entities, Fields } from "../../domain/entities.ts";
import type { Value } from "../../domain/features/definition.ts";
import { unitsOf } from "../../domain/money.ts";
import type { RecordedPayment } from "../../features/online/aggregates.ts";
import type { Database } from "../store/schema.ts";

/** A place in the order of imported payments. */
export interface ImportedPlace {
  /** ISO 8601, to the millisecond. */
  readonly eventTime: string;
  readonly seq: number;
}

/** Imported payments that follow each other. */
export interface ImportedPage {
  /** Without redacted ones, and those that were decided as well: there the decision counts. */
  readonly payments: readonly RecordedPayment[];
  /** Where the page ends; undefined when nothing came after the place that was asked for. */
  readonly end: ImportedPlace | undefined;
}

interface Row {
  readonly transaction_id: string;
  readonly seq: number;
  readonly event_time: Date;
  readonly amount_minor: number | null;
  readonly currency: string | null;
  readonly fields: Fields | null;
  readonly entities: Entities | null;
  readonly is_fraud: boolean | null;
  readonly label_known_at: Date | null;
  readonly decided: boolean;
  readonly redacted: boolean;
}

/** The next imported payments behind a place, by the time they happened. @param after undefined to begin */
export async function importedAfter(
  db: Kysely<Database>,
  after: ImportedPlace | undefined,
  limit: number,
): Promise<ImportedPage> {
  const behind = after
    ? sql`(event_time, seq) > (${after.eventTime}::timestamptz, ${after.seq}::bigint)`
    : sql`true`;
  const { rows } = await sql<Row>`
    with page as materialized (
      select transaction_id, seq, event_time, amount_minor, currency, fields, entities, is_fraud, label_known_at,
        redacted_at is not null as redacted
      from imported_transactions where ${behind} order by event_time, seq limit ${sql.lit(limit)})
    select *, exists (select from transaction_keys k where k.transaction_id = page.transaction_id) as decided
    from page order by event_time, seq`.execute(db);
  const last = rows.at(-1);
  return {
    payments: rows.filter(({ decided, redacted }) => !decided && !redacted).map(importedPayment),
    end: last && { eventTime: last.event_time.toISOString(), seq: Number(last.seq) },
  };
}

/** Grows with every import, also with one that only adds labels. */
export async function importsUntil(db: Kysely<Database>): Promise<number> {
  const { rows } = await sql<{ until: number }>`
    select case when is_called then last_value else 0 end as until
    from imported_transactions_seq_seq`.execute(db);
  return Number(rows[0]?.until ?? 0);
}

/** Whether any payment was imported. */
export async function hasImported(db: Kysely<Database>): Promise<boolean> {
  const { rows } = await sql<{ any: boolean }>`
    select exists (select from imported_transactions) as any`.execute(db);
  return rows[0]?.any ?? false;
}

function importedPayment(row: Row): RecordedPayment {
  const fields: Record<string, Value | undefined> = { ...row.fields, event_time: row.event_time };
  if (row.amount_minor !== null && row.currency !== null) {
    fields["amount"] = unitsOf(Number(row.amount_minor), row.currency);
    fields["currency"] = row.currency;
  }
  return {
    payment: {
      transactionId: row.transaction_id,
      eventTimeMs: row.event_time.getTime(),
      fields,
      entities: row.entities ?? {},
    },
    word:
      row.is_fraud === null || row.label_known_at === null
        ? undefined
        : { fraud: row.is_fraud, knownAtMs: row.label_known_at.getTime() },
  };
}
