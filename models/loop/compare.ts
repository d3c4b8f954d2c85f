import { type Kysely, sql } from "kysely";
import type { Arm, ArmsComparison, LifeComparison, LifeFigures } from "../../domain/model-care.ts";
import type { Database } from "../../pipeline/store/schema.ts";
import { evenSplitEvidence, SURE, twoRatesEvidence } from "../../platform/math/e-value.ts";
import { normalCdf } from "../../platform/math/normal-distribution.ts";
import type { ModelVersion, StoredModel } from "../../scorer/serving/registry.ts";
import { compareAuprc } from "../evaluate/auprc-difference.ts";
import { aucDifference } from "../evaluate/delong.ts";
import { rank, rankingQuality } from "../evaluate/ranking.ts";
import { newMatrix } from "../features/matrix.ts";
import { scoreForeign } from "../onnx/run-foreign.ts";
import { holdsFor, type LabelledPayments, type LabelledSpan, readLabelled } from "./labelled.ts";
import { recomputedFeatures } from "./recomputed.ts";

export interface CompareOptions {
  readonly champion: StoredModel;
  readonly other: StoredModel;
  readonly role: LifeComparison["role"];
  /** What the models' amounts are in. */
  readonly currency: string;
  readonly at: Date;
  readonly days: number;
  /** Of a challenger: its share, and since when. */
  readonly test?: { readonly share: number; readonly since: Date } | undefined;
}

const BOOTSTRAP = { seed: 1, draws: 500 };

/**
 * How two models do on the labelled payments of the last days that neither learned from. Both score what was seen when
 * each payment was decided, which is kept: with the numbers that they would have given then, whoever scored along.
 *
 * @returns undefined where no labelled payment can be scored by both, or all are of one kind
 */
export async function compareInLife(
  db: Kysely<Database>,
  { champion, other, role, currency, at, days, test }: CompareOptions,
): Promise<LifeComparison | undefined> {
  const window = at.getTime() - days * 86_400_000;
  const from = new Date(Math.max(window, ...[champion, other].map(learnedUntil)));
  if (from >= at) return undefined;
  const span = { from, until: at, currency };
  const all = await readLabelled(db, span);
  const scores = [await scoresOf(db, champion, all, span), await scoresOf(db, other, all, span)] as const;
  const both = Array.from(all.ids.keys()).filter((row) => scores.every((of) => Number.isFinite(of[row])));
  const labelled = takeLabelled(all, both);
  const [a, b] = scores.map((of) => Float32Array.from(both, (row) => of[row] as number)) as [
    Float32Array,
    Float32Array,
  ];
  const { labels, weights } = labelled;
  // What was only reported later says nothing of those that nobody reported.
  const frauds = labels.reduce((sum, label, r) => sum + (weights[r]! > 0 ? label : 0), 0);
  const counted = weights.reduce((sum, weight) => sum + Number(weight > 0), 0);
  if (frauds === 0 || frauds === counted) return undefined;
  const [flagA, flagB] = [flags(champion, a), flags(other, b)];
  const split = splitFrauds(labelled, flagA, flagB);
  const compared = compareAuprc({ scores: a, labels, weights }, { scores: b, labels, weights }, BOOTSTRAP);
  const { value: difference, low, high } = compared.difference;
  const value = evenSplitEvidence(split.onlyChampion, split.onlyOther);
  const evidence: LifeComparison["evidence"] = {
    value,
    favours: value < SURE ? "" : split.onlyOther > split.onlyChampion ? "other" : "champion",
  };
  const arms = test ? await armsOf(db, champion, other, test) : null;
  const otherId = idOf(other);
  return {
    ...{ at: at.toISOString(), since: from.toISOString() },
    ...{ champion: idOf(champion), other: otherId, role, days },
    ...{ rows: counted, frauds, unscored: all.ids.length - both.length },
    holdsFor: holdsFor(labelled.ways),
    champions: figuresOf(labelled, a, flagA),
    others: figuresOf(labelled, b, flagB),
    mcnemar: { ...split, p: mcnemarP(split.onlyChampion, split.onlyOther) },
    auc: aucDifference({ a, b, labels, weights }),
    auprc: { difference, low, high },
    ...{ evidence, arms },
    words: wordsOf(evidence, split, otherId),
  };
}

/** Until when a model may have learned from the store's payments; the beginning of time for one of a file. */
export function learnedUntil({ card }: Pick<StoredModel, "card">): number {
  return card.data["file"] === "store" ? Date.parse(card.created_at) : 0;
}

const idOf = ({ name, version }: ModelVersion): string => `${name}@${version}`;

function wordsOf(
  { favours }: LifeComparison["evidence"],
  { onlyChampion, onlyOther }: { readonly onlyChampion: number; readonly onlyOther: number },
  other: string,
): string {
  const counts = `${onlyOther} frauds only ${other} would have sent to people, ${onlyChampion} only the champion`;
  if (favours === "other") return `${other} catches more: ${counts}. This is sure enough to stop waiting.`;
  if (favours === "champion")
    return `The champion catches more: ${counts}. This is sure enough to stop waiting.`;
  return `Not told apart yet: ${counts}.`;
}

/**
 * What a model says of labelled payments, by what was seen of them; what it reads and was not kept is computed anew, where a
 * schema says how.
 *
 * @returns NaN where it cannot be known
 */
async function scoresOf(
  db: Kysely<Database>,
  { bytes, card, schema }: StoredModel,
  { ids }: LabelledPayments,
  span: Pick<LabelledSpan, "from" | "until" | "currency">,
): Promise<Float32Array> {
  const seen = await readLabelled(db, { ...span, inputs: card.inputs });
  const { columns, values } = seen.features;
  const vectors = new Map(seen.ids.map((id, r) => [id, values.subarray(r * columns, (r + 1) * columns)]));
  const missing = ids.filter((id) => !vectors.has(id));
  if (missing.length > 0 && schema)
    for (const [id, vector] of await recomputedFeatures(db, schema, missing)) vectors.set(id, vector);
  const known = Array.from(ids.keys()).filter((row) => vectors.has(ids[row] as string));
  const inputs = newMatrix(known.length, card.inputs);
  for (const [i, row] of known.entries())
    inputs.values.set(vectors.get(ids[row] as string) as Float32Array, i * inputs.columns);
  const scores = new Float32Array(ids.length).fill(Number.NaN);
  if (known.length === 0) return scores;
  const said = await scoreForeign(bytes, inputs);
  for (const [i, row] of known.entries()) scores[row] = said[i] as number;
  return scores;
}

/** Some of the payments, without what was seen of them. */
function takeLabelled(all: LabelledPayments, rows: readonly number[]): LabelledPayments {
  const of = <T>(values: ArrayLike<T>): T[] => rows.map((row) => values[row] as T);
  return {
    ...all,
    ...{ ids: of(all.ids), ways: of(all.ways), labels: Uint8Array.from(of(all.labels)) },
    ...{ currencies: of(all.currencies), countries: of(all.countries), channels: of(all.channels) },
    ...{ times: Float64Array.from(of(all.times)), knownAt: Float64Array.from(of(all.knownAt)) },
    ...{ weights: Float64Array.from(of(all.weights)), amounts: Float64Array.from(of(all.amounts)) },
  };
}

/** 1 for what a model's own edges send to people. */
function flags({ card }: StoredModel, scores: Float32Array): Uint8Array {
  const edge = Math.fround(card.thresholds.high);
  return Uint8Array.from(scores, (score) => Number(score >= edge));
}

function splitFrauds({ labels, weights }: LabelledPayments, a: Uint8Array, b: Uint8Array) {
  let [onlyChampion, onlyOther] = [0, 0];
  for (let r = 0; r < labels.length; r++) {
    if (labels[r] !== 1 || weights[r] === 0 || a[r] === b[r]) continue;
    if (a[r] === 1) onlyChampion++;
    else onlyOther++;
  }
  return { onlyChampion, onlyOther };
}

/** The exact two-sided binomial test of an even split. */
export function mcnemarP(one: number, other: number): number {
  const n = one + other;
  if (n === 0) return 1;
  let [term, tail] = [2 ** -n, 0];
  if (term === 0) {
    // Beyond a thousand the normal distribution is exact enough.
    return Math.min(1, 2 * normalCdf(-(Math.abs(one - other) - 1) / Math.sqrt(n)));
  }
  for (let k = 0; k <= Math.min(one, other); k++) {
    tail += term;
    term = (term * (n - k)) / (k + 1);
  }
  return Math.min(1, 2 * tail);
}

function figuresOf(
  { labels, weights, amounts, currencies }: LabelledPayments,
  scores: Float32Array,
  flagged: Uint8Array,
): LifeFigures {
  let [frauds, found, reviews] = [0, 0, 0];
  const caught: Record<string, number> = {};
  for (let r = 0; r < labels.length; r++) {
    const weight = weights[r] as number;
    if (labels[r] === 1) frauds += weight;
    if (flagged[r] !== 1) continue;
    reviews += weight;
    if (labels[r] !== 1) continue;
    found += weight;
    const currency = currencies[r] as string;
    caught[currency] = (caught[currency] ?? 0) + weight * (amounts[r] as number);
  }
  return {
    auprc: rankingQuality(rank({ scores, labels, weights })).auprc,
    recall: found / frauds,
    precision: reviews > 0 ? found / reviews : 0,
    reviews,
    caught,
  };
}

interface ArmRow {
  readonly challenger: boolean;
  readonly payments: number;
  readonly reviewed: number;
  readonly labelled: number;
  readonly frauds: number;
  readonly missed: number;
}

/** What each model did with the cards that were its own, since the test began. */
async function armsOf(
  db: Kysely<Database>,
  champion: ModelVersion,
  challenger: ModelVersion,
  { share, since }: { readonly share: number; readonly since: Date },
): Promise<ArmsComparison> {
  const isChallenger = sql<boolean>`(d.model_name = ${challenger.name} and d.model_version = ${challenger.version})`;
  const ofBoth = sql`(${isChallenger} or (d.model_name = ${champion.name} and d.model_version = ${champion.version}))`;
  const byPolicy = sql`(c.selected_by = 'policy')`;
  const from = sql`
    from decisions d
    left join labels l using (transaction_id)
    left join review_cases c on d.review and c.transaction_id = d.transaction_id
    where d.decided_at >= ${since}::timestamptz and ${ofBoth}`;
  const { rows } = await sql<ArmRow>`
    select ${isChallenger} as challenger, count(*)::int as payments,
      (count(*) filter (where ${byPolicy}))::int as reviewed,
      (count(*) filter (where ${byPolicy} and l.label is not null))::int as labelled,
      (count(*) filter (where ${byPolicy} and l.label = 'fraud'))::int as frauds,
      (count(*) filter (where ${byPolicy} is not true and l.label = 'fraud'))::int as missed
    ${from} group by 1`.execute(db);
  const outcomes = await sql<{ challenger: boolean; fraud: boolean }>`
    select ${isChallenger} as challenger, l.label = 'fraud' as fraud
    ${from} and l.label is not null and ${byPolicy}
    order by l.labelled_at, d.seq`.execute(db);
  const of = (challengers: boolean): boolean[] =>
    outcomes.rows.filter((row) => row.challenger === challengers).map((row) => row.fraud);
  const arm = (challengers: boolean): Arm => {
    const { challenger: _, ...counts } = rows.find((row) => row.challenger === challengers) ?? {
      ...{ challenger: challengers, payments: 0, reviewed: 0, labelled: 0, frauds: 0, missed: 0 },
    };
    return counts;
  };
  const [mine, theirs] = [arm(true), arm(false)];
  const value = twoRatesEvidence(of(true), of(false), Math.max(1, Math.round((1 - share) / share)));
  const rate = ({ frauds, labelled }: Arm): number => (labelled > 0 ? frauds / labelled : 0);
  return {
    ...{ since: since.toISOString(), share, champion: theirs, challenger: mine },
    evidence: {
      value,
      favours: value < SURE ? "" : rate(mine) > rate(theirs) ? "challenger" : "champion",
    },
  };
}
