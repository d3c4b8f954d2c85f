import { type Kysely, sql, type Transaction } from "kysely";
import type { Action } from "../../domain/actions.ts";
import { SYSTEM } from "../../domain/actors.ts";
import { type ControlGroup, NO_CONTROL_GROUP } from "../../domain/control-group.ts";
import type { Entities, Fields } from "../../domain/entities.ts";
import type { Conversion } from "../../domain/exchange.ts";
import { DEFAULT_SLA_MINUTES, type ReviewSla } from "../../domain/policy/decision-policy.ts";
import type { RuleHit } from "../../domain/policy/rules.ts";
import type { Reason } from "../../domain/reasons.ts";
import type { RiskTier } from "../../domain/tiers.ts";
import { CONTEXT_FIELDS, type StoredContext } from "../../domain/transaction.ts";
import { failPoint } from "../../platform/process/fail-point.ts";
import { appendOutbox } from "../outbox/append.ts";
import { priorityOf } from "../review/worth.ts";
import { COUNTED_OF_DECISIONS, columns, countsOfDecisions } from "../store/counting.ts";
import { keptJson } from "../store/kept-json.ts";
import { preparePartitions } from "../store/partitions.ts";
import type { Database } from "../store/schema.ts";

/** One decision as it goes into the store. */
export interface NewDecision extends StoredContext {
  readonly transactionId: string;
  /** 16 bytes, hex: the same for the same content by whatever door (`contentHash`, pipeline/record/content-hash.ts). */
  readonly contentHash: string;
  readonly source: string;
  /** When the payment happened, ISO 8601. */
  readonly eventTime: string;
  /** Seconds, the model's Time; null for payments that have none. */
  readonly timeSeconds: number | null;
  /** V1…V28, as 32-bit floats; null for payments that have none. */
  readonly v: readonly number[] | null;
  readonly amountMinor: bigint;
  /** ISO 4217. */
  readonly currency: string;
  readonly fields: Fields | null;
  readonly entities: Entities | null;
  /** What the model read, as 32-bit floats; null where that is `v`, or is not known. */
  readonly features: readonly (number | null)[] | null;
  /** The feature store was away when it was scored. */
  readonly withoutHistory: boolean;
  readonly fraudProbability: number;
  readonly riskTier: RiskTier;
  readonly action: Action;
  /** Whether the policy sends it to people. */
  readonly review: boolean;
  /** How long they may take, minutes; null where the policy leaves it to the operator. */
  readonly slaMinutes: number | null;
  readonly fraudPredicted: boolean;
  readonly modelName: string;
  readonly modelVersion: string;
  readonly policyVersion: string;
  /** Rules that fired or failed, and what each changed. */
  readonly rules: readonly RuleHit[];
  /** Names in `fields` that the model read nothing of; null where there are none. */
  readonly unknownFields: readonly string[] | null;
  /** How the model read the amount; null where that was in the model's currency. */
  readonly conversion: Conversion | null;
  /** What the producer said that nobody reads; null where there was nothing. */
  readonly extra: Readonly<Record<string, unknown>> | null;
  /** What the source knows to be true; null where nobody knows. */
  readonly truth: boolean | null;
  /** Stored with the case of a decision that is reviewed. */
  readonly reasons: readonly Reason[];
}

/** A case that this call opened. */
export interface OpenedCase {
  readonly caseId: number;
  readonly transactionId: string;
  readonly dueAt: Date;
}

/** What became durable by this call; what had been recorded before is not in it. */
export interface Recorded {
  readonly inserted: number;
  /** The same content under the same id was there before. */
  readonly duplicates: number;
  /** Indexes of decisions whose id is taken by another content: nothing of them is recorded. */
  readonly conflicts: readonly number[];
  readonly flagged: number;
  /** Of those inserted, the ones that were scored while the feature store was away. */
  readonly withoutHistory: number;
  readonly cases: readonly OpenedCase[];
}

const NOTHING: Recorded = {
  ...{ inserted: 0, duplicates: 0, conflicts: [], flagged: 0, withoutHistory: 0, cases: [] },
};

/** Characters of JSON that are kept of what nobody reads; of more, its beginning. */
const MAX_EXTRA = 16_384;

const MINUTE_MS = 60_000;

/**
 * Records decisions once: keys, rows, cases of those that are reviewed with their first event, what counters have to
 * add, and the outbox, in one SQL transaction. A transaction id that is there with the same content changes nothing, so
 * a job delivered twice counts once; with other content it is a conflict.
 *
 * Nothing but keys is waited for: they are taken in the order of their ids by every caller, so workers never deadlock.
 *
 * @param control of what is not sent to people, a share is drawn and looked at all the same; none when left out
 * @throws the database's error; nothing is recorded then
 */
export async function recordDecisions(
  db: Kysely<Database>,
  decisions: readonly NewDecision[],
  sla: ReviewSla,
  control: ControlGroup = NO_CONTROL_GROUP,
): Promise<Recorded> {
  if (decisions.length === 0) return NOTHING;
  // A chunk may name a transaction twice: its first entry is the one that is recorded.
  const firsts = new Map<string, NewDecision>();
  for (const decision of decisions) {
    if (!firsts.has(decision.transactionId)) firsts.set(decision.transactionId, decision);
  }
  const rows = [...firsts.values()].map((decision) => rowOf(decision, sla, control));
  const record = () => db.transaction().execute((trx) => recordFirsts(trx, rows));
  const { inserted, cases } = await record().catch(async (error: unknown) => {
    if (!isPartitionMissing(error)) throw error;
    await preparePartitions(db);
    return record();
  });
  const hashes = await hashesOf(
    db,
    [...firsts.keys()].filter((id) => !inserted.has(id)),
  );
  for (const id of inserted) hashes.set(id, firsts.get(id)!.contentHash);
  const conflicts = decisions.flatMap(({ transactionId, contentHash }, index) => {
    const hash = hashes.get(transactionId);
    return hash !== undefined && hash !== contentHash ? [index] : [];
  });
  const withoutHistory = [...inserted].filter((id) => firsts.get(id)!.withoutHistory).length;
  return {
    inserted: inserted.size,
    duplicates: decisions.length - inserted.size - conflicts.length,
    conflicts,
    flagged: cases.length,
    withoutHistory,
    cases,
  };
}

/** PostgreSQL's word for a row of a month that has no partition: the clock went on, or back, since the last look. */
function isPartitionMissing(error: unknown): boolean {
  return error instanceof Error && /no partition of relation "decisions" found/.test(error.message);
}

const CONTEXT = CONTEXT_FIELDS.map(({ column }) => column);
const COPIED = [
  "source",
  "event_time",
  "time_seconds",
  "v",
  "amount_minor",
  "currency",
  ...CONTEXT,
  "fields",
  "entities",
  "features",
  "without_history",
  "fraud_probability",
  "risk_tier",
  "action",
  "review",
  "fraud_predicted",
  "model_name",
  "model_version",
  "policy_version",
  "rules",
  "unknown_fields",
  "conversion",
  "extra",
  "truth",
] as const;

/** One JSON parameter for all rows: no limit of 65,535 parameters, one plan for every chunk size. One statement. */
async function recordFirsts(
  trx: Transaction<Database>,
  rows: readonly Record<string, unknown>[],
): Promise<{ inserted: ReadonlySet<string>; cases: OpenedCase[] }> {
  const { rows: recorded } = await sql<{
    transaction_id: string;
    decided_at: string;
    seq: number;
    case_id: number | null;
    due_at: Date | null;
  }>`
    with given as materialized (
      select * from json_to_recordset(${JSON.stringify(rows)}::json) as row (
        transaction_id text, content_hash text, source text, event_time timestamptz, time_seconds float8, v real[],
        amount_minor bigint, currency text, ${sql.join(CONTEXT.map((column) => sql`${sql.ref(column)} text`))},
        fields jsonb, entities jsonb, features real[], without_history boolean, fraud_probability real, risk_tier text,
        action text, review boolean, fraud_predicted boolean, model_name text, model_version text, policy_version text,
        rules jsonb, unknown_fields jsonb, conversion jsonb, extra jsonb, truth boolean, reasons jsonb, sla_ms float8,
        selected_by text, chance real)
    ), keyed as (
      insert into transaction_keys (transaction_id, content_hash, decided_at, seq)
      select transaction_id, decode(content_hash, 'hex'), now(), nextval('decision_seq')
      from (select transaction_id, content_hash from given order by transaction_id) as ordered
      on conflict (transaction_id) do nothing
      returning transaction_id, decided_at, seq
    ), recorded as (
      insert into decisions (transaction_id, decided_at, seq, ${columns(COPIED)})
      select transaction_id, keyed.decided_at, keyed.seq, ${columns(COPIED)}
      from keyed join given using (transaction_id)
      returning transaction_id, decided_at, seq, risk_tier, fraud_probability, amount_minor, currency, review,
        fraud_predicted, truth
    ), counted as (
      insert into counter_deltas (minute, risk_tier, currency, amount_minor, ${columns(COUNTED_OF_DECISIONS)})
      select date_trunc('minute', now()), risk_tier, currency, sum(amount_minor), ${countsOfDecisions}
      from recorded group by risk_tier, currency
    ), opened as (
      insert into review_cases (transaction_id, decision_at, decision_seq, risk_tier, fraud_probability, amount_minor,
        currency, priority, due_at, reasons, selected_by, chance)
      select r.transaction_id, r.decided_at, r.seq, r.risk_tier, r.fraud_probability, r.amount_minor, r.currency,
        ${priorityOf("r", "recorded")}, now() + given.sla_ms * interval '1 millisecond', given.reasons,
        given.selected_by, given.chance
      from recorded r join given using (transaction_id)
      where r.review
      order by r.seq
      returning case_id, transaction_id, risk_tier, due_at
    ), event as (
      insert into review_events (case_id, actor, kind, detail)
      select case_id, ${JSON.stringify(SYSTEM)}::jsonb, 'opened',
        jsonb_build_object('risk_tier', risk_tier, 'due_at', due_at)
      from opened order by case_id
    )
    select transaction_id, decided_at::text, seq, case_id, due_at from recorded left join opened using (transaction_id)
    order by case_id`.execute(trx);
  const cases = recorded.flatMap(({ case_id, transaction_id, due_at }) =>
    case_id === null ? [] : [{ caseId: case_id, transactionId: transaction_id, dueAt: due_at! }],
  );
  if (recorded.length > 0) {
    await appendOutbox(trx, [
      {
        kind: "decisions.recorded",
        ...{ count: recorded.length, flagged: cases.length, range: rangeOf(recorded) },
      },
      ...cases.map(({ caseId, dueAt }) => ({
        kind: "case.opened" as const,
        caseId,
        dueAt: dueAt.toISOString(),
      })),
    ]);
  }
  failPoint("record.written");
  return { inserted: new Set(recorded.map((row) => row.transaction_id)), cases };
}

/** Where rows of one statement lie. */
function rangeOf(rows: readonly { readonly decided_at: string; readonly seq: number }[]) {
  const places = rows.map(({ seq }) => Number(seq));
  return {
    decidedAt: rows[0]?.decided_at ?? "",
    firstSeq: Math.min(...places),
    lastSeq: Math.max(...places),
  };
}

function rowOf(d: NewDecision, sla: ReviewSla, control: ControlGroup): Record<string, unknown> {
  // By chance alone, so that nobody who sends payments can tell which will be looked at.
  const drawn = !d.review && control.share > 0 && (control.draw ?? Math.random)() < control.share;
  return {
    transaction_id: d.transactionId,
    content_hash: d.contentHash,
    source: d.source,
    event_time: d.eventTime,
    time_seconds: d.timeSeconds,
    v: d.v,
    // Beyond 2^53 a JSON number would be rounded on its way.
    amount_minor: String(d.amountMinor),
    currency: d.currency,
    ...Object.fromEntries(CONTEXT_FIELDS.map(({ name, column }) => [column, d[name]])),
    fields: d.fields,
    entities: d.entities,
    ...(d.features ? { features: d.features } : {}),
    without_history: d.withoutHistory,
    fraud_probability: d.fraudProbability,
    risk_tier: d.riskTier,
    action: d.action,
    review: d.review || drawn,
    fraud_predicted: d.fraudPredicted,
    model_name: d.modelName,
    model_version: d.modelVersion,
    policy_version: d.policyVersion,
    ...(d.rules.length > 0 ? { rules: d.rules } : {}),
    ...(d.unknownFields ? { unknown_fields: d.unknownFields } : {}),
    ...(d.conversion ? { conversion: d.conversion } : {}),
    ...(d.extra ? { extra: JSON.parse(keptJson(d.extra, MAX_EXTRA).json) } : {}),
    truth: d.truth,
    ...(d.review
      ? { reasons: d.reasons, sla_ms: slaMsOf(d, sla), selected_by: "policy", chance: 1 }
      : drawn && {
          reasons: d.reasons,
          sla_ms: control.slaMs,
          selected_by: "control",
          chance: control.share,
        }),
  };
}

/** The policy's, the operator's for the tier, or the house's. */
function slaMsOf({ slaMinutes, riskTier }: NewDecision, sla: ReviewSla): number {
  if (slaMinutes !== null) return slaMinutes * MINUTE_MS;
  return sla[riskTier] ?? DEFAULT_SLA_MINUTES.high * MINUTE_MS;
}

/** The content hashes of transactions recorded before; of one that an older version recorded, none. */
async function hashesOf(db: Kysely<Database>, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const { rows } = await sql<{ transaction_id: string; hash: string }>`
    select transaction_id, encode(content_hash, 'hex') as hash from transaction_keys
    where transaction_id = any(${ids}::text[]) and content_hash is not null`.execute(db);
  return new Map(rows.map((row) => [row.transaction_id, row.hash]));
}
