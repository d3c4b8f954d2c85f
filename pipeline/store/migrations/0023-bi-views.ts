import { type Kysely, type Migration, type RawBuilder, sql } from "kysely";

/** Money in units of its currency, exactly: by the digits of ISO 4217's minor units, as they are today. */
const amount = (minor: string): RawBuilder<unknown> => sql`${sql.ref(minor)}::numeric * case
  when currency in ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV',
    'XAF', 'XOF', 'XPF') then 1
  when currency in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') then 0.001
  when currency in ('CLF', 'UYW') then 0.0001
  else 0.01 end as amount`;

const STATEMENTS: readonly RawBuilder<unknown>[] = [
  sql`create view bi_decisions as
    select transaction_id, decided_at, event_time, source, ${amount("amount_minor")}, currency::text as currency,
      card_token, merchant_id, merchant_category, country::text as country, channel, fields, entities,
      fraud_probability, risk_tier, action, review as sent_to_review, fraud_predicted,
      model_name, model_version, policy_version, without_history
    from decisions`,
  sql`create view bi_cases as
    select case_id, transaction_id, opened_at, due_at, status, risk_tier, fraud_probability, ${amount("amount_minor")},
      currency::text as currency, escalated_at, verdict, decided_by ->> 'name' as decided_by, decided_at
    from review_cases`,
  sql`create view bi_labels as
    select transaction_id, label, source, labelled_by ->> 'name' as labelled_by, labelled_at
    from labels where source <> 'truth'`,
  sql`create view bi_daily as
    select day, risk_tier, currency::text as currency, transactions, ${amount("minor")}, fraud_predicted, cases_opened,
      cases_escalated, verdicts_fraud, verdicts_legitimate
    from (
      select day, risk_tier, currency, sum(transactions)::bigint as transactions, sum(amount_minor) as minor,
        sum(fraud_predicted)::bigint as fraud_predicted, sum(cases_opened)::bigint as cases_opened,
        sum(cases_escalated)::bigint as cases_escalated, sum(verdicts_fraud)::bigint as verdicts_fraud,
        sum(verdicts_legitimate)::bigint as verdicts_legitimate
      from (
        select day, risk_tier, currency, transactions, amount_minor, fraud_predicted, cases_opened, cases_escalated,
          verdicts_fraud, verdicts_legitimate
        from counters_by_day
        union all
        select (minute at time zone 'UTC')::date, risk_tier, currency, transactions, amount_minor, fraud_predicted,
          cases_opened, cases_escalated, verdicts_fraud, verdicts_legitimate
        from counter_deltas) as counted
      group by 1, 2, 3) as days`,
  // The order in which labels leave.
  sql`create index labels_order on labels (labelled_at, transaction_id)`,
];

/**
 * What BI tools read: views whose names and columns stay as they are (docs/export.md), whatever becomes of the tables
 * behind them. They are read by their owner's rights, so that a role needs none on the tables; what the simulator knows
 * is in none.
 */
export const biViews: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await statement.execute(db);
  },
};
