import { type DriftRow, driftOf } from "../../platform/math/drift.ts";
import { Random } from "../../platform/math/random.ts";
import { createExplainer, type Explainer } from "../../scorer/scoring/explain/explainer.ts";
import { type PlainReason, reasonsOf } from "../../scorer/scoring/explain/reasons.ts";
import type { ModelCard, StoredModel } from "../../scorer/serving/registry.ts";
import type { Dataset, StreamDay } from "../data/dataset.ts";
import { type CostPoint, costCurve } from "../evaluate/curves.ts";
import { type Evaluation, evaluate, type TestSet } from "../evaluate/evaluation.ts";
import { type PermutationImportance, permutationImportance } from "../evaluate/permutation-importance.ts";
import { rank } from "../evaluate/ranking.ts";
import { transform } from "../features/transform.ts";
import { type Programme, programmeSchema } from "../impact/programme.ts";
import type { Progress } from "../learners/learner.ts";
import { scoreOnnx } from "../onnx/parity.ts";
import { honestProtocol, isHonest } from "../protocol/honest.ts";
import { honestTestRows } from "../protocol/measure-file.ts";
import { WALK_FORWARD } from "../protocol/train.ts";
import type { FeatureGain } from "./original-study.ts";

/** Another version of the registry on the same test rows. */
export interface Candidate {
  readonly name: string;
  readonly algorithm: string;
  readonly evaluation: Evaluation;
}

/** How explanations of this model look and whether they add up. */
export interface ExplanationStudy {
  readonly method: string;
  readonly unit: string;
  readonly rows: number;
  /** Largest |baseline + Σ contributions − raw output of the graph|. */
  readonly largestGap: number;
  /** Mean |contribution| a feature over the explained rows, strongest first. */
  readonly strength: readonly FeatureGain[];
  /** The top-scored fraud of the test. */
  readonly example: { readonly probability: number; readonly reasons: readonly PlainReason[] } | undefined;
}

/** A model of the registry judged as production would see it. */
export interface HonestStudy {
  readonly evaluation: Evaluation;
  readonly test: TestSet;
  /** Why the figures may be too good, when they may be: the model has seen the test rows, or nobody can tell. */
  readonly warning: string | undefined;
  /** Why the test rows may be no test of this model at all; undefined where they are new to it. */
  readonly unproven: string | undefined;
  /** What the card itself says against its honest figures: how often the test rows were looked at before. */
  readonly cautions: readonly string[];
  readonly candidates: readonly Candidate[];
  readonly drift: readonly DriftRow[];
  readonly gain: readonly FeatureGain[];
  readonly permutation: readonly PermutationImportance[];
  readonly explanations: ExplanationStudy | { readonly unsupported: string };
  readonly cost: { readonly points: readonly CostPoint[]; readonly falseAlert: number };
}

export interface HonestStudyOptions {
  /** A day of the stream, for figures a day. */
  readonly day: StreamDay;
  readonly seed: number;
  readonly others: readonly StoredModel[];
  readonly draws: number;
  readonly repeats: number;
  readonly progress?: Progress;
}

/** Judges a model on the test stretch of the honest protocol (100,000 ≤ Time < 145,000), rows weighted. */
export async function studyHonest(
  data: Dataset,
  model: StoredModel,
  options: HonestStudyOptions,
): Promise<HonestStudy> {
  const { seed, day, progress, draws, repeats } = options;
  const { card } = model;
  const part = honestTestRows(data);
  const score = (bytes: Uint8Array, inputs: Dataset["inputs"]) => scoreOnnx(bytes, inputs);
  const testOf = async (stored: StoredModel): Promise<TestSet> => ({
    scores: await score(stored.bytes, part.inputs),
    labels: part.labels,
    weights: part.weights,
    amounts: part.amounts,
    times: part.times,
    protocol: honestProtocol(data),
  });
  // With the card's own seed: an interval that differs from the card's by the luck of the draws is one too many.
  const judge = (test: TestSet, { thresholds, seed: ofCard }: ModelCard): Evaluation =>
    evaluate(test, { thresholds, seed: ofCard, day, draws });
  const test = await testOf(model);
  const candidates: Candidate[] = [];
  for (const other of options.others) {
    if (!isHonest(other.card.split.protocol)) continue;
    const evaluation = judge(await testOf(other), other.card);
    candidates.push({ name: `${other.name}@${other.version}`, algorithm: other.card.algorithm, evaluation });
  }
  const permutation = await permutationImportance(
    part.inputs,
    { labels: part.labels, weights: part.weights },
    (table) => score(model.bytes, table),
    { seed, repeats, ...(progress && { progress }) },
  );
  const importance = card["importance"];
  return {
    evaluation: judge(test, card),
    test,
    warning: unprovenOf(card, data) ?? refitOf(card),
    unproven: unprovenOf(card, data),
    cautions: card.limits.filter((limit) => limit.includes("optimistic")),
    candidates,
    drift: driftBetweenDays(data),
    gain: isGains(importance) ? importance : [],
    permutation,
    explanations: await explainRows(model, part, test.scores, seed),
    cost: costOf(test, part.amounts),
  };
}

function isGains(value: unknown): value is FeatureGain[] {
  return (
    Array.isArray(value) &&
    value.every((row) => typeof row?.feature === "string" && typeof row?.gain === "number")
  );
}

function unprovenOf(card: ModelCard, data: Dataset): string | undefined {
  if (!isHonest(card.split.protocol)) {
    return `This version was trained by another protocol (${card.split.protocol}): it may have seen the test rows.`;
  }
  if (card.data.sha256 !== data.sha256) {
    return "The data of this report is not the file that the card names: that the test rows are new to the model cannot be told.";
  }
  return undefined;
}

function refitOf(card: ModelCard): string | undefined {
  const claim = card.metrics.find(({ protocol }) => protocol === WALK_FORWARD);
  if (card["refit"] !== undefined && claim) {
    const { value, low, high } = claim;
    const [mean, from, to] = [value, low, high].map((figure) => figure?.toFixed(3));
    return `The figures of this report are of the same recipe fitted on the rows before the test stretch; what is served learned from every row. What later payments may bring is the walk forward's to say: AUPRC ${mean} (95 % interval ${from} to ${to}), windows of the training rows.`;
  }
  return undefined;
}

/** Day two against the same hours of day one, so that the clock itself does not count as drift. */
function driftBetweenDays(data: Dataset): DriftRow[] {
  const last = Math.min(data.quality.lastTime - 86_400, 86_400);
  if (last <= 0) return [];
  const days = [0, 1].map((day) => {
    const rows: number[] = [];
    for (let i = 0; i < data.rows; i++) {
      const time = data.times[i]! - day * 86_400;
      if (time >= 0 && time < last) rows.push(i);
    }
    return rows;
  });
  const column = (rows: readonly number[], c: number) => ({
    values: Float64Array.from(rows, (row) => data.inputs.values[row * data.inputs.columns + c]!),
    weights: Float64Array.from(rows, (row) => data.weights[row]!),
  });
  return data.inputs.names
    .map((name, c) => ({ name, c }))
    .filter(({ name }) => name !== "Time")
    .map(({ name, c }) => driftOf(name, column(days[0]!, c), column(days[1]!, c)))
    .sort((a, b) => b.psi - a.psi);
}

const EXPLAINED = 1_000;

async function explainRows(
  model: StoredModel,
  part: Dataset,
  scores: TestSet["scores"],
  seed: number,
): Promise<HonestStudy["explanations"]> {
  const explainer: Explainer = createExplainer(model.bytes, model.card);
  if (!explainer.supported) return { unsupported: explainer.why };
  const features = transform(part.inputs, model.card.features);
  const order = new Random(seed, 0xe4).shuffle(Int32Array.from({ length: part.rows }, (_, i) => i));
  const rows = order.subarray(0, EXPLAINED);
  const raw = await rawScores(model, part, rows);
  const sums = new Float64Array(features.columns);
  let largestGap = 0;
  const explain = (row: number) =>
    explainer.explain(features.values.subarray(row * features.columns, (row + 1) * features.columns));
  rows.forEach((row, i) => {
    const { contributions, rawScore } = explain(row);
    largestGap = Math.max(largestGap, Math.abs(rawScore - raw[i]!));
    for (let f = 0; f < sums.length; f++) sums[f]! += Math.abs(contributions[f]!);
  });
  const top = topFraud(part.labels, scores);
  return {
    method: explainer.method,
    unit: explainer.unit,
    rows: rows.length,
    largestGap,
    strength: explainer.featureNames
      .map((feature, f) => ({ feature, gain: sums[f]! / rows.length }))
      .sort((a, b) => b.gain - a.gain),
    example:
      top === undefined
        ? undefined
        : {
            probability: scores[top]!,
            reasons: reasonsOf(
              explain(top).contributions,
              features.values.subarray(top * features.columns, (top + 1) * features.columns),
              model.card,
              5,
            ),
          },
  };
}

function topFraud(labels: Uint8Array, scores: TestSet["scores"]): number | undefined {
  let top: number | undefined;
  labels.forEach((label, row) => {
    if (label === 1 && (top === undefined || scores[row]! > scores[top]!)) top = row;
  });
  return top;
}

async function rawScores(model: StoredModel, part: Dataset, rows: Int32Array): Promise<Float32Array> {
  const { OnnxModel } = await import("../../scorer/scoring/model.ts");
  const loaded = await OnnxModel.load(model.bytes);
  try {
    const { columns, values } = part.inputs;
    const inputs = new Float32Array(rows.length * columns);
    rows.forEach((row, i) => {
      inputs.set(values.subarray(row * columns, (row + 1) * columns), i * columns);
    });
    const { raw } = await loaded.outputs(inputs, rows.length);
    return raw ?? new Float32Array(rows.length).fill(Number.NaN);
  } finally {
    await loaded.release();
  }
}

/** By the programme's default assumptions: a review's time and the churn it causes, against the fraud's own amount. */
function costOf(test: TestSet, amounts: Float64Array): HonestStudy["cost"] {
  const assumptions: Pick<
    Programme,
    | "minutesPerReview"
    | "analystHourlyCost"
    | "reviewChurnRate"
    | "customerValue"
    | "recoveryRate"
    | "chargebackFee"
  > = programmeSchema.omit({ tiers: true, transactionsPerDay: true }).parse({});
  const review = (assumptions.minutesPerReview / 60) * assumptions.analystHourlyCost;
  const falseAlert = review + assumptions.reviewChurnRate * assumptions.customerValue;
  const missedFraud = amounts.map((a) => a * (1 - assumptions.recoveryRate) + assumptions.chargebackFee);
  return { points: costCurve(rank(test), { missedFraud, falseAlert, caughtFraud: review }), falseAlert };
}
