import { type Kysely, sql } from "kysely";
import {
  type Span,
  SURE,
  WHERE_COLUMNS,
  type Where,
  type WhereColumn,
  type WhereRow,
  type WhereTable,
} from "../../domain/analytics.ts";
import { reviewedTiers } from "../../domain/policy/decision-policy.ts";
import type { Verdict } from "../../domain/verdicts.ts";
import { fisherP } from "../../platform/math/fisher.ts";
import { falseDiscoveryRates } from "../../platform/math/two-sample.ts";
import { columns } from "../store/counting.ts";
import type { Database } from "../store/schema.ts";
import type { DrawnPayment } from "./draw.ts";
import { countedShare } from "./shares.ts";

/** Values with fewer payments drawn are too rare to be shown. */
export const LEAST_DRAWN = 10;
/** Verdicts that are looked at, the newest. */
const VERDICTS = 4_000;
/** Rows of a table at most. */
const MOST_ROWS = 200;

/** What people said of a payment. */
export type JudgedPayment = Readonly<Record<WhereColumn, string | null>> & { readonly verdict: Verdict };

/**
 * The newest verdicts given in a span, on cases that the policy sent to people: the control group stands for payments that
 * nobody looks at, and would blur the share.
 */
export async function readVerdicts(
  db: Kysely<Database>,
  { from, until }: Span,
): Promise<readonly JudgedPayment[]> {
  const { rows } = await sql<JudgedPayment>`
    with judged as (
      select verdict, decision_at, decision_seq from review_cases
      where status = 'decided' and decided_at >= ${from}::timestamptz and decided_at < ${until}::timestamptz
        and selected_by = 'policy'
      order by decided_at desc, case_id desc
      limit ${sql.lit(VERDICTS)})
    select judged.verdict, d.*
    from judged
    join lateral (
      select ${columns(WHERE_COLUMNS)} from decisions
      where decided_at = decision_at and seq = decision_seq limit 1) as d on true`.execute(db);
  return rows;
}

interface Tally {
  payments: number;
  risky: number;
  verdicts: number;
  frauds: number;
}

/** Where payments come from: what is surely unlike all others comes first. */
export function whereFrom(drawn: readonly DrawnPayment[], judged: readonly JudgedPayment[]): Where {
  const tiers = new Set(reviewedTiers());
  const risky = drawn.filter(({ risk_tier }) => tiers.has(risk_tier)).length;
  const tallies = WHERE_COLUMNS.map((column) => {
    const values = new Map<string | null, Tally>();
    const tally = (value: string | null): Tally => {
      const known = values.get(value) ?? { payments: 0, risky: 0, verdicts: 0, frauds: 0 };
      values.set(value, known);
      return known;
    };
    for (const payment of drawn) {
      const row = tally(payment[column]);
      row.payments++;
      if (tiers.has(payment.risk_tier)) row.risky++;
    }
    for (const payment of judged) {
      const row = tally(payment[column]);
      row.verdicts++;
      if (payment.verdict === "fraud") row.frauds++;
    }
    return { column, values };
  });
  const shown = tallies.map(({ values }) =>
    [...values].filter(([, { payments }]) => payments >= LEAST_DRAWN),
  );
  const rates = falseDiscoveryRates(
    shown.flatMap((rows) => rows.map(([, row]) => fisherP(row.risky, row.payments, risky, drawn.length))),
  );
  const whole = risky / Math.max(1, drawn.length);
  let at = 0;
  const tables = tallies.map(({ column, values }, i): WhereTable => {
    const rows = shown[i]!.map(([value, tally]) => rowOf(value, tally, rates[at++]!, whole));
    const kept = rows.sort((a, b) => apart(b, whole) - apart(a, whole) || b.payments - a.payments);
    const others = [...values.values()].filter(({ payments }) => payments < LEAST_DRAWN && payments > 0);
    const cut = kept.slice(MOST_ROWS);
    return {
      column,
      rows: kept.slice(0, MOST_ROWS),
      rare: {
        values: others.length + cut.length,
        payments: [...others, ...cut].reduce((sum, { payments }) => sum + payments, 0),
      },
    };
  });
  const frauds = judged.filter(({ verdict }) => verdict === "fraud").length;
  return {
    drawn: drawn.length,
    risky: countedShare(risky, drawn.length),
    verdicts: countedShare(frauds, judged.length),
    tables,
  };
}

function rowOf(value: string | null, tally: Tally, rate: number, whole: number): WhereRow {
  const { payments, risky, verdicts, frauds } = tally;
  return {
    ...{ value, payments, rate },
    risky: countedShare(risky, payments),
    unlike: rate > SURE ? null : risky / payments > whole ? "more" : "less",
    verdicts: countedShare(frauds, verdicts),
  };
}

/** How far the whole's share lies from the nearer end of a row's interval; 0 for what is not sure. */
function apart({ unlike, risky: { low, high } }: WhereRow, whole: number): number {
  if (unlike === null) return 0;
  return Math.max(Number.MIN_VALUE, unlike === "more" ? low - whole : whole - high);
}
