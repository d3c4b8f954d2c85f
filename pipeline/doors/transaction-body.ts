import { z } from "zod";
import { CURRENCY_FORM, DEFAULT_CURRENCY } from "../../domain/money.ts";
import { byContextColumn, byContextName, type TextField, type TextForm } from "../../domain/transaction.ts";
import { ownEntities, ownFields } from "../own-values.ts";
import type { QueuedTransaction } from "../queues.ts";
import { amount, instant, label, modelNumber, seconds, withoutDust } from "./fields.ts";

/** A text by its form: what the scorer takes, and no more. */
function textOf(form: TextForm, max: number) {
  if (form === "currency") return z.string().regex(CURRENCY_FORM, "must be an ISO 4217 code such as EUR");
  if (form === "country")
    return z.string().regex(/^[A-Z]{2}$/, "must be an ISO 3166-1 alpha-2 code such as FR");
  return label(max);
}

function contextText({ form, max, about }: TextField) {
  const text = textOf(form, max).optional();
  return about === undefined ? text : text.meta({ description: about });
}

/** One card payment, as the contract's Transaction; never a card number. */
export const transactionBody = z
  .strictObject({
    transaction_id: label(128, 1).meta({
      description: "The caller's id, unique per payment: the idempotency key of everything recorded.",
    }),
    time: seconds.optional().meta({
      description:
        "Seconds, as the ULB data set's Time; hour of day = time mod 86,400 / 3,600. Comes with v; may be left out where v is.",
    }),
    v: z
      .array(modelNumber, "must be an array of 28 numbers")
      .length(28, "must have exactly 28 values, V1…V28")
      .optional()
      .meta({
        description:
          "V1…V28, in order. Needed by models that read them, left out for payments of a team's own.",
      }),
    amount: amount.meta({ description: "In units of the currency." }),
    event_time: instant.optional().meta({ description: "When the payment happened; now when absent." }),
    currency: textOf("currency", 3)
      .optional()
      .meta({
        description: `${DEFAULT_CURRENCY} when absent. A model reads amounts in its own currency: one in another is converted by the operator's rates, or refused.`,
      }),
    ...byContextColumn((field) => contextText(field)),
    fields: ownFields.optional(),
    entities: ownEntities.optional(),
  })
  .refine(({ v, time }) => v === undefined || time !== undefined, {
    path: ["time"],
    error: "is missing: V1…V28 come with their time",
  })
  .meta({ id: "Transaction" });

export type TransactionBody = z.output<typeof transactionBody>;

/** The API's transaction for the queue; the time of arrival stands in for an event time that was not given. */
export function toQueued(body: TransactionBody): QueuedTransaction {
  return body.event_time === undefined
    ? { ...paymentOf(body), eventTime: new Date().toISOString(), eventTimeAssumed: true }
    : { ...paymentOf(body), eventTime: body.event_time };
}

/** What a body says of a payment, its numbers as the store can hold them; but for its time. */
export function paymentOf(body: TransactionBody) {
  return {
    transactionId: body.transaction_id,
    ...(body.time === undefined ? {} : { time: withoutDust(body.time) }),
    ...(body.v ? { v: body.v.map(withoutDust) } : {}),
    amount: withoutDust(body.amount),
    currency: body.currency,
    ...byContextName(({ column }) => body[column]),
    ...(body.fields ? { fields: body.fields } : {}),
    ...(body.entities ? { entities: body.entities } : {}),
  };
}
