import { CONTEXT_FIELDS, V_COUNT } from "../transaction.ts";
import type { ValueType } from "./definition.ts";

/** What every payment of the contract has, by the names that schemas, rules and JSON call it. */
export const CONTRACT_FIELDS: Readonly<Record<string, ValueType>> = {
  amount: "number",
  currency: "text",
  event_time: "timestamp",
  time: "number",
  ...Object.fromEntries(CONTEXT_FIELDS.map(({ column }) => [column, "text"] as const)),
  ...Object.fromEntries(Array.from({ length: V_COUNT }, (_, i) => [`v${i + 1}`, "number"] as const)),
};

/** Entities that a payment names by its context, e.g. card by `card_token`, unless it names them itself. */
export const CONTEXT_ENTITIES: Readonly<Record<string, string>> = Object.fromEntries(
  CONTEXT_FIELDS.flatMap((field) => ("entity" in field ? [[field.entity, field.column] as const] : [])),
);
