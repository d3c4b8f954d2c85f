import type { Kysely } from "kysely";
import { decimalOf } from "../../domain/money.ts";
import { CONTEXT_FIELDS } from "../../domain/transaction.ts";
import type { Database } from "../store/schema.ts";
import { columnsOf, type Dataset, type Slice, utc, within } from "./dataset.ts";

const CONTEXT = CONTEXT_FIELDS.map(({ column }) => column);

const inOrder = (db: Kysely<Database>, slice: Slice) =>
  db
    .selectFrom("decisions as d")
    .select([utc("d.decided_at").as("decided_at"), "d.seq", "d.transaction_id"])
    .where(within(slice, "d.decided_at", "d.seq", "bigint"))
    .orderBy("d.decided_at")
    .orderBy("d.seq")
    .limit(slice.limit);

/** What the machine decided, a row a payment. What the source knows to be true is in no export. */
export const DECISIONS: Dataset = {
  name: "decisions",
  title: "Decisions",
  about:
    "What was decided of each payment, by which model and policy, with its context, fields and entities.",
  columns: [
    ...columnsOf("time", "decided_at"),
    ...columnsOf("integer", "seq"),
    ...columnsOf("text", "transaction_id", "source"),
    ...columnsOf("time", "event_time"),
    ...columnsOf("text", "amount"),
    ...columnsOf("integer", "amount_minor"),
    ...columnsOf("text", "currency", ...CONTEXT),
    ...columnsOf("json", "fields", "entities"),
    ...columnsOf("real", "fraud_probability"),
    ...columnsOf("text", "risk_tier", "action"),
    ...columnsOf("flag", "review", "fraud_predicted"),
    ...columnsOf("text", "model_name", "model_version", "policy_version"),
    ...columnsOf("json", "rules", "conversion"),
    ...columnsOf("flag", "without_history"),
  ],
  order: ["decided_at", "seq"],
  ...{ numbered: true, byMonth: true },
  async read(db, slice) {
    const rows = await inOrder(db, slice)
      .select([
        ...(["d.source", "d.amount_minor", "d.currency", "d.fields", "d.entities"] as const),
        ...(["d.fraud_probability", "d.risk_tier", "d.action", "d.review", "d.fraud_predicted"] as const),
        ...(["d.model_name", "d.model_version", "d.policy_version", "d.rules", "d.conversion"] as const),
        "d.without_history",
        utc("d.event_time").as("event_time"),
        ...CONTEXT.map((column) => `d.${column}` as const),
      ])
      .execute();
    return rows.map((row) => ({ ...row, amount: decimalOf(row.amount_minor, row.currency) }));
  },
};

/** What a model read of each payment, as the numbers that its graph took. */
export const FEATURES: Dataset = {
  name: "features",
  title: "Features as seen",
  about:
    "What the model read of each payment, by its own names; nothing where it reads Time, V1…V28 and Amount.",
  columns: [
    ...columnsOf("time", "decided_at"),
    ...columnsOf("integer", "seq"),
    ...columnsOf("text", "transaction_id", "model_name", "model_version"),
    ...columnsOf("json", "features"),
    ...columnsOf("flag", "without_history"),
  ],
  order: ["decided_at", "seq"],
  ...{ numbered: true, byMonth: true },
  async read(db, slice) {
    const rows = await inOrder(db, slice)
      .leftJoin("model_inputs as m", (join) =>
        join.onRef("m.model_name", "=", "d.model_name").onRef("m.model_version", "=", "d.model_version"),
      )
      .select(["d.model_name", "d.model_version", "d.features", "d.without_history", "m.columns"])
      .execute();
    return rows.map(({ columns, features, ...row }) => ({ ...row, features: named(features, columns) }));
  },
};

/** Values by their names; as they are where the store was never told the names. */
function named(
  values: readonly (number | null)[] | null,
  names: readonly string[] | null,
): Readonly<Record<string, number | null>> | readonly (number | null)[] | null {
  if (values === null || names?.length !== values.length) return values;
  return Object.fromEntries(names.map((name, i) => [name, values[i] ?? null]));
}
