import type { FieldValue } from "../../domain/entities.ts";
import { DEFAULT_CURRENCY, MAX_AMOUNT, minorUnits } from "../../domain/money.ts";
import { MAX_ENTITY_ID, MAX_FIELD_TEXT, utcOf, wrongLine } from "../../domain/own-values.ts";
import { isPanNumber } from "../../domain/pan.ts";
import { CONTEXT_FIELDS, TEXT_FIELDS } from "../../domain/transaction.ts";
import type { PaymentRow } from "../../features/offline/payments.ts";
import type { FieldViolation } from "../../platform/process/errors.ts";
import { contentHash } from "../record/content-hash.ts";

/** A payment as it goes into `imported_transactions`. */
export interface ImportedRow {
  readonly transaction_id: string;
  /** 16 bytes, hex. */
  readonly content_hash: string;
  /** ISO 8601 in UTC. */
  readonly event_time: string;
  /** Digits; null where the payment has no amount. */
  readonly amount_minor: string | null;
  readonly currency: string | null;
  readonly fields: Readonly<Record<string, FieldValue>> | null;
  readonly entities: Readonly<Record<string, string>> | null;
  readonly is_fraud: boolean | null;
  readonly label_known_at: string | null;
}

/** Most characters of the contract's texts, by the names that schemas call them. */
const MOST: ReadonlyMap<string, number> = new Map(CONTEXT_FIELDS.map(({ column, max }) => [column, max]));
const MOST_OF_ID = TEXT_FIELDS[0].max;

/**
 * A payment of a file as it is kept, by the rules of all doors: no card numbers, lengths that the store takes, money in
 * whole minor units. V1…V28 are 32-bit numbers here too, as of a decision.
 *
 * @param currency the schema's, of amounts that came without one
 * @param nowMs what happens later is no payment of the past
 * @returns the row, or what is wrong by the schema's names
 */
export function importedRow(
  { payment, label }: Pick<PaymentRow, "payment" | "label">,
  currency = DEFAULT_CURRENCY,
  nowMs = Date.now(),
): ImportedRow | readonly FieldViolation[] {
  const wrong: FieldViolation[] = [];
  const check = (field: string, description: string | undefined): void => {
    if (description !== undefined) wrong.push({ field, description });
  };
  check("transaction_id", wrongLine(payment.transactionId, MOST_OF_ID));
  if (payment.eventTimeMs > nowMs) check("event_time", "lies in the future: is the zone right?");
  const eventTime = utcOf(payment.eventTimeMs);
  if (eventTime === undefined) check("event_time", "must lie in the years 0001 to 9999");
  const { amount, currency: given, event_time: _, ...others } = payment.fields;
  const fields: Record<string, FieldValue> = {};
  for (const [name, value] of Object.entries(others)) {
    if (value === undefined) continue;
    if (typeof value === "string") check(name, wrongLine(value, MOST.get(name) ?? MAX_FIELD_TEXT));
    else if (typeof value === "number" && isPanNumber(value)) check(name, wrongLine(String(value), 64));
    fields[name] = kept(name, value);
  }
  for (const [name, id] of Object.entries(payment.entities)) check(name, wrongLine(id, MAX_ENTITY_ID));
  if (typeof amount === "number" && Math.abs(amount) > MAX_AMOUNT) {
    check("amount", `must be at most ${MAX_AMOUNT.toLocaleString("en")}`);
  }
  if (wrong.length > 0 || eventTime === undefined) return wrong;
  const money =
    typeof amount === "number" ? { minor: minorUnits(amount, currencyOf(given, currency)) } : undefined;
  const content = {
    amountMinor: money?.minor ?? 0n,
    currency: money ? currencyOf(given, currency) : "",
    eventTime,
    fields,
    entities: payment.entities,
  };
  return {
    transaction_id: payment.transactionId,
    content_hash: contentHash(content),
    event_time: eventTime,
    amount_minor: money ? String(money.minor) : null,
    currency: money ? content.currency : null,
    fields: orNull(fields),
    entities: orNull(payment.entities),
    is_fraud: label?.fraud ?? null,
    label_known_at: label ? (utcOf(label.knownAtMs) ?? eventTime) : null,
  };
}

function currencyOf(given: unknown, otherwise: string): string {
  return typeof given === "string" && given !== "" ? given : otherwise;
}

function kept(name: string, value: FieldValue | Date): FieldValue {
  if (value instanceof Date) return value.toISOString();
  return typeof value === "number" && /^v\d+$/.test(name) ? Math.fround(value) : value;
}

function orNull<T extends object>(map: T): T | null {
  return Object.keys(map).length > 0 ? map : null;
}
