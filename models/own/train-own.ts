import type { ModelSchema } from "../../domain/features/definition.ts";
import { evaluate, metricsOf } from "../evaluate/evaluation.ts";
import { takeRows } from "../features/matrix.ts";
import { derive, type Feature, type FeatureSource, fitScaling, transform } from "../features/transform.ts";
import type { FittedModel, Progress, TrainingSet } from "../learners/learner.ts";
import { exportModel } from "../onnx/export-model.ts";
import { checkParity, scoreOnnx } from "../onnx/parity.ts";
import { HONEST } from "../protocol/honest.ts";
import { measuredOn } from "../protocol/measured-on.ts";
import type { Recipe } from "../protocol/recipes.ts";
import { type TrainedModel, thresholds } from "../protocol/train.ts";
import { fitForward } from "./fit-forward.ts";
import { comparedRows, dayOf, ownCardBase } from "./own-card.ts";
import type { OwnPayments } from "./own-payments.ts";
import { knownRows, moment, type OwnSplit, splitOwn } from "./own-split.ts";
import { driftOfInputs, importanceOf } from "./own-words.ts";
import { asTheyAre, type Thinned, thinned } from "./thinned.ts";

export interface TrainOwnOptions {
  readonly name: string;
  readonly recipe: Recipe;
  /** What the payments' features are. */
  readonly schema: ModelSchema;
  /** How late labels come, seconds. */
  readonly labelDelay: number;
  /** What the learner reads of the inputs; each as it is when left out. */
  readonly sources?: readonly FeatureSource[];
  readonly seed: number;
  readonly threads: number;
  readonly libraries: Readonly<Record<string, string>>;
  readonly progress?: Progress;
}

/** What is served, and the model of earlier rows that the figures are of. */
export interface TrainedOwn extends TrainedModel {
  readonly judged: {
    readonly bytes: Uint8Array;
    readonly features: readonly Feature[];
    readonly split: OwnSplit;
  };
}

/**
 * Trains on a team's own payments: features of their schema → learner → calibration → one graph with the schema's columns
 * as input. It is judged forward in time, on the last fifth; then fitted once more, with all that was found held fast, on
 * every row whose label is known, and that is what is served. The card's figures are those of the model that was judged.
 * The rows are the stream as it is, so figures are at its true rate of fraud.
 *
 * @throws DomainError `invalid_argument` when the payments cannot be learned from or judged on
 */
export async function trainOwn(payments: OwnPayments, options: TrainOwnOptions): Promise<TrainedOwn> {
  const { recipe, seed, threads, progress, schema, labelDelay } = options;
  const { labels, times, amounts, features: inputs } = payments;
  const fitting = { seed, threads, ...(progress && { progress }) };
  const split = splitOwn(payments, labelDelay);
  const learning = { labels, weights: payments.weights?.learn };
  const learned = thinned(learning, split.train, seed);
  const sources = options.sources ?? asTheyAre(inputs.names);
  const first = setOf(payments, learned, sources);
  const fit = await fitForward(recipe, first.set, labelDelay, fitting);
  const { calibrator } = fit;
  const of = (features: readonly Feature[], model: FittedModel) =>
    exportModel(options.name, features, model, calibrator, inputs.names);
  // The file's own answers, not the trainer's: what the card says is what a file says.
  const testInputs = takeRows(inputs, split.test);
  const judgedBytes = of(first.features, fit.model);
  const scores = await scoreOnnx(judgedBytes, testInputs);
  const testLabels = Uint8Array.from(split.test, (r) => labels[r] as number);
  const evaluation = evaluate(
    {
      protocol: HONEST,
      scores,
      labels: testLabels,
      weights: payments.weights && Float64Array.from(split.test, (r) => payments.weights!.judge[r] as number),
      amounts: Float64Array.from(split.test, (r) => amounts[r] as number),
      times: Float64Array.from(split.test, (r) => times[r] as number),
    },
    { thresholds, seed, day: dayOf(payments) },
  );

  const known = knownRows(payments, labelDelay);
  const relearned = thinned(learning, known.rows, seed);
  const { features, set } = setOf(payments, relearned, sources);
  const model = await fit.learner.fit(set, fitting);
  const bytes = of(features, model);
  const some = comparedRows(inputs, split.test);
  const expected = calibrator.apply(model.predict(transform(some, features)));
  return {
    bytes,
    judged: { bytes: judgedBytes, features: first.features, split },
    card: {
      ...ownCardBase(payments, features, options),
      parameters: { ...fit.learner.parameters },
      algorithm: model.algorithm,
      link: model.link,
      raw_unit: model.link === "identity" ? "probability" : "log-odds",
      split: {
        protocol: HONEST,
        train: `until ${moment(split.trainEnd)}`,
        test: `from ${moment(split.testStart)}`,
        label_delay_seconds: labelDelay,
        train_rows: split.train.length,
        sampled_rows: learned.rows.length,
        test_rows: split.test.length,
      },
      refit: {
        note: "What is served learned from these rows; the figures are of the model of the split's training rows.",
        until: moment(known.end),
        rows: known.rows.length,
        sampled_rows: relearned.rows.length,
        frauds: set.labels.reduce((sum, label) => sum + label, 0),
      },
      measured_on: measuredOn(payments, testLabels),
      calibration: { method: calibrator.method, fitted_on: fit.fittedOn, ...calibrator.parameters },
      metrics: metricsOf(evaluation),
      parity: await checkParity(bytes, some, expected, thresholds),
      ...(model.importance && {
        importance: importanceOf(
          features.map(({ input }) => input),
          model.importance,
          schema,
        ),
      }),
      drift: driftOfInputs(inputs, split.train, split.test, schema),
    },
  };
}

/** Rows as a learner takes them, and the scaling that was fitted on them. */
function setOf(
  { features: inputs, labels, times }: OwnPayments,
  { rows, weights }: Thinned,
  sources: readonly FeatureSource[],
): { readonly features: readonly Feature[]; readonly set: TrainingSet } {
  const raw = takeRows(inputs, rows);
  const features = fitScaling(derive(raw, sources), sources);
  const set = {
    features: transform(raw, features),
    labels: Uint8Array.from(rows, (r) => labels[r] as number),
    weights,
    times: Float64Array.from(rows, (r) => times[r] as number),
  };
  return { features, set };
}
