import { byContextName, type Transaction } from "../../domain/transaction.ts";
import type { DecisionDetail } from "./decision-list.ts";

/** The transaction of a decision, as the scorer takes it: what it was decided by is all there again. */
export function decidedTransaction(decision: DecisionDetail): Transaction {
  const { transactionId, timeSeconds, v, amount, currency, eventTime, fields, entities } = decision;
  return {
    transactionId,
    time: timeSeconds ?? undefined,
    v: v ?? undefined,
    amount,
    currency,
    eventTime,
    ...byContextName(({ name }) => decision[name] ?? undefined),
    fields: fields ?? undefined,
    entities: entities ?? undefined,
  };
}
