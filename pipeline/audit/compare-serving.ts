import { type Kysely, sql } from "kysely";
import { CHAIN_START, chainHash } from "../../platform/process/hash-chain.ts";
import type { ServingChange } from "../../scorer/serving/state.ts";
import type { Database } from "../store/schema.ts";
import { actOf } from "./import-serving.ts";

/** What the registry's history of who serves looks like beside its copy in the audit log. */
export interface ServingComparison {
  /** Changes that the audit log has not got yet: it takes them over once a minute or so. */
  readonly missing: number;
  /** The first change that differs, in words; undefined when none does. */
  readonly fault?: string;
}

/**
 * Holds the history against what the audit log took over: a chain whose end was cut off is whole by itself, and one that
 * was made anew fits too.
 *
 * @param history from its start
 */
export async function compareServing(
  db: Kysely<Database>,
  history: readonly ServingChange[],
): Promise<ServingComparison> {
  const copies = await db
    .selectFrom("audit_log")
    .select(["actor", "act", "subject", "at", "detail", sql<number>`(detail ->> 'seq')::int`.as("seq")])
    .where("act", "like", "serving.%")
    .orderBy(sql`(detail ->> 'seq')::int`)
    .execute();
  for (const { seq, ...copy } of copies) {
    const change = history[seq - 1];
    if (!change) {
      return {
        missing: 0,
        fault: `change ${seq} is in the audit log and not in the history: it was cut off`,
      };
    }
    if (chainHash(CHAIN_START, copy) !== chainHash(CHAIN_START, actOf(change))) {
      return {
        missing: 0,
        fault: `change ${seq} of the history is not the one that the audit log took over`,
      };
    }
  }
  return { missing: history.length - copies.length };
}
