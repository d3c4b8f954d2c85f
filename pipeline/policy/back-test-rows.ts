import { setImmediate as breathe } from "node:timers/promises";
import { type Kysely, sql } from "kysely";
import type { Entities, Fields } from "../../domain/entities.ts";
import { unitsOf } from "../../domain/money.ts";
import type { PolicyDecision } from "../../domain/policy/decide.ts";
import type { DecisionPolicy } from "../../domain/policy/decision-policy.ts";
import type { RiskTier } from "../../domain/tiers.ts";
import { CONTEXT_FIELDS, CONTRACT_INPUTS, type ContextName } from "../../domain/transaction.ts";
import type { Label } from "../../domain/verdicts.ts";
import { type ReadyPolicy, readyPolicy } from "../../features/policy/compile.ts";
import type { ListLookup } from "../../features/policy/lists.ts";
import { addScore, type PaymentReader, paymentReads } from "../../features/policy/variables.ts";
import { readAllModelInputs, type StoredInputs } from "../store/model-inputs.ts";
import type { Database } from "../store/schema.ts";

/** Rows that are in memory at once. */
const AT_ONCE = 1_000;
/** Rows that are decided between two breaths: whoever else works in this process waits no longer. */
const BETWEEN_BREATHS = 100;

/** From when to when, by the time of deciding. */
export interface Span {
  readonly since: Date;
  readonly until: Date;
}

/** What stored decisions are decided by again. */
export interface Policies extends Span {
  readonly today: DecisionPolicy;
  readonly tried: DecisionPolicy;
  readonly lists: ListLookup;
}

/** A stored decision, as a policy reads it and as figures count it. */
export interface Row extends Readonly<Record<ContextName, string | null>> {
  readonly seq: number;
  readonly at: string;
  readonly decidedAt: Date;
  readonly transactionId: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly fields: Fields | null;
  readonly entities: Entities | null;
  readonly eventTime: Date;
  readonly probability: number;
  readonly tier: RiskTier;
  /** "name@version" */
  readonly model: string;
  readonly label: Label | null;
  readonly truth: boolean | null;
  /** Only where a rule reads features. */
  readonly v?: readonly number[] | null;
  readonly time?: number | null;
  readonly features?: readonly (number | null)[] | null;
}

/** A stored decision, and what the two policies make of it. */
export interface Compared {
  readonly row: Row;
  readonly today: ByPolicy;
  readonly tried: ByPolicy;
}

export interface ByPolicy {
  readonly decision: PolicyDecision;
  /** Rules that could not be told, because what the model read was not kept: they did nothing. */
  readonly notKnown: ReadonlySet<string>;
}

/** About how many decisions a span has, from the daily counts' point of view: enough for a progress bar. */
export async function countDecisions(db: Kysely<Database>, { since, until }: Span): Promise<number> {
  const { count } = await db
    .selectFrom("decisions")
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .where("decided_at", ">=", since)
    .where("decided_at", "<", until)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/**
 * The stored decisions of a span, oldest first, each decided again by both policies. In bounded memory. The tier is the
 * stored one: it is the model's, and so are the features, as they were when it scored.
 *
 * @throws PolicyError when one of the policies cannot be read; the database's error
 */
export async function* compare(
  db: Kysely<Database>,
  { since, until, today, tried, lists }: Policies,
): AsyncGenerator<Compared[]> {
  const [one, other] = [await readyPolicy(today, { lists }), await readyPolicy(tried, { lists })];
  const read = paymentReads(new Set([...one.uses, ...other.uses]));
  const withFeatures = one.readFeatures.size + other.readFeatures.size > 0;
  const inputs = withFeatures ? await readAllModelInputs(db) : new Map<string, StoredInputs>();
  for await (const rows of inOrder(db, { since, until }, withFeatures)) {
    const compared: Compared[] = [];
    for (const [i, row] of rows.entries()) {
      if (i % BETWEEN_BREATHS === BETWEEN_BREATHS - 1) await breathe();
      reading = row;
      const features = withFeatures ? featuresOf(row, inputs) : undefined;
      const by = (policy: ReadyPolicy): ByPolicy => {
        const scope = addScore({ ...read(reader) }, row.probability, row.tier, row.model, features);
        const decision = policy.compiled.decide(row.tier, scope);
        return { decision, notKnown: features ? NONE : untold(policy, decision) };
      };
      compared.push({ row, today: by(one), tried: by(other) });
    }
    yield compared;
  }
}

const NONE: ReadonlySet<string> = new Set();

/** Rules that failed for want of features. */
function untold({ readFeatures }: ReadyPolicy, { rules }: PolicyDecision): ReadonlySet<string> {
  if (readFeatures.size === 0) return NONE;
  return new Set(
    rules.flatMap(({ rule, kind }) => (kind === "failed" && readFeatures.has(rule) ? [rule] : [])),
  );
}

/**
 * What the model read, by its names: as it was kept, or the contract's own numbers where the model reads those. Undefined
 * where nobody knows: a rule that asks for it then fails, whatever it asks.
 */
function featuresOf(
  { model, features, v, time, amountMinor, currency }: Row,
  inputs: ReadonlyMap<string, StoredInputs>,
): Readonly<Record<string, number>> | undefined {
  const known = inputs.get(model);
  if (features) {
    if (known?.columns.length !== features.length) return undefined;
    // As the scorer has them: the 32-bit number, not the decimal that PostgreSQL writes for it. One that was not finite
    // is left out, so that a rule that reads it fails, and is counted.
    return Object.fromEntries(
      known.columns.flatMap((name, i) => {
        const value = features[i] ?? null;
        return value === null ? [] : [[name, Math.fround(value)]];
      }),
    );
  }
  if (!v || known) return undefined;
  const numbers = [time ?? 0, ...v, unitsOf(amountMinor, currency)];
  return Object.fromEntries(CONTRACT_INPUTS.map((name, i) => [name, Math.fround(numbers[i] as number)]));
}

let reading: Row;
const reader: PaymentReader = {
  amount: () => unitsOf(reading.amountMinor, reading.currency),
  currency: () => reading.currency,
  eventTimeMs: () => reading.eventTime.getTime(),
  text: (name) => reading[name] ?? "",
  fields: () => reading.fields ?? {},
  entities: () => reading.entities ?? {},
};

async function* inOrder(
  db: Kysely<Database>,
  { since, until }: Span,
  withFeatures: boolean,
): AsyncGenerator<Row[]> {
  let at = since.toISOString();
  let seq = -1;
  for (;;) {
    const { rows } = await sql<Row>`
      select d.seq, d.decided_at::text as at, d.decided_at as "decidedAt", d.transaction_id as "transactionId",
        d.amount_minor as "amountMinor", d.currency, d.fields, d.entities, d.event_time as "eventTime",
        d.fraud_probability as probability, d.risk_tier as tier, d.model_name || '@' || d.model_version as model,
        ${sql.join(CONTEXT_FIELDS.map(({ name, column }) => sql`${sql.ref(`d.${column}`)} as ${sql.ref(name)}`))},
        ${withFeatures ? sql`d.v, d.time_seconds as time, d.features,` : sql``} l.label, d.truth
      from decisions d left join labels l on l.transaction_id = d.transaction_id
      where d.decided_at >= ${at}::timestamptz and d.decided_at < ${until}
        and (d.decided_at, d.seq) > (${at}::timestamptz, ${seq}::int8)
      order by d.decided_at, d.seq limit ${AT_ONCE}`.execute(db);
    const last = rows.at(-1);
    if (!last) return;
    yield rows;
    ({ at, seq } = last);
    if (rows.length < AT_ONCE) return;
  }
}
