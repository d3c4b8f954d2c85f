import { type Kysely, type Migration, sql } from "kysely";

/**
 * Amounts belong to a currency: counters are kept per tier and currency (the empty text stands for none) and add exactly,
 * a case carries the currency of its amount, and a payment may come without one. What was counted is counted anew from
 * the decisions.
 */
export const amountsByCurrency: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const statements = [
      sql`alter table decisions alter column currency drop not null`,
      sql`alter table review_cases add column currency char(3)`,
      sql`
        update review_cases c set currency = d.currency
        from decisions d where d.transaction_id = c.transaction_id`,
      // The chart counts verdicts by the minute in which their cases were opened.
      sql`create index review_cases_opened on review_cases (opened_at)`,
      sql`alter table counters_by_minute drop column amount`,
      sql`delete from counters`,
      sql`
        alter table counters
          add column currency text not null,
          alter column amount type numeric,
          drop constraint counters_pkey,
          add primary key (risk_tier, currency)`,
      sql`
        insert into counters (
          risk_tier, currency, transactions, amount, fraud_predicted,
          truth_known, truth_fraud, true_positives, false_positives)
        select risk_tier, coalesce(currency, '')::text, count(*), sum(amount::numeric),
          count(*) filter (where fraud_predicted), count(truth), count(*) filter (where truth),
          count(*) filter (where truth and fraud_predicted), count(*) filter (where not truth and fraud_predicted)
        from decisions group by 1, 2`,
    ];
    for (const statement of statements) await statement.execute(db);
  },
};
