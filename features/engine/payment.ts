import type { Entities } from "../../domain/entities.ts";
import type { Value } from "../../domain/features/definition.ts";
import { minorUnits, unitsOf } from "../../domain/money.ts";
import { CONTEXT_FIELDS, type Context } from "../../domain/transaction.ts";

/** A payment as the engine reads it: everything by name, from whatever door or file. */
export interface Payment {
  readonly transactionId: string;
  /** When it happened, milliseconds since 1970 in UTC. */
  readonly eventTimeMs: number;
  /** The contract's and its own fields by name; absent or undefined is what was not given. */
  readonly fields: Readonly<Record<string, Value | undefined>>;
  readonly entities: Entities;
}

/** A transaction as callers hand it over, its own fields read. */
export interface TransactionValues extends Context {
  readonly transactionId: string;
  readonly time?: number | undefined;
  readonly v?: ArrayLike<number> | undefined;
  readonly amount: number;
  readonly currency: string;
  readonly eventTime: Date;
  readonly fields?: Readonly<Record<string, Value>> | undefined;
  readonly entities?: Entities | undefined;
}

/**
 * A transaction of the contract as a {@link Payment}: own fields first, the contract's names over them. The amount is
 * what will be recorded, whole minor units: a sum over what was recorded and this one is of one kind.
 */
export function paymentOf(transaction: TransactionValues): Payment {
  const fields: Record<string, Value | undefined> = { ...transaction.fields };
  fields["amount"] = recordedAmount(transaction.amount, transaction.currency);
  fields["currency"] = transaction.currency;
  fields["event_time"] = transaction.eventTime;
  if (transaction.time !== undefined) fields["time"] = transaction.time;
  const { v } = transaction;
  for (let i = 0; v && i < v.length; i++) fields[`v${i + 1}`] = v[i];
  for (const { name, column } of CONTEXT_FIELDS) {
    const value = transaction[name];
    if (value) fields[column] = value;
  }
  return {
    transactionId: transaction.transactionId,
    eventTimeMs: transaction.eventTime.getTime(),
    fields,
    entities: transaction.entities ?? {},
  };
}

/** An amount as it is recorded: in whole minor units. @param amount in units of the currency */
export function recordedAmount(amount: number, currency: string): number {
  return Number.isFinite(amount) ? unitsOf(minorUnits(amount, currency), currency) : amount;
}
