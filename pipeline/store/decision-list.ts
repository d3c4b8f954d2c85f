import { type Kysely, type SelectQueryBuilder, sql } from "kysely";
import type { Action } from "../../domain/actions.ts";
import type { Entities, Fields } from "../../domain/entities.ts";
import type { Conversion } from "../../domain/exchange.ts";
import { unitsOf } from "../../domain/money.ts";
import type { RuleHit } from "../../domain/policy/rules.ts";
import type { CaseStatus } from "../../domain/review-cases.ts";
import type { RiskTier } from "../../domain/tiers.ts";
import { CONTEXT_FIELDS, type StoredContext } from "../../domain/transaction.ts";
import type { Verdict } from "../../domain/verdicts.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { readModelInputs, type StoredInputs } from "./model-inputs.ts";
import { monthOfSeq } from "./month-of-seq.ts";
import { recentFirst } from "./recent-first.ts";
import type { Database } from "./schema.ts";

const DAY_MS = 86_400_000;

/** A decision as lists show it. */
export interface DecisionSummary extends StoredContext {
  /** Order of arrival; the cursor of {@link listDecisions}. */
  readonly seq: number;
  readonly transactionId: string;
  readonly source: string;
  readonly eventTime: Date;
  readonly decidedAt: Date;
  /** In units of the currency. */
  readonly amount: number;
  /** ISO 4217. */
  readonly currency: string;
  /** A team's own fields and entities, as they were given; null where there are none. */
  readonly fields: Fields | null;
  readonly entities: Entities | null;
  readonly fraudProbability: number;
  readonly riskTier: RiskTier;
  readonly action: Action;
  readonly fraudPredicted: boolean;
  readonly modelName: string;
  readonly modelVersion: string;
  readonly policyVersion: string;
  /** The feature store was away when it was scored. */
  readonly withoutHistory: boolean;
  /** Rules of the policy that fired or failed, and what each changed. */
  readonly rules: readonly RuleHit[];
  /** Names in `fields` that the model read nothing of. */
  readonly unknownFields: readonly string[];
  /** How the model read the amount; null where that was in the model's currency. */
  readonly conversion: Conversion | null;
  /** What the producer said that nobody reads; null where there was nothing. */
  readonly extra: Readonly<Record<string, unknown>> | null;
  /** When what identifies somebody was taken out of it; null where it is whole. */
  readonly redactedAt: Date | null;
  /**
   * What the source knows to be true, once a person has given a verdict: before it, and on payments that nobody judges,
   * it would answer the question that is put to people. Null also where nobody knows.
   */
  readonly truth: boolean | null;
  readonly caseId: number | null;
  readonly caseStatus: CaseStatus | null;
  readonly verdict: Verdict | null;
}

export interface DecisionDetail extends DecisionSummary {
  /** Seconds, the model's Time; null where the payment has none. */
  readonly timeSeconds: number | null;
  /** V1…V28; null where the payment has none. */
  readonly v: readonly number[] | null;
  /** What the model read; null where that is `v`, or was not kept. */
  readonly seen: SeenFeatures | null;
}

/** What a model read, with what the store knows of the names. */
export interface SeenFeatures {
  /** As 32-bit numbers; null for one that was not finite. */
  readonly values: readonly (number | null)[];
  /** What they are, in the same order; null where the store was never told. */
  readonly inputs: StoredInputs | null;
}

export interface DecisionFilter {
  /** 1 to 200; 50 when absent. */
  readonly limit?: number;
  /** Only decisions before this seq: the `nextBefore` of the page before. */
  readonly before?: number;
  readonly tiers?: readonly RiskTier[];
  /** A transaction id, card token or merchant id, exactly. */
  readonly search?: string;
  readonly since?: Date;
  readonly until?: Date;
  readonly source?: string;
  readonly fraudPredicted?: boolean;
}

/**
 * Newest first, by keyset: a page stays the same page while decisions arrive. Every filter has an index in that order,
 * so a page costs the same however many decisions there are.
 */
export async function listDecisions(
  db: Kysely<Database>,
  filter: DecisionFilter = {},
): Promise<{ items: DecisionSummary[]; nextBefore: number | null }> {
  const limit = Math.min(200, Math.max(1, Math.floor(filter.limit ?? 50)));
  const { before, tiers, since, until, source, fraudPredicted } = filter;
  const cursor = before === undefined ? undefined : await placeOf(db, before);
  if (before !== undefined && cursor === undefined) return { items: [], nextBefore: null };

  const page = (from: Date | undefined, narrow: (query: Places) => Places): Places => {
    let query: Places = db
      .selectFrom("decisions as p")
      .select([sql<string>`p.decided_at::text`.as("at"), "p.decided_at", "p.seq"]);
    if (from) query = query.where("p.decided_at", ">=", from);
    if (cursor) {
      // The first says which partitions are in question, the second where to begin.
      query = query
        .where(sql<boolean>`p.decided_at <= ${cursor.decided_at}::timestamptz`)
        .where(
          sql<boolean>`(p.decided_at, p.seq) < (${cursor.decided_at}::timestamptz, ${cursor.seq}::int8)`,
        );
    }
    if (until) query = query.where("p.decided_at", "<", until);
    if (source) query = query.where("p.source", "=", source);
    // Said in the statement: the index is of those that were predicted.
    if (fraudPredicted !== undefined)
      query = query.where(
        fraudPredicted ? sql<boolean>`p.fraud_predicted` : sql<boolean>`not p.fraud_predicted`,
      );
    return narrow(query)
      .orderBy("p.decided_at", "desc")
      .orderBy("p.seq", "desc")
      .limit(limit + 1);
  };
  // Each tier and each column that is searched is read in the order of its own index, then put together.
  const byTiers = (query: Places, tier: RiskTier | undefined): Places =>
    tier === undefined ? query : query.where("p.risk_tier", "=", tier);
  const wantedTiers = tiers && tiers.length > 0 ? [...new Set(tiers)] : [undefined];
  const searched = await searchConditions(db, filter.search);
  const newest = cursor ? new Date(cursor.decided_at) : until;
  // First where they lie, then what lies there: what is shown is read from the months of the page alone.
  const places = await recentFirst(
    { enough: limit + 1, ...(newest ? { newest } : {}), ...(since ? { oldest: since } : {}) },
    (from) =>
      searched
        .flatMap((found) => wantedTiers.map((tier) => page(from, (query) => byTiers(found(query), tier))))
        .map((part) => db.selectFrom(part.as("part")).select(["part.at", "part.decided_at", "part.seq"]))
        .reduce((all, part) => all.union(part))
        .orderBy("decided_at", "desc")
        .orderBy("seq", "desc")
        .limit(limit + 1)
        .execute(),
  );
  const items = await listDecisionsAt(
    db,
    places.slice(0, limit).map(({ at, seq }) => ({ decidedAt: at, seq })),
  );
  return { items, nextBefore: places.length > limit ? places[limit - 1]!.seq : null };
}

/** What lies at some places, newest first; a place twice is one decision. */
export async function listDecisionsAt(
  db: Kysely<Database>,
  places: readonly DecisionPlace[],
): Promise<DecisionSummary[]> {
  const all = [...new Map(places.map((place) => [place.seq, place])).values()];
  if (all.length === 0) return [];
  const moments = all.map(({ decidedAt }) => decidedAt);
  const wanted = sql<{ at: Date; seq: number }>`
    unnest(${moments}::timestamptz[], ${all.map(({ seq }) => seq)}::int8[])`;
  const rows = await summaries(db)
    .innerJoin(wanted.as<"place">(sql`place(at, seq)`), (join) =>
      join.onRef("place.at", "=", "d.decided_at").onRef("place.seq", "=", "d.seq"),
    )
    // Said again: the statement is prepared for the months of these places alone.
    .where(sql<boolean>`d.decided_at = any(${moments}::timestamptz[])`)
    .orderBy("d.decided_at", "desc")
    .orderBy("d.seq", "desc")
    .execute();
  return rows.map(summaryOf);
}

/** Where a row lies; a Date would lose the microseconds that the order goes by. */
interface Place {
  readonly decided_at: string;
  readonly seq: number;
}
type Places = SelectQueryBuilder<
  Database & { p: Database["decisions"] },
  "p",
  { at: string; decided_at: Date; seq: number }
>;

/** Where the decision with a number lies, or, when retention has dropped it, the next older one. */
async function placeOf(db: Kysely<Database>, seq: number): Promise<Place | undefined> {
  const month = await monthOfSeq(db, seq);
  if (month) {
    const { rows } = await sql<Place>`
      select decided_at::text, seq from decisions
      where seq = ${seq} and decided_at >= ${month.from} and decided_at < ${month.to}`.execute(db);
    if (rows[0]) return rows[0];
  }
  const { rows } = await sql<Place>`
    select decided_at::text, seq from decisions where seq <= ${seq} order by seq desc limit 1`.execute(db);
  const [place] = rows;
  // The cursor itself is not part of the page behind it; a dropped one's successor is.
  return place && (place.seq === seq ? place : { decided_at: place.decided_at, seq: place.seq + 1 });
}

/** What is searched in a transaction id, a card and a merchant: as it was given, or without the space that copying adds. */
async function searchConditions(
  db: Kysely<Database>,
  search: string | undefined,
): Promise<((query: Places) => Places)[]> {
  if (!search) return [(query) => query];
  const wanted = [...new Set([search, search.trim()])];
  // Looked up first: the statement is then prepared for the months in which they lie.
  const called = await db
    .selectFrom("transaction_keys")
    .select([sql<string>`decided_at::text`.as("at"), "seq"])
    .where("transaction_id", "in", wanted)
    .execute();
  const entities = CONTEXT_FIELDS.filter((field) => "entity" in field).map(({ column }) => column);
  return [
    ...called.map(
      ({ at, seq }) =>
        (query: Places) =>
          query.where(sql<boolean>`p.decided_at = ${at}::timestamptz`).where("p.seq", "=", seq),
    ),
    ...wanted.flatMap((text) =>
      entities.map((column) => (query: Places) => query.where(`p.${column}`, "=", text)),
    ),
  ];
}

/** @throws DomainError `not_found` */
export async function getDecision(db: Kysely<Database>, transactionId: string): Promise<DecisionDetail> {
  const place = await db
    .selectFrom("transaction_keys")
    .select([sql<string>`decided_at::text`.as("decidedAt"), "seq"])
    .where("transaction_id", "=", transactionId)
    .executeTakeFirst();
  const decision = place && (await decisionAt(db, place));
  if (!decision) throw new DomainError("not_found", `no decision on transaction ${transactionId}`);
  return decision;
}

/** Where a decision lies: its moment to the microsecond, as the database writes it, and its number. */
export interface DecisionPlace {
  readonly decidedAt: string;
  readonly seq: number;
}

/** The decision at a place, read from its own month alone; undefined when it is gone. */
export async function decisionAt(
  db: Kysely<Database>,
  { decidedAt, seq }: DecisionPlace,
): Promise<DecisionDetail | undefined> {
  const row = await summaries(db)
    .select(["d.time_seconds as timeSeconds", "d.v", "d.features"])
    .where(sql<boolean>`d.decided_at = ${decidedAt}::timestamptz`)
    .where("d.seq", "=", seq)
    .executeTakeFirst();
  if (!row) return undefined;
  const { features, ...decision } = summaryOf(row);
  return { ...decision, seen: features && (await seenOf(db, decision, features)) };
}

async function seenOf(
  db: Kysely<Database>,
  { modelName: name, modelVersion: version }: Pick<DecisionSummary, "modelName" | "modelVersion">,
  values: SeenFeatures["values"],
): Promise<SeenFeatures> {
  const inputs = await readModelInputs(db, { name, version });
  return { values, inputs: inputs?.columns.length === values.length ? inputs : null };
}

/** What a card usually pays in one currency. */
export interface CardUsual {
  /** In units of the currency; null when there is no payment. */
  readonly median: number | null;
  /** How many payments it is the median of. */
  readonly payments: number;
}

/** The most payments that a card's median looks back on … */
export const USUAL_OF_LAST = 100;
/** … and how long ago they may have been decided, days: what was usual years ago is not, and is slow to find. */
const USUAL_DAYS = 180;
/** … and how many of them, in whatever currency, are looked through. */
const USUAL_LOOKED_AT = 1_000;

/** The median of what the card paid in the half year before this payment, by the time of paying, in its currency. */
export async function readCardUsual(
  db: Kysely<Database>,
  { transactionId, cardToken, currency, eventTime, decidedAt }: DecisionSummary,
): Promise<CardUsual> {
  if (cardToken === null) return { median: null, payments: 0 };
  // Its payments first, whatever they are: with more said of them PostgreSQL weighs every index of every month.
  const theirs = db
    .selectFrom("decisions")
    .select(["transaction_id", "currency", "event_time", "amount_minor", "decided_at", "seq"])
    .where("card_token", "=", cardToken)
    .where("decided_at", ">=", new Date(decidedAt.getTime() - USUAL_DAYS * DAY_MS))
    .where("decided_at", "<", new Date(decidedAt.getTime() + DAY_MS))
    .orderBy("decided_at", "desc")
    .orderBy("seq", "desc")
    .limit(USUAL_LOOKED_AT);
  const { median, payments } = await db
    .with(
      (name) => name("theirs").materialized(),
      () => theirs,
    )
    .selectFrom((from) =>
      from
        .selectFrom("theirs")
        .select("amount_minor")
        .where("transaction_id", "<>", transactionId)
        .where("currency", "=", currency)
        .where("event_time", "<", eventTime)
        .orderBy("decided_at", "desc")
        .orderBy("seq", "desc")
        .limit(USUAL_OF_LAST)
        .as("earlier"),
    )
    .select([
      sql<number | null>`percentile_cont(0.5) within group (order by amount_minor)`.as("median"),
      sql<number>`count(*)`.as("payments"),
    ])
    .executeTakeFirstOrThrow();
  // A median of two may lie between minor units: it is shown to the nearest.
  return { median: median === null ? null : unitsOf(Math.round(median), currency), payments };
}

/** Decisions as {@link DecisionSummary} has them, their money in minor units still; `d` is the decision. */
function summaries(db: Kysely<Database>) {
  return db
    .selectFrom("decisions as d")
    .leftJoin("review_cases as c", "c.transaction_id", "d.transaction_id")
    .select([
      "d.seq",
      "d.transaction_id as transactionId",
      "d.source",
      "d.event_time as eventTime",
      "d.decided_at as decidedAt",
      "d.amount_minor as amountMinor",
      "d.currency",
      "d.fields",
      "d.entities",
      ...CONTEXT_FIELDS.map(({ name, column }) => sql<string | null>`${sql.ref(`d.${column}`)}`.as(name)),
      "d.fraud_probability as fraudProbability",
      "d.risk_tier as riskTier",
      "d.action",
      "d.fraud_predicted as fraudPredicted",
      "d.model_name as modelName",
      "d.model_version as modelVersion",
      "d.policy_version as policyVersion",
      "d.without_history as withoutHistory",
      sql<RuleHit[]>`coalesce(d.rules, '[]')`.as("rules"),
      sql<string[]>`coalesce(d.unknown_fields, '[]')`.as("unknownFields"),
      "d.conversion",
      "d.extra",
      "d.redacted_at as redactedAt",
      sql<boolean | null>`case when c.verdict is not null then d.truth end`.as("truth"),
      sql<number | null>`c.case_id`.as("caseId"),
      sql<CaseStatus | null>`c.status`.as("caseStatus"),
      sql<Verdict | null>`c.verdict`.as("verdict"),
    ]);
}

/** A row of {@link summaries} with its money in units. */
function summaryOf<T extends { readonly amountMinor: number; readonly currency: string }>({
  amountMinor,
  ...row
}: T) {
  return { ...row, amount: unitsOf(amountMinor, row.currency) };
}
