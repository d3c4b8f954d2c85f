import { type Kysely, type Migration, type RawBuilder, sql } from "kysely";
import { CURRENCIES_BY_EXPONENT } from "../../../domain/money.ts";
import { createPartitions } from "../partitions.ts";

/**
 * The ledger that five years are kept in: decisions in monthly partitions behind a table of keys, money in whole minor
 * units, counters that are appended to and folded, the outbox, the audit log. What an earlier version recorded is
 * copied over and counted anew.
 */
export const ledger: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const run = async (statements: readonly RawBuilder<unknown>[]): Promise<void> => {
      for (const statement of statements) await statement.execute(db);
    };
    await run([...leavingTheOldTables, ...tables]);
    await copyDecisions(db);
    await run([...decisionIndexes, ...cases, ...counters, ...appendOnly]);
  },
};

/** Minor units of an amount in a column, of a currency in another. */
function minorOf(amount: string, currency: string): RawBuilder<bigint> {
  const exponents = Object.entries(CURRENCIES_BY_EXPONENT).map(
    ([exponent, codes]) =>
      sql`when ${sql.ref(currency)} in (${sql.join(codes.map((code) => sql.lit(code)))})
        then ${sql.lit(10 ** Number(exponent))}`,
  );
  return sql<bigint>`round(${sql.ref(amount)}::numeric
    * (case ${sql.join(exponents, sql` `)} else 100 end))::bigint`;
}

const leavingTheOldTables = [
  sql`alter table review_cases drop constraint review_cases_transaction_id_fkey`,
  sql`alter table labels drop constraint labels_transaction_id_fkey`,
  sql`alter table decisions rename to decisions_before`,
  sql`drop index decisions_decided_at, decisions_tier, decisions_card, decisions_merchant`,
  sql`drop table counters, counters_by_minute`,
];

/** Sums over decisions and over what people and timers did, of one tier. */
const sums = sql`
  transactions bigint not null default 0,
  fraud_predicted bigint not null default 0,
  truth_known bigint not null default 0,
  truth_fraud bigint not null default 0,
  true_positives bigint not null default 0,
  false_positives bigint not null default 0,
  cases_opened bigint not null default 0,
  cases_escalated bigint not null default 0,
  verdicts_fraud bigint not null default 0,
  verdicts_legitimate bigint not null default 0`;

const TIER = sql`risk_tier text not null check (risk_tier in ('low', 'medium', 'high', 'critical'))`;

const tables = [
  sql`create sequence decision_seq as bigint`,
  sql`
    create table decisions (
      seq bigint not null default nextval('decision_seq'),
      decided_at timestamptz not null default now(),
      transaction_id text not null check (length(transaction_id) between 1 and 128),
      source text not null check (length(source) between 1 and 64),
      event_time timestamptz not null,
      time_seconds double precision not null,
      v real[],
      amount_minor bigint not null check (amount_minor >= 0),
      currency char(3) not null,
      card_token text, merchant_id text, merchant_category text, country char(2), channel text,
      fields jsonb, entities jsonb,
      fraud_probability real not null check (fraud_probability between 0 and 1),
      ${TIER},
      action text not null check (action in ('approve', 'monitor', 'verify', 'block')),
      review boolean not null,
      fraud_predicted boolean not null,
      model_name text not null,
      model_version text not null,
      policy_version text not null,
      truth boolean,
      primary key (decided_at, seq)
    ) partition by range (decided_at)`,
  sql`
    create table transaction_keys (
      transaction_id text primary key,
      content_hash bytea check (length(content_hash) = 16),
      decided_at timestamptz not null,
      seq bigint not null
    )`,
  sql`
    create table counter_deltas (
      delta_id bigint generated always as identity primary key,
      minute timestamptz not null,
      ${TIER},
      currency char(3) not null,
      amount_minor numeric not null default 0,
      ${sums}
    )`,
  sql`
    create table counters_total (
      ${TIER},
      currency char(3) not null,
      amount_minor numeric not null default 0,
      ${sums},
      primary key (risk_tier, currency)
    )`,
  sql`
    create table counters_by_day (
      day date not null,
      ${TIER},
      currency char(3) not null,
      amount_minor numeric not null default 0,
      ${sums},
      closed_at timestamptz,
      primary key (day, risk_tier, currency)
    )`,
  sql`
    create table counters_by_minute (
      minute timestamptz not null,
      ${TIER},
      ${sums},
      primary key (minute, risk_tier)
    )`,
  sql`
    create table outbox (
      outbox_id bigint generated always as identity primary key,
      kind text not null,
      key text not null,
      payload jsonb not null,
      created_at timestamptz not null default now(),
      not_before timestamptz not null default now(),
      attempts integer not null default 0,
      last_error text
    )`,
  sql`
    create table leases (
      name text primary key,
      holder text not null,
      until timestamptz not null
    )`,
  sql`
    create table exchange_rates (
      base char(3) not null,
      currency char(3) not null,
      valid_from date not null,
      rate numeric not null check (rate > 0),
      set_by jsonb not null,
      set_at timestamptz not null default now(),
      primary key (base, currency, valid_from)
    )`,
  sql`
    create table audit_log (
      audit_id bigint primary key,
      at timestamptz not null,
      actor jsonb not null,
      act text not null,
      subject text not null,
      detail jsonb not null,
      previous_hash char(64) not null,
      hash char(64) not null
    )`,
  sql`
    create table audit_head (
      single boolean primary key default true check (single),
      audit_id bigint not null,
      hash char(64) not null
    )`,
  sql`insert into audit_head (audit_id, hash) values (0, repeat('0', 64))`,
];

/** The months of what was recorded, then the rows; their keys come without a hash: nobody knows their content as sent. */
async function copyDecisions(db: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<{ first: Date | null; last: Date | null }>`
    select min(decided_at) as first, max(decided_at) as last from decisions_before`.execute(db);
  const { first, last } = rows[0] ?? { first: null, last: null };
  await createPartitions(db, first ?? new Date(), last ?? new Date());
  await sql`
    insert into decisions (
      seq, decided_at, transaction_id, source, event_time, time_seconds, v, amount_minor, currency,
      card_token, merchant_id, merchant_category, country, channel, fraud_probability, risk_tier, action, review,
      fraud_predicted, model_name, model_version, policy_version, truth)
    select seq, decided_at, transaction_id, source, event_time, time_seconds, v,
      ${minorOf("amount", "currency")}, currency,
      card_token, merchant_id, merchant_category, country, channel, fraud_probability, risk_tier, action,
      risk_tier in ('high', 'critical'), fraud_predicted, model_name, model_version, 'tiers-1', truth
    from decisions_before order by seq`.execute(db);
  await sql`
    insert into transaction_keys (transaction_id, decided_at, seq)
    select transaction_id, decided_at, seq from decisions_before order by transaction_id`.execute(db);
  await sql`select setval('decision_seq', coalesce((select max(seq) from decisions_before), 0) + 1, false)`.execute(
    db,
  );
  await sql`drop table decisions_before`.execute(db);
}

/** Lists are read newest first; each of their filters has an index in that order. */
const decisionIndexes = [
  sql`create index decisions_seq on decisions (seq)`,
  // Two filters at once are answered from the index alone, also where nothing matches both.
  sql`create index decisions_tier on decisions (risk_tier, decided_at, seq) include (source, fraud_predicted)`,
  sql`create index decisions_source on decisions (source, decided_at, seq)`,
  sql`create index decisions_predicted on decisions (decided_at, seq) where fraud_predicted`,
  sql`create index decisions_card on decisions (card_token, decided_at, seq) where card_token is not null`,
  sql`create index decisions_merchant on decisions (merchant_id, decided_at, seq) where merchant_id is not null`,
];

/** Who a bare name was: the admin's API key, the house itself, or a person. */
function actorOf(name: string): RawBuilder<unknown> {
  const ref = sql.ref(name);
  return sql`case
    when ${ref} is null then null
    when ${ref} = 'system' then jsonb_build_object('kind', 'system', 'id', 'system', 'name', 'system')
    when ${ref} = 'api-key' then jsonb_build_object('kind', 'api_key', 'id', 'admin', 'name', 'api-key')
    else jsonb_build_object('kind', 'user',
      'id', coalesce((select user_id::text from users where users.name = ${ref}), ${ref}), 'name', ${ref}) end`;
}

/** A column of names becomes one of actors. A column's new type may not ask another table: it is made beside the old. */
function withActors(table: string, column: string, required: boolean): RawBuilder<unknown>[] {
  const [t, before, c] = [sql.table(table), sql.ref(`${column}_before`), sql.ref(column)];
  return [
    sql`alter table ${t} rename column ${c} to ${before}`,
    sql`alter table ${t} add column ${c} jsonb`,
    sql`update ${t} set ${c} = ${actorOf(`${column}_before`)} where ${before} is not null`,
    sql`alter table ${t} drop column ${before}`,
    ...(required ? [sql`alter table ${t} alter column ${c} set not null`] : []),
  ];
}

const cases = [
  sql`alter table review_cases
    drop constraint review_cases_check, drop constraint review_cases_check1,
    drop constraint review_cases_risk_tier_check,
    add constraint review_cases_risk_tier_check check (risk_tier in ('low', 'medium', 'high', 'critical')),
    add column decision_at timestamptz, add column decision_seq bigint,
    add column amount_minor bigint, add column priority double precision`,
  sql`update review_cases c set decision_at = k.decided_at, decision_seq = k.seq,
      amount_minor = ${minorOf("c.amount", "c.currency")},
      priority = c.fraud_probability * (1 + c.amount)
    from transaction_keys k where k.transaction_id = c.transaction_id`,
  sql`alter table review_cases
    alter column decision_at set not null, alter column decision_seq set not null,
    alter column amount_minor set not null, alter column priority set not null, drop column amount`,
  ...withActors("review_cases", "claimed_by", false),
  ...withActors("review_cases", "decided_by", false),
  ...withActors("review_events", "actor", true),
  ...withActors("labels", "labelled_by", true),
  sql`alter table review_cases
    add check ((claimed_by is null) = (claimed_until is null)),
    add check ((status = 'decided') = (verdict is not null and decided_by is not null and decided_at is not null))`,
  // The order of the queue: escalated ones first, then what is worth most. Cases of a tier are counted in it alone.
  sql`create index review_cases_queue on review_cases ((escalated_at is not null) desc, priority desc, case_id)
    include (risk_tier) where status = 'open'`,
  sql`create index review_cases_closed on review_cases (decided_at desc, case_id desc) where status = 'decided'`,
  sql`create index review_cases_closed_tier on review_cases (risk_tier, decided_at desc, case_id desc)
    where status = 'decided'`,
  // How many wait, are overdue, are nobody's: counted without a look at the cases.
  sql`create index review_cases_waiting on review_cases (risk_tier, due_at, claimed_until) where status = 'open'`,
  // … as long as what changed was tidied up: open cases are the ones that change, a small part of all there ever were.
  sql`alter table review_cases set (autovacuum_vacuum_scale_factor = 0.02)`,
  sql`create index review_cases_claimed on review_cases ((claimed_by ->> 'id')) where status = 'open' and claimed_by is not null`,
  sql`drop index review_cases_decided, review_cases_open`,
  sql`create index review_cases_open_ids on review_cases (case_id) where status = 'open'`,
  sql`create index review_cases_due on review_cases (due_at) where status = 'open' and escalated_at is null`,
  sql`create index outbox_key on outbox (key, outbox_id)`,
];

const counters = [
  sql`
    insert into counters_by_day (day, risk_tier, currency, amount_minor, transactions, fraud_predicted,
      truth_known, truth_fraud, true_positives, false_positives, cases_opened)
    select (decided_at at time zone 'UTC')::date, risk_tier, currency, sum(amount_minor), count(*),
      count(*) filter (where fraud_predicted), count(truth), count(*) filter (where truth),
      count(*) filter (where truth and fraud_predicted), count(*) filter (where not truth and fraud_predicted),
      count(*) filter (where review)
    from decisions group by 1, 2, 3`,
  sql`
    insert into counters_by_minute (minute, risk_tier, transactions, fraud_predicted,
      truth_known, truth_fraud, true_positives, false_positives, cases_opened)
    select date_trunc('minute', decided_at), risk_tier, count(*),
      count(*) filter (where fraud_predicted), count(truth), count(*) filter (where truth),
      count(*) filter (where truth and fraud_predicted), count(*) filter (where not truth and fraud_predicted),
      count(*) filter (where review)
    from decisions where decided_at > now() - interval '92 days' group by 1, 2`,
  ...(["escalated_at", "decided_at"] as const).flatMap((column) => [
    sql`
      insert into counters_by_day as c (day, risk_tier, currency, ${countsAt(column)})
      select (${sql.ref(column)} at time zone 'UTC')::date, risk_tier, currency, ${countedAt(column)}
      from review_cases where ${sql.ref(column)} is not null group by 1, 2, 3
      on conflict (day, risk_tier, currency) do update set ${addedAt(column)}`,
    sql`
      insert into counters_by_minute as c (minute, risk_tier, ${countsAt(column)})
      select date_trunc('minute', ${sql.ref(column)}), risk_tier, ${countedAt(column)}
      from review_cases where ${sql.ref(column)} > now() - interval '92 days' group by 1, 2
      on conflict (minute, risk_tier) do update set ${addedAt(column)}`,
  ]),
  sql`
    insert into counters_total (risk_tier, currency, amount_minor, transactions, fraud_predicted, truth_known,
      truth_fraud, true_positives, false_positives, cases_opened, cases_escalated, verdicts_fraud, verdicts_legitimate)
    select risk_tier, currency, sum(amount_minor), sum(transactions), sum(fraud_predicted), sum(truth_known),
      sum(truth_fraud), sum(true_positives), sum(false_positives), sum(cases_opened), sum(cases_escalated),
      sum(verdicts_fraud), sum(verdicts_legitimate)
    from counters_by_day group by 1, 2`,
  // What is counted, folded or not, in units of the currency: for people and reports. Pages read the tables.
  sql`
    create view counters as
    select risk_tier, currency, sum(transactions)::bigint as transactions,
      sum(amount_minor) / (case ${sql.join(
        Object.entries(CURRENCIES_BY_EXPONENT).map(
          ([exponent, codes]) =>
            sql`when currency in (${sql.join(codes.map((code) => sql.lit(code)))}) then ${sql.lit(10 ** Number(exponent))}`,
        ),
        sql` `,
      )} else 100 end) as amount,
      sum(fraud_predicted)::bigint as fraud_predicted, sum(truth_known)::bigint as truth_known,
      sum(truth_fraud)::bigint as truth_fraud, sum(true_positives)::bigint as true_positives,
      sum(false_positives)::bigint as false_positives
    from (
      select risk_tier, currency, transactions, amount_minor, fraud_predicted, truth_known, truth_fraud,
        true_positives, false_positives from counters_total
      union all
      select risk_tier, currency, transactions, amount_minor, fraud_predicted, truth_known, truth_fraud,
        true_positives, false_positives from counter_deltas) as counted
    group by risk_tier, currency`,
];

function countsAt(column: "escalated_at" | "decided_at"): RawBuilder<unknown> {
  return column === "escalated_at" ? sql`cases_escalated` : sql`verdicts_fraud, verdicts_legitimate`;
}

function countedAt(column: "escalated_at" | "decided_at"): RawBuilder<unknown> {
  return column === "escalated_at"
    ? sql`count(*)`
    : sql`count(*) filter (where verdict = 'fraud'), count(*) filter (where verdict = 'legitimate')`;
}

function addedAt(column: "escalated_at" | "decided_at"): RawBuilder<unknown> {
  return column === "escalated_at"
    ? sql`cases_escalated = c.cases_escalated + excluded.cases_escalated`
    : sql`verdicts_fraud = c.verdicts_fraud + excluded.verdicts_fraud,
        verdicts_legitimate = c.verdicts_legitimate + excluded.verdicts_legitimate`;
}

const appendOnly = [
  sql`create index audit_log_serving on audit_log (((detail ->> 'seq')::int)) where act like 'serving.%'`,
  sql`create index audit_log_subject on audit_log (subject, audit_id)`,
  sql`
    create function audit_log_is_append_only() returns trigger language plpgsql as $$
    begin
      raise exception 'the audit log is append-only' using errcode = 'insufficient_privilege';
    end $$`,
  sql`
    create trigger audit_log_append_only before update or delete or truncate on audit_log
    for each statement execute function audit_log_is_append_only()`,
];
