import { Random } from "../../platform/math/random.ts";
import { rank, rankingQuality } from "../evaluate/ranking.ts";
import { type Matrix, newMatrix, takeRows } from "../features/matrix.ts";
import { fitStandard, standardise } from "../features/standardise.ts";
import type { FitOptions, Learner, TrainingSet } from "../learners/learner.ts";
import { cardPrecision, type Split } from "./protocol.ts";
import type { HandbookRows } from "./rows.ts";

/** How well the test days were scored. */
export interface Figures {
  readonly auc: number;
  /** Average precision, as scikit-learn's average_precision_score. */
  readonly ap: number;
  /** Card Precision@100. */
  readonly cp100: number;
}

/** Features of the rows from `from` on of a file. */
export interface FeaturesFrom {
  readonly from: number;
  readonly matrix: Matrix;
}

/** A training set of some rows of the file, every row weighing 1. */
export function trainingSet(rows: HandbookRows, features: FeaturesFrom, chosen: Int32Array): TrainingSet {
  return {
    features: takeRows(
      features.matrix,
      chosen.map((r) => r - features.from),
    ),
    labels: Uint8Array.from(chosen, (r) => rows.labels[r]!),
    weights: new Float64Array(chosen.length).fill(1),
    times: Float64Array.from(chosen, (r) => rows.times[r]! / 1_000),
  };
}

/** All frauds and one in so many of the legitimate rows, drawn by a seed; those weigh as many. */
export function thinned(set: TrainingSet, oneIn: number, seed: number): TrainingSet {
  if (oneIn === 1) return set;
  const random = new Random(seed, 1);
  const kept = Int32Array.from(set.labels.keys()).filter(
    (r) => set.labels[r] === 1 || random.int(oneIn) === 0,
  );
  return {
    features: takeRows(set.features, kept),
    labels: Uint8Array.from(kept, (r) => set.labels[r]!),
    weights: Float64Array.from(kept, (r) => (set.labels[r] === 1 ? 1 : oneIn)),
    times: Float64Array.from(kept, (r) => set.times[r]!),
  };
}

/** Columns of mean 0 and deviation 1 on the training rows, for learners that want them. */
export function standardised(set: TrainingSet, test: Matrix): { set: TrainingSet; test: Matrix } {
  const standard = fitStandard(set.features);
  return {
    set: { ...set, features: standardise(set.features, standard) },
    test: standardise(test, standard),
  };
}

/** The columns by name, in the order of the names. */
export function takeColumns(matrix: Matrix, names: readonly string[]): Matrix {
  const taken = newMatrix(matrix.rows, names);
  const from = names.map((name) => matrix.names.indexOf(name));
  for (let r = 0, i = 0; r < matrix.rows; r++) {
    for (const column of from) taken.values[i++] = matrix.values[r * matrix.columns + column]!;
  }
  return taken;
}

/** Fits on the set and judges on the split's test rows. */
export async function fitAndJudge(
  learner: Learner,
  set: TrainingSet,
  test: Matrix,
  rows: HandbookRows,
  split: Split,
  options: FitOptions,
): Promise<Figures> {
  const model = await learner.fit(set, options);
  return judge(model.predict(test), rows, split);
}

/** The figures of scores of the split's test rows, in their order. */
export function judge(scores: Float64Array, rows: HandbookRows, { test }: Split): Figures {
  const labels = Uint8Array.from(test, (r) => rows.labels[r]!);
  const { auc, auprc } = rankingQuality(rank({ scores, labels }));
  const customers = Int32Array.from(test, (r) => rows.customers[r]!);
  const days = Int32Array.from(test, (r) => rows.days[r]!);
  return { auc, ap: auprc, cp100: cardPrecision({ scores, labels, customers, days }) };
}
