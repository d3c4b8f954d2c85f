import type { FieldValue } from "../../domain/entities.ts";
import { CONTEXT_ENTITIES } from "../../domain/features/contract-fields.ts";
import { DEFAULT_CURRENCY } from "../../domain/money.ts";
import { utcOf } from "../../domain/own-values.ts";
import { CONTEXT_FIELDS, V_COUNT } from "../../domain/transaction.ts";
import type { PaymentRow } from "../../features/offline/payments.ts";
import type { FieldViolation } from "../../platform/process/errors.ts";
import { type QueuedTransaction, queuedTransaction } from "../queues.ts";

const V_NAMES = Array.from({ length: V_COUNT }, (_, i) => `v${i + 1}`);

/**
 * A payment of a file as a job of the queue has it: under its own id, with its own time, so that it is the same payment
 * however often it is replayed.
 *
 * @param currency the schema's, of amounts that came without one
 * @returns what is wrong, by the schema's names, where a job would be refused
 */
export function queuedPayment(
  { payment, label }: Pick<PaymentRow, "payment" | "label">,
  currency = DEFAULT_CURRENCY,
): QueuedTransaction | readonly FieldViolation[] {
  const { amount, currency: given, time, event_time: _, ...others } = payment.fields;
  if (typeof amount !== "number") return [{ field: "amount", description: "has no value" }];
  const own = new Map(Object.entries(others));
  const take = (name: string): unknown => {
    const value = own.get(name);
    own.delete(name);
    return value;
  };
  const entities = { ...payment.entities };
  const context: Record<string, unknown> = {};
  for (const { name, column } of CONTEXT_FIELDS) context[name] = take(column);
  for (const { name, column } of CONTEXT_FIELDS) {
    const entity = Object.keys(CONTEXT_ENTITIES).find((each) => CONTEXT_ENTITIES[each] === column);
    if (entity === undefined || entities[entity] === undefined) continue;
    context[name] ??= entities[entity];
    delete entities[entity];
  }
  const v = V_NAMES.map(take);
  const fields: Record<string, FieldValue> = {};
  for (const [name, value] of own) {
    if (value !== undefined) fields[name] = value instanceof Date ? value.toISOString() : value;
  }
  const job = queuedTransaction.safeParse({
    transactionId: payment.transactionId,
    ...(time === undefined ? {} : { time }),
    ...(v.some((value) => value !== undefined) ? { v } : {}),
    amount,
    currency: typeof given === "string" && given !== "" ? given : currency,
    eventTime: utcOf(payment.eventTimeMs),
    ...context,
    ...(Object.keys(fields).length > 0 ? { fields } : {}),
    ...(Object.keys(entities).length > 0 ? { entities } : {}),
    ...(label ? { truth: label.fraud } : {}),
  });
  if (job.success) return job.data;
  return job.error.issues.map(({ path, message }) => ({
    field: String(path[0] === "fields" || path[0] === "entities" ? (path[1] ?? path[0]) : (path[0] ?? "")),
    description: message,
  }));
}
