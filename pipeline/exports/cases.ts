import { sql } from "kysely";
import { decimalOf } from "../../domain/money.ts";
import { columnsOf, type Dataset, utc, within } from "./dataset.ts";

/** Review cases as they stand, in the order in which they were opened. */
export const CASES: Dataset = {
  name: "cases",
  title: "Review cases",
  about: "Each payment that was sent to people, and what became of it, as it stands when the file is made.",
  columns: [
    ...columnsOf("time", "opened_at"),
    ...columnsOf("integer", "case_id"),
    ...columnsOf("text", "transaction_id", "risk_tier"),
    ...columnsOf("real", "fraud_probability"),
    ...columnsOf("text", "amount"),
    ...columnsOf("integer", "amount_minor"),
    ...columnsOf("text", "currency", "status"),
    ...columnsOf("time", "due_at", "escalated_at"),
    ...columnsOf("json", "reasons"),
    ...columnsOf("text", "verdict", "note", "decided_by"),
    ...columnsOf("time", "decided_at"),
    ...columnsOf("text", "selected_by"),
    ...columnsOf("real", "chance"),
  ],
  order: ["opened_at", "case_id"],
  ...{ numbered: true, byMonth: false },
  async read(db, slice) {
    const rows = await db
      .selectFrom("review_cases as c")
      .select([
        ...(["c.case_id", "c.transaction_id", "c.risk_tier", "c.fraud_probability"] as const),
        ...(["c.amount_minor", "c.currency", "c.status", "c.reasons", "c.verdict", "c.note"] as const),
        ...(["c.selected_by", "c.chance"] as const),
        utc("c.opened_at").as("opened_at"),
        utc("c.due_at").as("due_at"),
        utc("c.escalated_at").as("escalated_at"),
        utc("c.decided_at").as("decided_at"),
        sql<string | null>`c.decided_by ->> 'name'`.as("decided_by"),
      ])
      .where(within(slice, "c.opened_at", "c.case_id", "bigint"))
      .orderBy("c.opened_at")
      .orderBy("c.case_id")
      .limit(slice.limit)
      .execute();
    return rows.map((row) => ({ ...row, amount: decimalOf(row.amount_minor, row.currency) }));
  },
};

/** What payments turned out to be, in the order in which it was said; one that is said anew comes again. */
export const LABELS: Dataset = {
  name: "labels",
  title: "Labels",
  about:
    "What payments turned out to be, who said so and when, when they were decided and how they came to be looked at. What the simulator knows is not among them.",
  columns: [
    ...columnsOf("time", "labelled_at"),
    ...columnsOf("text", "transaction_id", "label", "source", "labelled_by"),
    ...columnsOf("time", "decided_at"),
    ...columnsOf("text", "selected_by"),
    ...columnsOf("real", "chance"),
  ],
  order: ["labelled_at", "transaction_id"],
  ...{ numbered: false, byMonth: false },
  async read(db, slice) {
    return await db
      .selectFrom("labels as l")
      .leftJoin("transaction_keys as k", "k.transaction_id", "l.transaction_id")
      // Nobody looked at what is here without a case.
      .leftJoin("review_cases as c", "c.transaction_id", "l.transaction_id")
      .select([
        ...(["c.selected_by", "c.chance"] as const),
        utc("k.decided_at").as("decided_at"),
        ...(["l.transaction_id", "l.label", "l.source"] as const),
        utc("l.labelled_at").as("labelled_at"),
        sql<string | null>`l.labelled_by ->> 'name'`.as("labelled_by"),
      ])
      .where("l.source", "<>", "truth")
      .where(within(slice, "l.labelled_at", "l.transaction_id", "text"))
      .orderBy("l.labelled_at")
      .orderBy("l.transaction_id")
      .limit(slice.limit)
      .execute();
  },
};
