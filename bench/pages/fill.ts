import { type Kysely, sql } from "kysely";
import type { Reason } from "../../domain/reasons.ts";
import { KNOWN_SOURCES } from "../../domain/sources.ts";
import { priorityOf } from "../../pipeline/review/worth.ts";
import { COUNTED, COUNTED_OF_DECISIONS, columns, countsOfDecisions } from "../../pipeline/store/counting.ts";
import { MINUTES_KEPT_DAYS } from "../../pipeline/store/fold-counters.ts";
import { createPartitions } from "../../pipeline/store/partitions.ts";
import type { Database } from "../../pipeline/store/schema.ts";

/** What the store is filled with. */
export interface Filling {
  readonly rows: number;
  /** Whose decisions they are said to be: the scorer must know it, to explain them. */
  readonly model: { readonly name: string; readonly version: string };
}

/** Two years: 24 monthly partitions and the running one. */
const DAYS = 730;
const CARDS = 200_000;
const MERCHANTS = 5_000;
/** Cases that wait, at most; of fewer cases, two thirds. */
const MOST_OPEN = 20_000;
/** Rows that one statement inserts. */
const SLICE = 250_000;
const DAY_MS = 86_400_000;

/** As long as the scorer's are. */
const REASONS: readonly Reason[] = ["V14", "V4", "V12", "V10", "V17"].map((feature, n) => ({
  code: `${feature}_LOW`,
  feature,
  value: -5.2 + n,
  contribution: 2.3 - n / 4,
  text: `${feature} is far lower than on usual payments, as it often is on fraudulent ones.`,
}));

const SOURCES = sql.join(KNOWN_SOURCES.map((source) => sql.lit(source)));

/**
 * Fills an empty, migrated store by SQL, not by scoring: decisions spread evenly over two years, their keys with hashes,
 * 1.5 % of them cases, labels, timelines, and counters that agree with the rows (`npm run reconcile` finds nothing).
 */
export async function fill(
  db: Kysely<Database>,
  filling: Filling,
  progress: (text: string) => void,
): Promise<void> {
  const { rows } = filling;
  const start = new Date(Date.now() - DAYS * DAY_MS);
  await createPartitions(db, start, new Date());
  const indexes = await takeIndexes(db);
  // Thousands of real payments' shapes are not needed to fill a page: the width of a row is.
  await sql`create unlogged table bench_v as
    select shape, (select array_agg((random() * 4 - 2)::real) from generate_series(1, 28) where shape > 0) as v
    from generate_series(1, 1000) as shape`.execute(db);
  await sql`alter table bench_v add primary key (shape)`.execute(db);
  for (let from = 1; from <= rows; from += SLICE) {
    await insertDecisions(db, filling, start, from, Math.min(rows, from + SLICE - 1));
    if (from > 1 && (from - 1) % (8 * SLICE) === 0) progress(`${(from - 1).toLocaleString("en")} decisions`);
  }
  await sql`drop table bench_v`.execute(db);
  await sql`select setval('decision_seq', ${rows}::int8)`.execute(db);
  progress("decisions are in; keys and indexes");
  await sql`
    insert into transaction_keys (transaction_id, content_hash, decided_at, seq)
    select transaction_id, decode(md5(transaction_id), 'hex'), decided_at, seq
    from decisions order by transaction_id`.execute(db);
  for (const index of indexes) await sql.raw(index).execute(db);
  progress("cases and counters");
  await insertCases(db);
  await insertCounters(db);
  await sql`update review_cases c set priority = ${priorityOf("c")} where status = 'open'`.execute(db);
  await sql`vacuum (analyze)`.execute(db);
  await sql`checkpoint`.execute(db);
}

/** Drops the decisions' indexes but the primary key. @returns how to make them again */
async function takeIndexes(db: Kysely<Database>): Promise<string[]> {
  const { rows } = await sql<{ name: string; definition: string }>`
    select c.relname as name, pg_get_indexdef(i.indexrelid) as definition
    from pg_index i join pg_class c on c.oid = i.indexrelid
    where i.indrelid = 'decisions'::regclass and not i.indisprimary`.execute(db);
  for (const { name } of rows) await sql`drop index ${sql.table(name)}`.execute(db);
  // Of the parent, so also of each partition: pg says ONLY.
  return rows.map(({ definition }) => definition.replace(" ON ONLY ", " ON "));
}

/** Few cards and merchants have many payments, as it is outside. */
async function insertDecisions(
  db: Kysely<Database>,
  { rows, model }: Filling,
  start: Date,
  from: number,
  to: number,
): Promise<void> {
  await sql`
    with drawn as materialized (
      select n, ${start}::timestamptz + (now() - ${start}::timestamptz) * (n::float8 / ${rows + 1}) as at,
        random() as r_tier, random() as r_score, random() as r_currency, random() as r_card, random() as r_merchant,
        random() as r_truth, (1 + floor(random() * 1000))::int as r_v, 10 ^ (2 + 2 * random()) as r_amount
      from generate_series(${from}::int, ${to}::int) as n
    ), tiered as (
      select *, case when r_tier < 0.005 then 'critical' when r_tier < 0.015 then 'high'
        when r_tier < 0.05 then 'medium' else 'low' end as tier
      from drawn)
    insert into decisions (seq, decided_at, transaction_id, source, event_time, time_seconds, v, amount_minor, currency,
      card_token, merchant_id, merchant_category, country, channel, fraud_probability, risk_tier, action, review,
      fraud_predicted, model_name, model_version, policy_version, truth)
    select n, at, md5(n::text)::uuid::text, (array[${SOURCES}])[1 + (n * 7919::int8) % ${sql.lit(KNOWN_SOURCES.length)}],
      at - interval '1 second', n % 172800, v, r_amount::int8,
      case when r_currency < 0.6 then 'EUR' when r_currency < 0.75 then 'USD' when r_currency < 0.85 then 'GBP'
        when r_currency < 0.9 then 'CHF' when r_currency < 0.95 then 'SEK' else 'JPY' end,
      'card_' || substr(md5('c' || floor(${sql.lit(CARDS)} * r_card ^ 2)), 1, 16),
      'mrc_' || substr(md5('m' || floor(${sql.lit(MERCHANTS)} * r_merchant ^ 2)), 1, 12),
      (array['groceries', 'restaurants', 'fuel', 'travel', 'electronics'])[1 + n % 5],
      (array['BE', 'FR', 'NL', 'DE', 'LU', 'ES', 'IT', 'GB', 'US'])[1 + n % 9],
      (array['chip', 'contactless', 'online'])[1 + n % 3],
      case tier when 'critical' then 0.7 + 0.3 * r_score when 'high' then 0.3 + 0.399 * r_score
        when 'medium' then 0.1 + 0.199 * r_score else 0.099 * r_score end,
      tier, case tier when 'critical' then 'block' when 'high' then 'verify' when 'medium' then 'monitor'
        else 'approve' end,
      tier in ('high', 'critical'), tier = 'critical' or (tier = 'high' and r_score >= 0.52),
      ${model.name}, ${model.version}, 'tiers-1',
      case when n % 2 = 0 then r_truth < (case tier when 'critical' then 0.9 when 'high' then 0.4 else 0.0005 end) end
    from tiered join bench_v on bench_v.shape = r_v`.execute(db);
}

/** One for each reviewed decision: the newest wait, half of them past their SLA; some are in somebody's hands. */
async function insertCases(db: Kysely<Database>): Promise<void> {
  await sql`
    with reviewed as materialized (
      select *, row_number() over (order by decided_at desc, seq desc) as place, count(*) over () as cases
      from decisions where review
    ), judged as (
      select *, place <= least(${sql.lit(MOST_OPEN)}, cases * 2 / 3) as open, place % 2 = 0 as late,
        case when random() < (case risk_tier when 'critical' then 0.9 else 0.4 end)
          then 'fraud' else 'legitimate' end as verdict,
        least(decided_at + random() * interval '4 hours', now()) as verdict_at
      from reviewed)
    insert into review_cases (transaction_id, decision_at, decision_seq, risk_tier, fraud_probability, amount_minor,
      currency, priority, status, opened_at, due_at, escalated_at, claimed_by, claimed_until, reasons, verdict, note,
      decided_by, decided_at)
    select transaction_id, decided_at, seq, risk_tier, fraud_probability, amount_minor, currency, 0,
      case when open then 'open' else 'decided' end, decided_at,
      case when open and not late then now() + interval '1 day' + random() * interval '30 days'
        else least(decided_at + interval '4 hours', now()) end,
      case when open and late then least(decided_at + interval '4 hours', now()) end,
      case when claimed then who end,
      -- Long enough for a folder that is kept.
      case when claimed then now() + interval '10 days' end,
      ${JSON.stringify(REASONS)}::jsonb,
      case when not open then verdict end, case when not open then 'as the cardholder said on the telephone' end,
      case when not open then who end, case when not open then verdict_at end
    from judged, lateral (select open and place % 4 = 0 as claimed,
      case when place % 8 = 0 then '{"kind": "api_key", "id": "admin", "name": "api-key"}'::jsonb
        else jsonb_build_object('kind', 'user', 'id', (1 + place % 20)::text, 'name', 'analyst ' || 1 + place % 20)
        end as who) as person
    order by seq`.execute(db);
  await sql`
    insert into review_events (case_id, at, actor, kind, detail)
    select case_id, at, actor, kind, detail from (
      select case_id, opened_at as at, '{"kind": "system", "id": "system", "name": "system"}'::jsonb as actor,
        'opened' as kind, jsonb_build_object('risk_tier', risk_tier, 'due_at', due_at) as detail from review_cases
      union all
      select case_id, escalated_at, '{"kind": "system", "id": "system", "name": "system"}', 'escalated', '{}'
      from review_cases where escalated_at is not null
      union all
      select case_id, decided_at, decided_by, 'decided', jsonb_build_object('verdict', verdict)
      from review_cases where status = 'decided') as events
    order by at, case_id`.execute(db);
  await sql`
    insert into labels (transaction_id, label, source, labelled_by, labelled_at)
    select transaction_id, verdict, 'analyst', decided_by, decided_at from review_cases
    where status = 'decided'`.execute(db);
}

/** Days, minutes and the total by the rows, as the reconciler would. Days that are over are closed. */
async function insertCounters(db: Kysely<Database>): Promise<void> {
  const ofCases = [
    ["escalated_at", "cases_escalated", "count(*)"],
    ["decided_at", "verdicts_fraud", "count(*) filter (where verdict = 'fraud')"],
    ["decided_at", "verdicts_legitimate", "count(*) filter (where verdict = 'legitimate')"],
  ] as const;
  const tables = [
    {
      table: "counters_by_day",
      period: (at: string) => `(${at} at time zone 'UTC')::date`,
      key: "day, risk_tier, currency",
      of: "day",
      since: "",
      money: ["amount_minor"],
      columns: "risk_tier, currency",
    },
    {
      table: "counters_by_minute",
      period: (at: string) => `date_trunc('minute', ${at})`,
      key: "minute, risk_tier",
      of: "minute",
      since: `> now() - interval '${MINUTES_KEPT_DAYS} days'`,
      money: [],
      columns: "risk_tier",
    },
  ] as const;
  for (const { table, period, key, of, since, money, columns: grouped } of tables) {
    const summed = money.map((name) => `, sum(${name}) as ${name}`).join("");
    await sql`
      insert into ${sql.table(table)} (${sql.raw([key, ...money].join(", "))}, ${columns(COUNTED_OF_DECISIONS)})
      select ${sql.raw(`${period("decided_at")} as ${of}, ${grouped}${summed}`)}, ${countsOfDecisions}
      from decisions ${sql.raw(since && `where decided_at ${since}`)}
      group by ${sql.raw(key)}`.execute(db);
    for (const [at, counted, count] of ofCases) {
      await sql`
        insert into ${sql.table(table)} as c (${sql.raw(`${key}, ${counted}`)})
        select ${sql.raw(`${period(at)}, ${grouped}, ${count}`)} from review_cases
        where ${sql.raw(since ? `${at} ${since}` : `${at} is not null`)} group by ${sql.raw(`${period(at)}, ${grouped}`)}
        on conflict (${sql.raw(key)}) do update set ${sql.raw(`${counted} = c.${counted} + excluded.${counted}`)}`.execute(
        db,
      );
    }
  }
  await sql`update counters_by_day set closed_at = now() where day < (now() at time zone 'UTC')::date - 1`.execute(
    db,
  );
  await sql`
    insert into counters_total (risk_tier, currency, amount_minor, ${columns(COUNTED)})
    select risk_tier, currency, sum(amount_minor), ${sql.join(COUNTED.map((name) => sql`sum(${sql.ref(name)})`))}
    from counters_by_day group by 1, 2`.execute(db);
}
