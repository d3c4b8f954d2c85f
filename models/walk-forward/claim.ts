import { z } from "zod";
import type { ModelCard, StoredModel } from "../../scorer/serving/registry.ts";
import { fitPlatt, plattOf } from "../calibration/platt.ts";
import { type Dataset, streamDay } from "../data/dataset.ts";
import { takeDataset } from "../data/splits.ts";
import { evaluate, metricsOf } from "../evaluate/evaluation.ts";
import { deployedFeatures, derive, type Feature, fitScaling, scale } from "../features/transform.ts";
import type { Calibrator, FittedModel, Learner } from "../learners/learner.ts";
import { exportModel } from "../onnx/export-model.ts";
import { scoreOnnx } from "../onnx/parity.ts";
import { honestProtocol } from "../protocol/honest.ts";
import { countOf, type Look } from "../protocol/looks.ts";
import { measuredOn } from "../protocol/measured-on.ts";
import { cardBase, parity, type TrainedModel, thresholds, WALK_FORWARD } from "../protocol/train.ts";
import { type CandidateName, candidates } from "./candidates.ts";
import { summarise } from "./choose.ts";
import { rowsBefore, splitAt, type WalkRows } from "./rows.ts";
import { judgeOn, type Walk } from "./walk.ts";
import { apart, CLAIM_FIRST_SHARE, type Window, windowsOf } from "./windows.ts";

export interface ClaimOptions {
  readonly name: string;
  readonly testStart: number;
  readonly labelDelay: number;
  readonly seeds: number;
  readonly threads: number;
  readonly libraries: Readonly<Record<string, string>>;
  /** Looks at the test stretch so far, this one included. */
  readonly looks: readonly Look[];
  /** Called after each fit of the claim's windows. */
  readonly done?: (finished: number, of: number) => void;
}

const SEED = 1;

/** What the card says against the figure of a stretch that was looked at before. */
const lookedAt = (count: number): string =>
  `The test stretch had been looked at ${count - 1} times before: no figure of it is new, and it may be optimistic. The claim is the walk forward's, of rows before it.`;

/**
 * Makes the version of a choice: calibrated on the windows' out-of-fold scores, judged once on the test stretch by a model of
 * the rows before it, then fitted on every row. Its claim is the mean of a walk that goes on to the end of the file, over
 * windows whose models have seen at least half of the frauds: earlier ones are fitted on much less than what is served, and
 * worse for it. The figure of the single stretch stands beside it.
 *
 * @throws DomainError `invalid_argument` as learners and calibration do
 */
export async function claim(
  data: Dataset,
  rows: WalkRows,
  walk: Walk,
  options: ClaimOptions,
): Promise<TrainedModel> {
  const { name, testStart, seeds, threads, labelDelay, libraries, looks, done } = options;
  const { chosen } = walk;
  const learner = candidates[chosen.name].make();
  const calibrator = calibratorOf(rows, walk);
  const split = splitAt(data, testStart);
  const judged = await fitOn(learner, takeDataset(data, split.train), threads);
  const test = takeDataset(data, split.test);
  const scores = await scoreOnnx(exportModel(name, judged.features, judged.model, calibrator), test.inputs);
  const { labels, weights, amounts, times } = test;
  const evaluation = evaluate(
    { protocol: honestProtocol(data), scores, labels, weights, amounts, times },
    { thresholds, seed: 1, day: streamDay(data) },
  );

  const { features, model } = await fitOn(learner, data, threads);
  const bytes = exportModel(name, features, model, calibrator);
  const all = rowsBefore(data, Number.POSITIVE_INFINITY);
  const windows = windowsOf(all, labelDelay, CLAIM_FIRST_SHARE);
  const [claimed] = await judgeOn(all, windows, { names: [chosen.name], seeds, threads, done });
  const { mean, low, high } = summarise(claimed!.windows, apart(windows).length);
  return {
    bytes,
    card: {
      ...cardBase(data, features, model, {
        name,
        recipe: { learner, calibration: { method: "platt", blocks: 0 } },
        seed: SEED,
        threads,
        libraries,
      }),
      limits: [
        ...(countOf(looks) > 1 ? [lookedAt(countOf(looks))] : []),
        "The figures of the test stretch are of a model of the rows before it; what is served was then fitted on every row of the file.",
        "A score supports a decision about a payment; it is no proof of wrongdoing by a person.",
        "Fraud patterns move: watch the drift and recall of reviewed cases, and retrain.",
      ],
      split: {
        protocol: honestProtocol(data),
        train: `Time < ${testStart}`,
        test: `Time ≥ ${testStart}`,
        train_rows: split.train.length,
        test_rows: split.test.length,
      },
      walk_forward: {
        chosen: chosen.name,
        test_start: testStart,
        rule: "simplest within one standard error of the best; not among those that were put together while test rows were looked at",
        label_delay_seconds: labelDelay,
        seeds,
        windows: walk.windows.map(timesOf),
        windows_apart: apart(walk.windows).length,
        auprc: Object.fromEntries(walk.walked.map((one) => [one.name, one.windows])),
        claim: {
          windows: windows.map((window, w) => ({ ...timesOf(window), auprc: claimed!.windows[w] })),
          windows_apart: apart(windows).length,
        },
        looks_at_test: countOf(looks),
        looks: looks.map(({ at, test_start, count }) => ({ at, test_start, count })),
      },
      refit: { note: "What is served learned from every row of the file.", rows: data.rows },
      measured_on: measuredOn(data, labels),
      calibration: {
        method: calibrator.method,
        fitted_on: "the windows of the walk forward, each scored by a model of the rows before it",
        ...calibrator.parameters,
      },
      metrics: [
        // By name the claim comes first.
        { name: "auprc", protocol: WALK_FORWARD, value: mean, low, high },
        ...metricsOf(evaluation),
      ],
      parity: await parity(bytes, data, features, model, calibrator),
    },
  };
}

/** Of a window, what a card says; the last one ends with its rows. */
const timesOf = ({ start, end, frauds }: Window) => ({ start, ...(Number.isFinite(end) && { end }), frauds });

/** What a card says of how its version was claimed. */
const claimedCard = z.object({
  refit: z.object({ rows: z.number() }),
  walk_forward: z.object({
    test_start: z.number(),
    chosen: z.enum(Object.keys(candidates) as [CandidateName, ...CandidateName[]]),
  }),
  calibration: z.object({ slope: z.number(), offset: z.number() }),
});

/**
 * The model that a claimed version's test figures are of, made again: the same recipe, seed and calibration, fitted on the
 * rows before the test stretch alone. It opens nothing: those figures are on the card.
 *
 * @returns its file and what its features were centred and scaled by; undefined for a version that was not fitted on all rows of this data
 * @throws DomainError `invalid_argument` as learners do
 */
export async function measuredModel(
  data: Dataset,
  { name, card }: { readonly name: string; readonly card: Pick<ModelCard, "data"> },
  threads: number,
): Promise<{ readonly bytes: Uint8Array; readonly features: ModelCard["features"] } | undefined> {
  if (card.data.sha256 !== data.sha256) return undefined;
  const told = claimedCard.safeParse(card);
  if (!told.success) return undefined;
  const { walk_forward: walk, calibration } = told.data;
  const learner = candidates[walk.chosen].make();
  const before = takeDataset(data, splitAt(data, walk.test_start).train);
  const { features, model } = await fitOn(learner, before, threads);
  const bytes = exportModel(name, features, model, plattOf(calibration.slope, calibration.offset));
  return { bytes, features: features.map((feature) => ({ ...feature })) };
}

/** The served version with the model in it that its test figures are of. */
export function judgedAs(
  served: StoredModel,
  { bytes, features }: NonNullable<Awaited<ReturnType<typeof measuredModel>>>,
): StoredModel {
  return { ...served, bytes: Buffer.from(bytes), card: { ...served.card, features } };
}

function calibratorOf({ labels, weights }: WalkRows, { windows, chosen }: Walk): Calibrator {
  // A row counts once a seed.
  const at = apart(windows).flatMap((w) =>
    chosen.raw[w]!.map((scores) => ({ scores, rows: windows[w]!.judged })),
  );
  const rows = at.flatMap((each) => Array.from(each.rows));
  return fitPlatt(
    Float64Array.from(at.flatMap(({ scores }) => Array.from(scores))),
    Uint8Array.from(rows, (r) => labels[r]!),
    Float64Array.from(rows, (r) => weights[r]! / chosen.raw[0]!.length),
  );
}

/** What is served is one fit, by the first seed and no other: the figures are what any seed brings. */
async function fitOn(
  learner: Learner,
  { inputs, labels, weights, times }: Dataset,
  threads: number,
): Promise<{ readonly features: readonly Feature[]; readonly model: FittedModel }> {
  const derived = derive(inputs, deployedFeatures);
  const features = fitScaling(derived, deployedFeatures, weights);
  const set = { features: scale(derived, features), labels, weights, times };
  return { features, model: await learner.fit(set, { seed: SEED, threads }) };
}
