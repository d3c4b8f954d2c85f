import { sql } from "kysely";
import { unitsOf } from "../../domain/money.ts";
import { tierName } from "../../domain/tiers.ts";
import { CONTRACT_INPUTS } from "../../domain/transaction.ts";
import { columnsOf, type Dataset, utc, within } from "./dataset.ts";

/** V1…V28. */
const V = CONTRACT_INPUTS.slice(1, -1);
/** As the original rounded a probability. */
const DIGITS = 10_000;

/**
 * `transactions_log.jsonl` as the original's simulator wrote it: what was sent to `/predict/` and what came back, then
 * where it lies with us. A payment of a team's own has no Time and no V.
 */
export const TRANSACTION_LOG: Dataset = {
  name: "transaction-log",
  title: "Transaction log",
  about: "The original's transactions_log.jsonl, field for field: Time, Amount, V1…V28 and what was decided.",
  columns: [
    ...columnsOf("real", "Time", "Amount", ...V, "fraud_probability"),
    ...columnsOf("text", "risk_category"),
    ...columnsOf("integer", "fraud_prediction"),
    ...columnsOf("text", "transaction_id"),
    ...columnsOf("integer", "amount_minor"),
    ...columnsOf("text", "currency"),
    ...columnsOf("time", "event_time", "decided_at"),
    ...columnsOf("integer", "seq"),
  ],
  order: ["decided_at", "seq"],
  ...{ numbered: true, byMonth: true },
  async read(db, slice) {
    const rows = await db
      .selectFrom("decisions as d")
      .select([
        ...(["d.seq", "d.transaction_id", "d.time_seconds", "d.amount_minor", "d.currency"] as const),
        ...(["d.fraud_probability", "d.risk_tier", "d.fraud_predicted"] as const),
        utc("d.decided_at").as("decided_at"),
        utc("d.event_time").as("event_time"),
        // As JSON: read many times faster than PostgreSQL's own way of writing a list.
        sql<number[] | null>`to_json(d.v)`.as("v"),
      ])
      .where(within(slice, "d.decided_at", "d.seq", "bigint"))
      .orderBy("d.decided_at")
      .orderBy("d.seq")
      .limit(slice.limit)
      .execute();
    return rows.map(({ time_seconds, v, risk_tier, fraud_predicted, ...row }) => ({
      ...(time_seconds === null ? {} : { Time: time_seconds }),
      Amount: unitsOf(row.amount_minor, row.currency),
      ...(v && Object.fromEntries(V.map((name, i) => [name, v[i]]))),
      fraud_probability: Math.round(row.fraud_probability * DIGITS) / DIGITS,
      risk_category: tierName(risk_tier),
      fraud_prediction: Number(fraud_predicted),
      transaction_id: row.transaction_id,
      amount_minor: row.amount_minor,
      currency: row.currency,
      event_time: row.event_time,
      decided_at: row.decided_at,
      seq: row.seq,
    }));
  },
};
