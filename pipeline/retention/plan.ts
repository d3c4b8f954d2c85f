import type { Kysely } from "kysely";
import { type Actor, SYSTEM } from "../../domain/actors.ts";
import type { Database } from "../store/schema.ts";
import { type AgedRows, dropAged, listAged } from "./ages.ts";
import { planRedaction, type RedactedRows, type RedactionPlan, redactExpired } from "./redact-expired.ts";
import { dropExpired, type Expired, listMonths, type Month } from "./retention.ts";

/** How long what is kept. */
export interface Keeping {
  /** Decisions, and what goes with them, are dropped after so many days. */
  readonly retentionDays: number;
  /** What identifies somebody is taken out of them after so many; never when undefined. */
  readonly redactAfterDays: number | undefined;
}

/** What is kept, until when, and what would go now. */
export interface KeepingPlan extends Keeping {
  /** The months of decisions that there are, oldest first. */
  readonly months: readonly Month[];
  readonly aged: readonly AgedRows[];
  /** Undefined where nothing is redacted by age. */
  readonly redaction: RedactionPlan | undefined;
}

/** What {@link keepAndDrop} would do now. Nothing is changed. */
export async function readKeepingPlan(db: Kysely<Database>, keeping: Keeping): Promise<KeepingPlan> {
  const { retentionDays, redactAfterDays } = keeping;
  return {
    ...keeping,
    months: await listMonths(db, retentionDays),
    aged: await listAged(db, retentionDays),
    redaction: redactAfterDays === undefined ? undefined : await planRedaction(db, redactAfterDays),
  };
}

/** What a run did. */
export interface Kept {
  /** Months that are too old; those without `keptBecause` were dropped. */
  readonly months: readonly Expired[];
  readonly aged: readonly AgedRows[];
  readonly redacted: RedactedRows;
}

/**
 * Drops and redacts what is old enough.
 *
 * @param holder this process, e.g. a UUID made at its start
 * @param options most slices of decisions that are redacted, and who asked for it; the house itself when absent
 */
export async function keepAndDrop(
  db: Kysely<Database>,
  { retentionDays, redactAfterDays }: Keeping,
  holder: string,
  { slices, actor = SYSTEM }: { readonly slices?: number; readonly actor?: Actor } = {},
): Promise<Kept> {
  const months = await dropExpired(db, retentionDays, actor);
  const aged = await dropAged(db, retentionDays, actor);
  const redacted =
    redactAfterDays === undefined
      ? { decisions: 0, imported: 0, deadLetters: 0 }
      : await redactExpired(db, redactAfterDays, holder, {
          actor,
          ...(slices === undefined ? {} : { slices }),
        });
  return { months, aged, redacted };
}
