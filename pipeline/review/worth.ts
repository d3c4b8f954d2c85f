import { sql } from "kysely";

/**
 * What a case is worth looking at, as a number without a unit: fraud probability × (amount ÷ the usual payment of its
 * currency + 1).
 *
 * Amounts of different currencies are never compared as numbers; without rates of exchange, what they have in common is
 * how many usual payments they are. The one on top stands for tomorrow: a card tested with 0.00 today is used for a
 * usual payment next, so a certain fraud on a tiny amount does not sink to the end of the queue.
 */

/** A usual payment before any was seen: so many minor units (€25.00, ¥2,500) … */
const FIRST_GUESS_MINOR_UNITS = 2_500;
/**
 * … counted as so many payments: the first of a currency does not decide alone what is usual in it, and where the guess
 * is far off (rupiah have minor digits that nobody uses) it is worth at most so many usual payments and one.
 */
const FIRST_GUESS_WEIGHT = 5;

/** Currencies by their number of minor digits, where it is not two. */
const otherDigits = new Map<number, string[]>();
for (const currency of Intl.supportedValuesOf("currency")) {
  const { maximumFractionDigits: digits = 2 } = new Intl.NumberFormat("en", {
    style: "currency",
    currency,
  }).resolvedOptions();
  if (digits !== 2) otherDigits.set(digits, [...(otherDigits.get(digits) ?? []), currency]);
}

/** The first guess, in units of the currency whose code is in the column. */
function firstGuess(column: string) {
  const cases = [...otherDigits].map(
    ([digits, codes]) =>
      sql`when ${sql.ref(column)} in (${sql.join(codes.map((code) => sql.lit(code)))})
        then ${sql.lit(FIRST_GUESS_MINOR_UNITS / 10 ** digits)}::float8`,
  );
  return sql`(case ${sql.join(cases, sql` `)} else ${sql.lit(FIRST_GUESS_MINOR_UNITS / 100)}::float8 end)`;
}

/** Currency → its usual payment: the mean of all, from the counters. No column of the query is in it, so it is read once. */
const usualPayments = sql`(
  select jsonb_object_agg(currency, usual) from (
    select currency,
      (sum(amount)::float8 + ${sql.lit(FIRST_GUESS_WEIGHT)} * ${firstGuess("currency")})
        / (sum(transactions)::float8 + ${sql.lit(FIRST_GUESS_WEIGHT)}) as usual
    from counters group by currency) as paid)`;

/** The worth of a case `c`. */
export const worth = sql<number>`
  c.fraud_probability * (1 + c.amount / coalesce(
    (${usualPayments} ->> coalesce(c.currency, '')::text)::float8, ${firstGuess("c.currency")}))`;
