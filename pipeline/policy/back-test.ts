import { setImmediate as breathe } from "node:timers/promises";
import { type Kysely, sql } from "kysely";
import { ACTIONS, type Action } from "../../domain/actions.ts";
import type { Entities, Fields } from "../../domain/entities.ts";
import { unitsOf } from "../../domain/money.ts";
import type { PolicyDecision } from "../../domain/policy/decide.ts";
import type { DecisionPolicy } from "../../domain/policy/decision-policy.ts";
import type { RiskTier } from "../../domain/tiers.ts";
import { CONTEXT_FIELDS, CONTRACT_INPUTS, type ContextName } from "../../domain/transaction.ts";
import { LABELS, type Label } from "../../domain/verdicts.ts";
import { type ReadyPolicy, readyPolicy } from "../../features/policy/compile.ts";
import type { ListLookup } from "../../features/policy/lists.ts";
import { addScore, type PaymentReader, paymentReads } from "../../features/policy/variables.ts";
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

/** Money by currency (ISO 4217), in whole minor units as digits. */
export type MoneyByCurrency = Readonly<Record<string, string>>;

/** What a policy would have made of the decisions of a span. */
export interface PolicyOutcome {
  readonly version: string;
  readonly actions: Readonly<Record<Action, number>>;
  /** Sent to people. */
  readonly reviews: number;
  /** Frauds that it stops or questions (verify, block) or sends to people, and those that it lets through unseen. */
  readonly caught: Group;
  readonly missed: Group;
  /** Payments not known to be fraud whose customers it stops or questions. */
  readonly hurt: Group;
  /** Of those, the ones that are known to be legitimate. */
  readonly hurtLegitimate: Group;
  /** By rule, how often it fired, and how often it could not be evaluated. */
  readonly rules: Readonly<Record<string, { readonly fired: number; readonly failed: number }>>;
}

export interface Group {
  readonly payments: number;
  readonly money: MoneyByCurrency;
}

/** Which payments the two policies treat differently. */
export const DIFFERENCES = [
  "newly_caught",
  "no_longer_caught",
  "newly_hurt",
  "no_longer_hurt",
  "newly_reviewed",
  "no_longer_reviewed",
] as const;
export type Difference = (typeof DIFFERENCES)[number];

/** Those that do not go by what a payment turned out to be. */
const BY_DECISION: ReadonlySet<Difference> = new Set(["newly_reviewed", "no_longer_reviewed"]);

/** Whether {@link differentPayments} leaves out what only a simulation knows. */
export function goesByTruth(difference: Difference): boolean {
  return !BY_DECISION.has(difference);
}

/** A back-test's whole result. */
export interface BackTest {
  readonly since: string;
  readonly until: string;
  readonly decisions: number;
  /** Days that the decisions lie in, at least one hour: what `reviews a day` divides by. */
  readonly days: number;
  /** Decisions whose truth is known: by a label, or by the simulation that made the payment. */
  readonly labelled: number;
  readonly simulated: number;
  readonly frauds: number;
  /** By today's policy, and by the one that is tried. Both are run by the same engine, with the lists as they are now. */
  readonly today: PolicyOutcome;
  readonly tried: PolicyOutcome;
  readonly differences: Readonly<Record<Difference, Group>>;
}

/** A payment that the two policies treat differently. */
export interface DifferentPayment {
  readonly seq: number;
  readonly transactionId: string;
  readonly decidedAt: Date;
  readonly amount: number;
  readonly currency: string;
  readonly probability: number;
  readonly tier: RiskTier;
  readonly today: PolicyDecision;
  readonly tried: PolicyDecision;
  readonly label: Label | null;
}

interface Row extends Readonly<Record<ContextName, string | null>> {
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
  readonly model: string;
  readonly label: Label | null;
  readonly truth: boolean | null;
  /** Only where a rule reads features. */
  readonly v?: readonly number[] | null;
  readonly time?: number | null;
}

/**
 * What the model read, as far as the store keeps it: the contract's own numbers. What a schema made of them and of history
 * is not kept: a rule that reads it fails in a back-test, and is counted.
 */
function featuresOf({ v, time, amountMinor, currency }: Row): Readonly<Record<string, number>> | undefined {
  if (v === undefined) return undefined;
  if (v === null) return {};
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

export interface BackTestOptions extends Span {
  readonly today: DecisionPolicy;
  readonly tried: DecisionPolicy;
  readonly lists: ListLookup;
  /** Told how many decisions were looked at; throws to stop. */
  readonly progress?: (lookedAt: number) => Promise<void>;
}

/**
 * Decides the stored decisions of a span again, by today's policy and by another, and compares. One pass, oldest first, in
 * bounded memory. The tier is the stored one: it is the model's. A rule that reads what the store does not keep fails, and
 * is counted.
 *
 * @throws PolicyError when one of the policies cannot be read; the database's error
 */
export async function backTest(db: Kysely<Database>, options: BackTestOptions): Promise<BackTest> {
  const { since, until, progress } = options;
  const sums = { decisions: 0, labelled: 0, simulated: 0, frauds: 0 };
  const today = new OutcomeSum(options.today);
  const tried = new OutcomeSum(options.tried);
  const differences = new Map(DIFFERENCES.map((difference) => [difference, new GroupSum()]));
  let first: Date | undefined;
  let last = since;
  for await (const rows of compare(db, options)) {
    for (const { row, before, after } of rows) {
      first ??= row.decidedAt;
      last = row.decidedAt;
      sums.decisions++;
      if (row.label !== null) sums.labelled++;
      else if (row.truth !== null) sums.simulated++;
      if (truthOf(row) === FRAUD) sums.frauds++;
      today.add(row, before);
      tried.add(row, after);
      for (const difference of differencesOf(row, before, after)) differences.get(difference)?.add(row);
    }
    await progress?.(sums.decisions);
  }
  const spanMs = Math.max(3_600_000, last.getTime() - (first ?? since).getTime());
  return {
    since: since.toISOString(),
    until: until.toISOString(),
    ...sums,
    days: spanMs / 86_400_000,
    today: today.outcome(),
    tried: tried.outcome(),
    differences: Object.fromEntries(
      DIFFERENCES.map((difference) => [difference, (differences.get(difference) as GroupSum).group()]),
    ) as Record<Difference, Group>,
  };
}

/**
 * The payments behind a figure of {@link backTest}, oldest first. Where a figure goes by the truth, payments whose truth only
 * a simulation knows are left out: a list of them would answer the question that is put to people (pipeline/store/
 * decision-list.ts).
 *
 * @param after only those behind this seq
 */
export async function differentPayments(
  db: Kysely<Database>,
  options: BackTestOptions,
  difference: Difference,
  { after = 0, limit = 50 }: { readonly after?: number; readonly limit?: number } = {},
): Promise<DifferentPayment[]> {
  const found: DifferentPayment[] = [];
  for await (const rows of compare(db, options)) {
    for (const { row, before, after: tried } of rows) {
      if (row.seq <= after || !differencesOf(row, before, tried).includes(difference)) continue;
      if (row.label === null && row.truth !== null && !BY_DECISION.has(difference)) continue;
      const { seq, transactionId, decidedAt, currency, probability, tier } = row;
      const amount = unitsOf(row.amountMinor, currency);
      const what = { seq, transactionId, decidedAt, amount, currency, probability, tier };
      found.push({ ...what, today: before, tried, label: row.label });
      if (found.length >= limit) return found;
    }
  }
  return found;
}

interface Compared {
  readonly row: Row;
  readonly before: PolicyDecision;
  readonly after: PolicyDecision;
}

async function* compare(
  db: Kysely<Database>,
  { since, until, today, tried, lists }: BackTestOptions,
): AsyncGenerator<Compared[]> {
  const [one, other] = [await readyPolicy(today, { lists }), await readyPolicy(tried, { lists })];
  const read = paymentReads(new Set([...one.uses, ...other.uses]));
  const decide = ({ compiled }: ReadyPolicy, row: Row): PolicyDecision =>
    compiled.decide(
      row.tier,
      addScore({ ...read(reader) }, row.probability, row.tier, row.model, featuresOf(row)),
    );
  const withFeatures = one.uses.has("features") || other.uses.has("features");
  for await (const rows of inOrder(db, { since, until }, withFeatures)) {
    const compared: Compared[] = [];
    for (const [i, row] of rows.entries()) {
      if (i % BETWEEN_BREATHS === BETWEEN_BREATHS - 1) await breathe();
      reading = row;
      compared.push({ row, before: decide(one, row), after: decide(other, row) });
    }
    yield compared;
  }
}

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
        ${withFeatures ? sql`d.v, d.time_seconds as time,` : sql``} l.label, d.truth
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

const [FRAUD, LEGITIMATE] = LABELS;

function truthOf({ label, truth }: Row): Label | null {
  if (label !== null) return label;
  return truth === null ? null : truth ? FRAUD : LEGITIMATE;
}

/** A customer notices: asked, or refused. */
function isFelt({ action }: PolicyDecision): boolean {
  return action === "verify" || action === "block";
}

function catches(decision: PolicyDecision): boolean {
  return isFelt(decision) || decision.review;
}

function differencesOf(row: Row, before: PolicyDecision, after: PolicyDecision): Difference[] {
  const found: Difference[] = [];
  const note = (was: boolean, is: boolean, more: Difference, less: Difference): void => {
    if (is && !was) found.push(more);
    if (was && !is) found.push(less);
  };
  if (truthOf(row) === FRAUD) note(catches(before), catches(after), "newly_caught", "no_longer_caught");
  else note(isFelt(before), isFelt(after), "newly_hurt", "no_longer_hurt");
  note(before.review, after.review, "newly_reviewed", "no_longer_reviewed");
  return found;
}

class GroupSum {
  #payments = 0;
  readonly #money = new Map<string, bigint>();

  add({ amountMinor, currency }: Row): void {
    this.#payments++;
    this.#money.set(currency, (this.#money.get(currency) ?? 0n) + BigInt(amountMinor));
  }

  group(): Group {
    const money = [...this.#money].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      payments: this.#payments,
      money: Object.fromEntries(money.map(([currency, minor]) => [currency, String(minor)])),
    };
  }
}

class OutcomeSum {
  readonly #version: string;
  readonly #actions = new Map<Action, number>();
  readonly #rules = new Map<string, { fired: number; failed: number }>();
  readonly #groups = {
    caught: new GroupSum(),
    missed: new GroupSum(),
    hurt: new GroupSum(),
    hurtLegitimate: new GroupSum(),
  };
  #reviews = 0;

  constructor({ version }: DecisionPolicy) {
    this.#version = version;
  }

  add(row: Row, decision: PolicyDecision): void {
    this.#actions.set(decision.action, (this.#actions.get(decision.action) ?? 0) + 1);
    if (decision.review) this.#reviews++;
    const truth = truthOf(row);
    if (truth === FRAUD) this.#groups[catches(decision) ? "caught" : "missed"].add(row);
    else if (isFelt(decision)) {
      this.#groups.hurt.add(row);
      if (truth === LEGITIMATE) this.#groups.hurtLegitimate.add(row);
    }
    for (const { rule, kind } of decision.rules) {
      const counts = this.#rules.get(rule) ?? { fired: 0, failed: 0 };
      if (kind === "failed") counts.failed++;
      else counts.fired++;
      this.#rules.set(rule, counts);
    }
  }

  outcome(): PolicyOutcome {
    const { caught, missed, hurt, hurtLegitimate } = this.#groups;
    return {
      version: this.#version,
      actions: Object.fromEntries(
        ACTIONS.map((action) => [action, this.#actions.get(action) ?? 0]),
      ) as Record<Action, number>,
      reviews: this.#reviews,
      ...{ caught: caught.group(), missed: missed.group(), hurt: hurt.group() },
      hurtLegitimate: hurtLegitimate.group(),
      rules: Object.fromEntries(this.#rules),
    };
  }
}
