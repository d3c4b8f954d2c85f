import type { Kysely } from "kysely";
import type { Analytics, AnalyticsDays, Scores, Span, Where } from "../../domain/analytics.ts";
import type { Database } from "../store/schema.ts";
import { type DrawnPayment, drawPayments } from "./draw.ts";
import { readHeat } from "./heat.ts";
import { rangeBefore, rangeOf } from "./range.ts";
import { compareScores } from "./scores.ts";
import { readVerdicts, whereFrom } from "./where.ts";
import { readWorkload } from "./workload.ts";

/** What is asked for. */
export interface AnalyticsAsked {
  readonly days: AnalyticsDays;
  /** The end of the range; now where it is not said. */
  readonly until?: Date | undefined;
  /** IANA: of the hours and days of the week. */
  readonly timeZone: string;
  /** Also what each person decided. */
  readonly workload: boolean;
}

/**
 * All figures of a range, read one after the other: counters, two draws of payments, the newest verdicts. None of them
 * takes longer because there are more payments.
 *
 * @throws DomainError `invalid_argument` for an end to come or too long ago
 */
export async function readAnalytics(db: Kysely<Database>, asked: AnalyticsAsked): Promise<Analytics> {
  const span = rangeOf(asked.days, asked.until);
  const heat = await readHeat(db, span, asked.timeZone);
  const drawn = await drawPayments(db, span);
  return {
    ...span,
    days: asked.days,
    heat,
    where: await readWhere(db, span, drawn),
    scores: await readScores(db, span, drawn),
    workload: asked.workload ? await readWorkload(db, span) : null,
  };
}

/** Where payments of a span come from. */
export async function readWhere(
  db: Kysely<Database>,
  span: Span,
  drawn?: readonly DrawnPayment[],
): Promise<Where> {
  return whereFrom(drawn ?? (await drawPayments(db, span)), await readVerdicts(db, span));
}

/** Scores of a span beside those of the one before. */
export async function readScores(
  db: Kysely<Database>,
  span: Span,
  drawn?: readonly DrawnPayment[],
): Promise<Scores> {
  const before = rangeBefore(span);
  const scoresOf = (rows: readonly DrawnPayment[]) => rows.map((row) => row.fraud_probability);
  return compareScores(
    scoresOf(drawn ?? (await drawPayments(db, span))),
    before ? scoresOf(await drawPayments(db, before)) : [],
    before,
  );
}
