import type { Kysely } from "kysely";
import type { ControlGroup } from "../../domain/control-group.ts";
import type { ReviewSla } from "../../domain/policy/decision-policy.ts";
import { DomainError, messageOf } from "../../platform/process/errors.ts";
import type { Patience } from "../../platform/process/patience.ts";
import { classifyDatabaseFailure, isDatabaseAway } from "../store/failure.ts";
import type { Database } from "../store/schema.ts";
import { type NewDecision, type Recorded, recordDecisions } from "./record-decisions.ts";

export interface PositionedDecision {
  readonly position: number;
  readonly jobId?: string;
  /** As it lay in the queue. */
  readonly given: unknown;
  readonly decision: NewDecision;
}

export interface RecordOutcome extends Omit<Recorded, "conflicts"> {
  /** What the store will never take, and why: `invalid_argument`, or `conflict` where the id is another payment's. */
  readonly refused: readonly (PositionedDecision & { readonly error: DomainError })[];
}

/**
 * Records decisions in one SQL transaction. When the database refuses the data, halves are tried until the culprit
 * is alone; everything else is recorded.
 *
 * @throws StoppingError while the database is away; anything unexpected
 */
export async function recordOrReject(
  deps: {
    readonly db: Kysely<Database>;
    readonly sla: ReviewSla;
    readonly control?: ControlGroup | undefined;
    readonly patience: Patience;
  },
  items: readonly PositionedDecision[],
): Promise<RecordOutcome> {
  try {
    const { conflicts, ...recorded } = await deps.patience.whileAway("PostgreSQL", isDatabaseAway, () =>
      recordDecisions(
        deps.db,
        items.map((item) => item.decision),
        deps.sla,
        deps.control,
      ),
    );
    return {
      ...recorded,
      refused: conflicts.map((index) => ({ ...items[index]!, error: conflict(items[index]!) })),
    };
  } catch (error) {
    if (classifyDatabaseFailure(error) !== "refused") throw error;
    if (items.length === 1) {
      const why = new DomainError("invalid_argument", `the store refused it: ${messageOf(error)}`, {
        cause: error,
      });
      return {
        ...{ inserted: 0, duplicates: 0, flagged: 0, withoutHistory: 0, cases: [] },
        refused: [{ ...items[0]!, error: why }],
      };
    }
    const middle = items.length >> 1;
    const a = await recordOrReject(deps, items.slice(0, middle));
    const b = await recordOrReject(deps, items.slice(middle));
    return {
      inserted: a.inserted + b.inserted,
      duplicates: a.duplicates + b.duplicates,
      flagged: a.flagged + b.flagged,
      withoutHistory: a.withoutHistory + b.withoutHistory,
      cases: [...a.cases, ...b.cases],
      refused: [...a.refused, ...b.refused],
    };
  }
}

function conflict({ decision }: PositionedDecision): DomainError {
  return new DomainError(
    "conflict",
    `transaction ${decision.transactionId} was decided before with another content; that decision stands`,
  );
}
