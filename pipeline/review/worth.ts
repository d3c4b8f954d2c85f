import { type Kysely, type RawBuilder, sql } from "kysely";
import { CURRENCIES_BY_EXPONENT } from "../../domain/money.ts";
import { ratesOn } from "../store/exchange-rates.ts";
import type { Database } from "../store/schema.ts";

/**
 * What a case is worth looking at, as a number without a unit: fraud probability × (amount ÷ the usual payment + 1).
 *
 * Amounts of different currencies are never compared as numbers. Where an operator has set a rate, the amount is
 * converted into the base currency and divided by what is usual there; without one it is divided by what is usual in its
 * own currency: what amounts have in common then is how many usual payments they are. The one on top stands for
 * tomorrow: a card tested with 0.00 today is used for a usual payment next, so a certain fraud on a tiny amount does not
 * sink to the end of the queue.
 */

/** A usual payment before any was seen: so many minor units (€25.00, ¥2,500) … */
const FIRST_GUESS_MINOR_UNITS = 2_500;
/**
 * … counted as so many payments: the first of a currency does not decide alone what is usual in it, and where the guess
 * is far off (rupiah have minor digits that nobody uses) it is worth at most so many usual payments and one.
 */
const FIRST_GUESS_WEIGHT = 5;

/** Currency → what is usual in it, minor units, by what was paid, folded or not. Read once for a statement. */
const usual = (recorded?: string) => sql`(
  select jsonb_object_agg(currency,
    (amount + ${sql.lit(FIRST_GUESS_WEIGHT * FIRST_GUESS_MINOR_UNITS)}) / (payments + ${sql.lit(FIRST_GUESS_WEIGHT)}))
  from (
    select currency, sum(amount_minor) as amount, sum(transactions) as payments from (
      select currency, amount_minor, transactions from counters_total
      union all
      select currency, amount_minor, transactions from counter_deltas
      ${recorded === undefined ? sql`` : sql`union all select currency, amount_minor, 1 from ${sql.table(recorded)}`}
    ) as counted
    group by currency) as by_currency)`;

/** Digits of the minor unit of the currency in a column. */
function exponentSql(column: string) {
  const cases = Object.entries(CURRENCIES_BY_EXPONENT).map(
    ([exponent, codes]) =>
      sql`when ${sql.ref(column)} in (${sql.join(codes.map((code) => sql.lit(code)))}) then ${sql.lit(Number(exponent))}`,
  );
  return sql`(case ${sql.join(cases, sql` `)} else 2 end)`;
}

/** Currency → [base, minor units of the base for one of its own], by the latest rate that is valid; the base itself too. */
const rates = sql`(
  select jsonb_object_agg(currency, jsonb_build_array(base,
    rate * power(10::numeric, ${exponentSql("base")} - ${exponentSql("currency")})))
  from (${ratesOn()}) as valid)`;

/**
 * The worth of a payment, over columns fraud_probability, amount_minor and currency of `row`.
 *
 * @param recorded where a statement has decisions that are not counted yet, to be counted here
 */
export function priorityOf(row: string, recorded?: string) {
  const currency = sql`${sql.ref(`${row}.currency`)}::text`;
  const amount = sql`${sql.ref(`${row}.amount_minor`)}::float8`;
  const rate = sql`(${rates} -> ${currency})`;
  const usualIn = (of: RawBuilder<unknown>) =>
    sql`coalesce((${usual(recorded)} ->> ${of})::float8, ${sql.lit(FIRST_GUESS_MINOR_UNITS)})`;
  return sql<number>`(${sql.ref(`${row}.fraud_probability`)} * (1 + coalesce(
    ${amount} * (${rate} ->> 1)::float8 / ${usualIn(sql`(${rate} ->> 0)`)},
    ${amount} / ${usualIn(currency)})))`;
}

/** Open cases that one statement looks at. */
const SLICE = 5_000;

/**
 * Values a slice of the open cases anew, in the order of their ids: what is usual has changed since they were opened, or a
 * rate has.
 *
 * @param after the last case that was looked at; 0 to begin
 * @returns how many have another place in the queue now, and where to go on; `next` is 0 when all were looked at
 */
export async function refreshSomePriorities(
  db: Kysely<Database>,
  after: number,
): Promise<{ changed: number; next: number }> {
  const { rows } = await sql<{ last: number | null; looked: number; changed: number }>`
    with slice as (
      select c.case_id, c.priority, ${priorityOf("c")} as now from review_cases c
      where c.status = 'open' and c.case_id > ${after} order by c.case_id limit ${sql.lit(SLICE)}
    ), changed as (
      update review_cases c set priority = slice.now from slice
      where c.case_id = slice.case_id and abs(slice.now - slice.priority) > 0.01 * slice.priority
      returning 1
    )
    select max(case_id) as last, count(*)::int as looked, (select count(*) from changed)::int as changed
    from slice`.execute(db);
  const { last, looked, changed } = rows[0]!;
  return { changed, next: looked < SLICE ? 0 : last! };
}

/** … all of them. @returns how many have another place in the queue now */
export async function refreshPriorities(db: Kysely<Database>): Promise<number> {
  let changed = 0;
  let next = 0;
  do {
    const slice = await refreshSomePriorities(db, next);
    changed += slice.changed;
    next = slice.next;
  } while (next !== 0);
  return changed;
}
