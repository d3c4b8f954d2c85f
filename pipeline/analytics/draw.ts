import { type Kysely, sql } from "kysely";
import { type Span, WHERE_COLUMNS, type WhereColumn } from "../../domain/analytics.ts";
import type { RiskTier } from "../../domain/tiers.ts";
import { columns } from "../store/counting.ts";
import { drawnMinutes } from "../store/drawn-minutes.ts";
import type { Database } from "../store/schema.ts";

/** Payments that are drawn of a range: a risky share of 1 % is known to a quarter of itself. */
export const DRAWN = 8_000;

/** A payment as figures look at it. */
export type DrawnPayment = Readonly<Record<WhereColumn, string | null>> & {
  readonly risk_tier: RiskTier;
  readonly fraud_probability: number;
};

/**
 * Draws payments of a span evenly over all of them: minutes by how many they had, and the first few of each. Some thousand
 * look-ups by index, however many payments there are; where there are fewer than asked for, all of them.
 */
export async function drawPayments(
  db: Kysely<Database>,
  span: Span,
  payments = DRAWN,
): Promise<readonly DrawnPayment[]> {
  const { rows } = await sql<DrawnPayment>`
    with ${drawnMinutes(span, payments)}
    select d.*
    from drawn
    join lateral (
      select ${columns(WHERE_COLUMNS)}, risk_tier, fraud_probability from decisions
      where decided_at >= minute and decided_at < minute + interval '1 minute'
      order by decided_at, seq
      limit taken) as d on taken > 0`.execute(db);
  return rows;
}
