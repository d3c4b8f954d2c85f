import type { Kysely } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import type { Verdict } from "../../domain/verdicts.ts";
import type { Database } from "../store/schema.ts";
import { actorIs } from "./case-lock.ts";

/** A verdict that somebody gave. */
export interface OwnVerdict {
  readonly caseId: number;
  readonly verdict: Verdict;
  readonly decidedAt: Date;
}

/** The verdict on a case when it is `actor`'s own; null when it is open, another's, or there is no such case. */
export async function readOwnVerdict(
  db: Kysely<Database>,
  caseId: number,
  actor: Actor,
): Promise<OwnVerdict | null> {
  const row = await db
    .selectFrom("review_cases")
    .select(["verdict", "decided_at"])
    .where("case_id", "=", caseId)
    .where(actorIs("decided_by", actor))
    .executeTakeFirst();
  if (!row?.verdict || row.decided_at === null) return null;
  return { caseId, verdict: row.verdict, decidedAt: row.decided_at };
}
