import { type Kysely, sql, type Transaction } from "kysely";
import { COUNTED, countedColumns, countsOfDecisions, currencyKey, sumOfAmounts } from "./decisions.ts";
import type { Database } from "./schema.ts";

/** A counter row that does not say what the decisions say. */
export interface Drift {
  readonly table: "counters" | "counters_by_minute";
  readonly minute: Date | null;
  readonly riskTier: string;
  /** Of a row of `counters`: empty for payments without one. Null for a minute, which counts all currencies. */
  readonly currency: string | null;
  /** Transactions by the counter, and by the rows. */
  readonly counted: number;
  readonly rows: number;
}

/**
 * Recounts every counter from the decisions. Row and counter are written in one transaction, so one statement sees
 * both or neither and needs no lock.
 *
 * @returns the rows that differ; empty when all is right
 */
export async function findDrift(db: Kysely<Database> | Transaction<Database>): Promise<Drift[]> {
  const result = await sql<{
    table: Drift["table"];
    minute: Date | null;
    risk_tier: string;
    currency: string | null;
    counted: number;
    rows: number;
  }>`
    with per_currency as (${recountedByCurrency}), per_minute as (${recountedByMinute})
    select 'counters' as table, null::timestamptz as minute, risk_tier, currency,
      coalesce(c.transactions, 0)::int8 as counted, coalesce(r.transactions, 0)::int8 as rows
    from counters c full join per_currency r using (risk_tier, currency)
    where ${countsDiffer} or coalesce(c.amount, 0) <> coalesce(r.amount, 0)
    union all
    select 'counters_by_minute', minute, risk_tier, null,
      coalesce(c.transactions, 0)::int8, coalesce(r.transactions, 0)::int8
    from counters_by_minute c full join per_minute r using (minute, risk_tier) where ${countsDiffer}
    order by 1, 2, 3, 4`.execute(db);
  return result.rows.map(({ risk_tier, ...row }) => ({ ...row, riskTier: risk_tier }));
}

/**
 * Sets every counter to what the decisions say. Recording waits meanwhile: a row that is not there yet cannot be locked,
 * so the table is.
 *
 * @returns what was wrong
 */
export async function repairDrift(db: Kysely<Database>): Promise<Drift[]> {
  return db.transaction().execute(async (trx) => {
    await sql`lock table counters in share row exclusive mode`.execute(trx);
    const drift = await findDrift(trx);
    if (drift.length === 0) return drift;
    await sql`delete from counters_by_minute`.execute(trx);
    await sql`
      insert into counters_by_minute (minute, risk_tier, ${countedColumns}) ${recountedByMinute}`.execute(
      trx,
    );
    await sql`delete from counters`.execute(trx);
    await sql`
      insert into counters (risk_tier, currency, amount, ${countedColumns}) ${recountedByCurrency}`.execute(
      trx,
    );
    return drift;
  });
}

const recountedByCurrency = sql`
  select risk_tier, ${currencyKey}, ${sumOfAmounts}, ${countsOfDecisions} from decisions group by 1, 2`;

const recountedByMinute = sql`
  select date_trunc('minute', decided_at) as minute, risk_tier, ${countsOfDecisions} from decisions group by 1, 2`;

const countsDiffer = sql`(${sql.join(
  COUNTED.map(
    (column) => sql`coalesce(${sql.ref(`c.${column}`)}, 0) <> coalesce(${sql.ref(`r.${column}`)}, 0)`,
  ),
  sql` or `,
)})`;
