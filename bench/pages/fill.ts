import { type Kysely, sql } from "kysely";
import { COUNTED, columns } from "../../pipeline/store/counting.ts";
import { createPartitions } from "../../pipeline/store/partitions.ts";
import type { Database } from "../../pipeline/store/schema.ts";

const BATCH = 500_000;
const MONTHS = 24;
/** Cases that wait for a verdict, at most an eighth of all. */
const OPEN = 20_000;
/** Days of UTC that are over; today's and yesterday's counters stay open. */
const CLOSED_BEFORE = "2 days";

/**
 * Fills an empty, migrated database with decisions over two years, by SQL and not by scoring: 200,000 cards, 5,000
 * merchants, 6 currencies, 4 sources; 1.5 % are High or Critical and have a case. Counters say what the rows say.
 */
export async function fill(db: Kysely<Database>, count: number, say: (what: string) => void): Promise<void> {
  const end = Date.now() - 60_000;
  const start = end - MONTHS * 30 * 86_400_000;
  await createPartitions(db, new Date(start), new Date(end));
  // Indexes are made once, over what is there: ten times as fast.
  const indexes = await sql<{ name: string; def: string }>`
    select indexname as name, indexdef as def from pg_indexes
    where tablename = 'decisions' and indexname not like 'decisions_pkey%'`.execute(db);
  for (const { name } of indexes.rows) await sql`drop index ${sql.table(name)}`.execute(db);
  const stepMs = (end - start) / count;
  for (let from = 0; from < count; from += BATCH) {
    const to = Math.min(count, from + BATCH);
    await sql`
      insert into decisions (seq, decided_at, transaction_id, source, event_time, time_seconds, v, amount_minor, currency,
        card_token, merchant_id, merchant_category, country, channel, fraud_probability, risk_tier, action, review,
        fraud_predicted, model_name, model_version, policy_version, truth)
      select i + 1, at, 'bench-' || i, (array['simulator', 'replay', 'api', 'grpc'])[1 + mix % 4], at - interval '1 second',
        i % 172800, array_fill(0.5::real, array[28]), 100 + mix % 90000,
        (array['EUR', 'EUR', 'EUR', 'USD', 'JPY', 'GBP', 'CHF', 'KWD'])[1 + mix % 8],
        'tok_' || mix % 200000, 'm_' || mix % 5000, (5000 + mix % 900)::text, (array['FR', 'DE', 'US', 'JP'])[1 + mix % 4],
        (array['chip', 'online', 'contactless'])[1 + mix % 3],
        case when i % 1000 < 8 then 0.9 when i % 1000 < 15 then 0.5 when i % 1000 < 30 then 0.2 else 0.01 end,
        case when i % 1000 < 8 then 'critical' when i % 1000 < 15 then 'high' when i % 1000 < 30 then 'medium' else 'low' end,
        case when i % 1000 < 8 then 'block' when i % 1000 < 15 then 'verify' when i % 1000 < 30 then 'monitor' else 'approve' end,
        i % 1000 < 15, i % 1000 < 12, 'fraud-champion', '4', 'tiers-1', i % 1000 < 4
      from (
        select i, to_timestamp(${start / 1000}::float8 + i * ${stepMs / 1000}::float8) as at,
          (i * 2654435761) % 1000003 as mix
        from generate_series(${from}::bigint, ${to - 1}::bigint) as i) as made`.execute(db);
    say(`${to.toLocaleString("en")} decisions`);
  }
  for (const { name, def } of indexes.rows) {
    await sql.raw(def.replace(" ON ONLY ", " ON ")).execute(db);
    say(`index ${name}`);
  }
  await sql`
    insert into transaction_keys (transaction_id, content_hash, decided_at, seq)
    select transaction_id, decode(md5(transaction_id), 'hex'), decided_at, seq from decisions`.execute(db);
  say("keys");
  await sql`select setval('decision_seq', ${count + 1})`.execute(db);
  await sql`
    insert into review_cases (transaction_id, decision_at, decision_seq, risk_tier, fraud_probability, amount_minor, currency,
      priority, opened_at, due_at, escalated_at, reasons, status, verdict, note, decided_by, decided_at)
    select transaction_id, decided_at, seq, risk_tier, fraud_probability, amount_minor, currency,
      fraud_probability * (1 + amount_minor / 5000.0), decided_at, decided_at + interval '4 hours',
      case when open and number % 2 = 0 then decided_at + interval '4 hours' end,
      '[{"code": "V14_LOW", "feature": "V14", "value": -8, "contribution": 0.4, "text": "V14 is unusually low"}]',
      case when open then 'open' else 'decided' end,
      case when open then null when number % 3 = 0 then 'legitimate' else 'fraud' end, null,
      case when not open then '{"kind": "user", "id": "1", "name": "ann"}'::jsonb end,
      case when not open then decided_at + interval '1 hour' end
    from (
      select *, row_number() over (order by seq desc) as number,
        row_number() over (order by seq desc) <= least(${OPEN}::int, ${Math.ceil((count * 0.015) / 8)}::int) as open
      from decisions where review) as reviewed
    order by seq`.execute(db);
  await sql`
    insert into review_events (case_id, at, actor, kind)
    select case_id, opened_at, '{"kind": "system", "id": "system", "name": "system"}', 'opened' from review_cases`.execute(
    db,
  );
  say("cases");
  await fillCounters(db);
  say("counters");
  await sql`vacuum analyze`.execute(db);
}

/** What the recorders would have counted. */
async function fillCounters(db: Kysely<Database>): Promise<void> {
  const ofDecisions = sql`count(*), count(*) filter (where fraud_predicted), count(truth), count(*) filter (where truth),
    count(*) filter (where truth and fraud_predicted), count(*) filter (where not truth and fraud_predicted),
    count(*) filter (where review), 0, 0, 0`;
  const sums = sql.join(COUNTED.map((name) => sql`sum(${sql.ref(name)})`));
  await sql`
    insert into counters_by_day (day, risk_tier, currency, amount_minor, ${columns(COUNTED)})
    select day, risk_tier, currency, sum(amount_minor), ${sums} from (
      select (decided_at at time zone 'UTC')::date, risk_tier, currency, sum(amount_minor), ${ofDecisions}
      from decisions group by 1, 2, 3
      union all
      select (decided_at at time zone 'UTC')::date, risk_tier, currency, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        count(*) filter (where verdict = 'fraud'), count(*) filter (where verdict = 'legitimate')
      from review_cases where status = 'decided' group by 1, 2, 3
      union all
      select (escalated_at at time zone 'UTC')::date, risk_tier, currency, 0, 0, 0, 0, 0, 0, 0, 0, count(*), 0, 0
      from review_cases where escalated_at is not null group by 1, 2, 3
    ) as counted (day, risk_tier, currency, amount_minor, ${columns(COUNTED)}) group by 1, 2, 3`.execute(db);
  await sql`update counters_by_day set closed_at = now() where day < now() - ${sql.lit(CLOSED_BEFORE)}::interval`.execute(
    db,
  );
  await sql`
    insert into counters_total (risk_tier, currency, amount_minor, ${columns(COUNTED)})
    select risk_tier, currency, sum(amount_minor), ${sums} from counters_by_day group by 1, 2`.execute(db);
  await sql`
    insert into counters_by_minute (minute, risk_tier, ${columns(COUNTED)})
    select date_trunc('minute', decided_at), risk_tier, ${ofDecisions}
    from decisions where decided_at > now() - interval '92 days' group by 1, 2`.execute(db);
}
