import type { ModelCard } from "../../scorer/serving/registry.ts";
import { fitPlatt } from "../calibration/platt.ts";
import type { StreamDay } from "../data/dataset.ts";
import { evaluate, metricsOf } from "../evaluate/evaluation.ts";
import { type Matrix, takeRows } from "../features/matrix.ts";
import { transform } from "../features/transform.ts";
import type { Calibrator, Learner } from "../learners/learner.ts";
import { exportModel } from "../onnx/export-model.ts";
import { checkParity, scoreOnnx } from "../onnx/parity.ts";
import { countOf, type Look } from "../protocol/looks.ts";
import { measuredOn } from "../protocol/measured-on.ts";
import { type TrainedModel, thresholds, WALK_FORWARD } from "../protocol/train.ts";
import type { CardDraft } from "../registry.ts";
import { summarise } from "./choose.ts";
import { candidateOf, ruleOf, type WalkRows } from "./field.ts";
import { type FittedRows, fitRows, rowsAt } from "./fit-rows.ts";
import { judgeOn, type Walk } from "./walk.ts";
import { apart, CLAIM_FIRST_SHARE, type Window, windowsOf } from "./windows.ts";

/** What a card says that does not hang on the walk. */
export type CardBase = Pick<
  CardDraft,
  | "name"
  | "algorithm"
  | "inputs"
  | "features"
  | "thresholds"
  | "parameters"
  | "data"
  | "seed"
  | "libraries"
  | "limits"
>;

/** Payments that a claim is made of, whatever their columns. */
export interface ClaimSubject {
  readonly file: string;
  readonly sha256: string;
  /** Every row, with who was compared. */
  readonly all: WalkRows;
  /** What the served graph takes of every row. */
  readonly inputs: Matrix;
  readonly amounts: Float64Array;
  /** What figures of the test stretch are measured by. */
  readonly protocol: string;
  readonly day: StreamDay;
  /** Seconds, as the times of the rows. */
  readonly testStart: number;
  /** Rows that were known when the test stretch began. */
  readonly train: Int32Array;
  readonly test: Int32Array;
  /** Rows that what is served learns from, and that the claim's windows are cut from. */
  readonly served: Int32Array;
  /** Of the inputs, rows on which the written file is held against the trainer. */
  readonly compared: Matrix;
  /** Which rows these are, in words. */
  readonly refitOn: string;
  /** What the card says of the split, and of what is served. */
  readonly split: Readonly<Record<string, unknown>> & { readonly train: string; readonly test: string };
  readonly refit: Readonly<Record<string, unknown>>;
  readonly base: (made: FittedRows, learner: Learner) => CardBase;
}

export interface ClaimOptions {
  readonly name: string;
  /** How late labels come, seconds. */
  readonly labelDelay: number;
  readonly seeds: number;
  readonly threads: number;
  /** Looks at the test stretch so far, this one included. */
  readonly looks: readonly Look[];
  /** Called after each fit of the claim's windows. */
  readonly done?: ((finished: number, of: number) => void) | undefined;
}

/** What is served is one fit, by the first seed and no other: the figures are what any seed brings. */
export const SEED = 1;

/** What the card says against the figure of a stretch that was looked at before. */
const lookedAt = (count: number): string =>
  `The test stretch had been looked at ${count - 1} times before: no figure of it is new, and it may be optimistic. The claim is the walk forward's, of rows before it.`;

/**
 * Makes the version of a choice: calibrated on the windows' out-of-fold scores, judged once on the test stretch by a model of
 * the rows before it, then fitted on every row whose label is known. Its claim is the mean of a walk that goes on to the end
 * of these, over windows whose models have seen at least half of the frauds: earlier ones are fitted on much less than what
 * is served, and worse for it. The figure of the single stretch stands beside it.
 *
 * @param rows those that were walked through
 * @throws DomainError `invalid_argument` as learners and calibration do
 */
export async function claimOf(
  subject: ClaimSubject,
  rows: WalkRows,
  walk: Walk,
  options: ClaimOptions,
): Promise<TrainedModel> {
  const { name, seeds, threads, labelDelay, looks, done } = options;
  const { all, inputs, amounts, protocol, testStart, test, served } = subject;
  const learner = candidateOf(all.field, walk.chosen.name).make();
  const calibrator = calibratorOf(rows, walk);
  const fileOf = ({ features, model }: FittedRows) =>
    exportModel(name, features, model, calibrator, inputs.names);

  const judged = await fitRows(all, subject.train, learner, { seed: SEED, threads });
  // The file's own answers, not the trainer's: what the card says is what a file says.
  const scores = await scoreOnnx(fileOf(judged), takeRows(inputs, test));
  const labels = Uint8Array.from(test, (r) => all.labels[r]!);
  const of = (values: Float64Array) => Float64Array.from(test, (r) => values[r]!);
  const evaluation = evaluate(
    { protocol, scores, labels, weights: of(all.weights), amounts: of(amounts), times: of(all.times) },
    { thresholds, seed: SEED, day: subject.day },
  );

  const made = await fitRows(all, served, learner, { seed: SEED, threads });
  const bytes = fileOf(made);
  const known = rowsAt(all, served);
  const windows = windowsOf(known, labelDelay, CLAIM_FIRST_SHARE);
  const [claimed] = await judgeOn(known, windows, { names: [walk.chosen.name], seeds, threads, done });
  const { mean, low, high } = summarise(claimed!.windows, apart(windows).length);
  const base = subject.base(made, learner);
  return {
    bytes,
    card: {
      ...base,
      limits: [
        ...(countOf(looks) > 1 ? [lookedAt(countOf(looks))] : []),
        `The figures of the test stretch are of a model of the rows before it; what is served was then fitted on ${subject.refitOn}.`,
        ...base.limits,
      ],
      split: { protocol, ...subject.split, train_rows: subject.train.length, test_rows: test.length },
      walk_forward: {
        chosen: walk.chosen.name,
        test_start: testStart,
        rule: ruleOf(all.field),
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
      refit: subject.refit,
      measured_on: measuredOn(subject, labels),
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
      parity: await parityOf(bytes, subject.compared, made, calibrator),
    },
  };
}

function parityOf(
  bytes: Uint8Array,
  compared: Matrix,
  { features, model }: FittedRows,
  calibrator: Calibrator,
): Promise<ModelCard["parity"]> {
  const expected = calibrator.apply(model.predict(transform(compared, features)));
  return checkParity(bytes, compared, expected, thresholds);
}

/** Of a window, what a card says; the last one ends with its rows. */
const timesOf = ({ start, end, frauds }: Window) => ({ start, ...(Number.isFinite(end) && { end }), frauds });

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
