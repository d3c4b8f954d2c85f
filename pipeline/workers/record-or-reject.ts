import type { Kysely } from "kysely";
import { DomainError, messageOf } from "../../platform/process/errors.ts";
import { type NewDecision, type OpenedCase, type ReviewSla, recordDecisions } from "../store/decisions.ts";
import { classifyDatabaseFailure, isDatabaseAway } from "../store/failure.ts";
import type { Database } from "../store/schema.ts";
import type { Patience } from "./patience.ts";

export interface PositionedDecision {
  readonly position: number;
  /** As it lay in the queue. */
  readonly given: unknown;
  readonly decision: NewDecision;
}

export interface RecordOutcome {
  readonly inserted: number;
  readonly duplicates: number;
  readonly flagged: number;
  readonly cases: readonly OpenedCase[];
  /** What the database will never take, and why. */
  readonly refused: readonly (PositionedDecision & { readonly error: DomainError })[];
}

/**
 * Records decisions in one SQL transaction. When the database refuses the data, halves are tried until the culprit
 * is alone; everything else is recorded.
 *
 * @throws StoppingError while the database is away; anything unexpected
 */
export async function recordOrReject(
  deps: { readonly db: Kysely<Database>; readonly sla: ReviewSla; readonly patience: Patience },
  items: readonly PositionedDecision[],
): Promise<RecordOutcome> {
  if (items.length === 0) return { inserted: 0, duplicates: 0, flagged: 0, cases: [], refused: [] };
  try {
    const recorded = await deps.patience.whileAway("PostgreSQL", isDatabaseAway, () =>
      recordDecisions(
        deps.db,
        items.map((item) => item.decision),
        deps.sla,
      ),
    );
    return { ...recorded, refused: [] };
  } catch (error) {
    if (classifyDatabaseFailure(error) !== "refused") throw error;
    if (items.length === 1) {
      const why = new DomainError("invalid_argument", `the store refused it: ${messageOf(error)}`, {
        cause: error,
      });
      return { inserted: 0, duplicates: 0, flagged: 0, cases: [], refused: [{ ...items[0]!, error: why }] };
    }
    const middle = items.length >> 1;
    const a = await recordOrReject(deps, items.slice(0, middle));
    const b = await recordOrReject(deps, items.slice(middle));
    return {
      inserted: a.inserted + b.inserted,
      duplicates: a.duplicates + b.duplicates,
      flagged: a.flagged + b.flagged,
      cases: [...a.cases, ...b.cases],
      refused: [...a.refused, ...b.refused],
    };
  }
}
