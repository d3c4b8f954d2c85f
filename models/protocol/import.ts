import { DomainError } from "../../platform/process/errors.ts";
import type { ModelCard } from "../../scorer/serving/registry.ts";
import { type Dataset, inputNames } from "../data/dataset.ts";
import type { ExpectedScores } from "../data/expected-scores.ts";
import { type Evaluation, metricsOf } from "../evaluate/evaluation.ts";
import { rocAuc } from "../evaluate/ranking.ts";
import { type AdaptedModel, adaptClassifier, type Said } from "../onnx/adapt.ts";
import { checkClassifier, probeRows } from "../onnx/import-check.ts";
import { checkExpected, scoreOnnx } from "../onnx/parity.ts";
import type { CardDraft } from "../registry.ts";
import { honestTestRows, measureFile } from "./measure-file.ts";
import { measuredOn } from "./measured-on.ts";

export interface ImportOptions {
  readonly name: string;
  readonly algorithm: string;
  readonly thresholds: ModelCard["thresholds"];
  readonly seed: number;
  readonly libraries: Readonly<Record<string, string>>;
  /** Name of the file it came from. */
  readonly file: string;
  /** What the file does not say itself; see {@link adaptClassifier}. */
  readonly said?: Said;
  /** What it answered where it was trained. */
  readonly expected?: ExpectedScores | undefined;
}

const COLUMNS_ASSUMED =
  "Nothing in it says which column is which: they are taken as Time, V1 to V28, Amount (--columns says it otherwise).";
const UNPROVEN =
  "Nothing shows that it scores here as where it was trained: it can be a shadow; for more import it with --expected SAMPLE.";

/** A model taken in, not yet in the registry. */
export interface ImportedModel {
  readonly bytes: Uint8Array;
  readonly card: CardDraft;
  /** What should be looked into before it is used; they are among the card's limits too. */
  readonly questions: readonly string[];
}

/**
 * Takes in a classifier trained elsewhere: adapts its inputs and output, checks that it scores every row of the data and the
 * corners of what may come, measures it on the honest test rows and drafts its card. What does not credibly rank frauds
 * above the rest there is refused, with the question that raises.
 *
 * @throws DomainError `invalid_argument` saying what is wrong with the file
 */
export async function importModel(
  given: Uint8Array,
  data: Dataset,
  options: ImportOptions,
): Promise<ImportedModel> {
  const { name, algorithm, thresholds, seed, libraries, file, said, expected } = options;
  const probe = probeRows(data.inputs);
  const adapted = await adaptClassifier(given, probe, said);
  const { bytes, source } = adapted;
  await checkClassifier(bytes, probe);
  await requireDifferences(bytes, data);
  const parity = expected ? await checkExpected(bytes, expected) : { rows: 0, max_abs_diff: 0 };
  const evaluation = await measureFile(bytes, data, { thresholds, seed });
  const test = honestTestRows(data);
  const measured = measuredOn(data, test.labels);
  requireRanking(evaluation, adapted, measured);
  const questions = [
    questionOfColumns(evaluation, test),
    adapted.columnsAssumed && !expected ? COLUMNS_ASSUMED : undefined,
    expected ? undefined : UNPROVEN,
  ].filter((question) => question !== undefined);
  const note = "measured at import; what it was trained on is not known";
  return {
    bytes,
    questions,
    card: {
      name,
      algorithm,
      inputs: [...inputNames],
      features: [],
      thresholds,
      parameters: {
        ...{ imported_from: file, probability: source },
        ...(expected && { expected_scores: expected.file }),
      },
      data: { file: data.file, sha256: data.sha256, rows: data.rows, use: "measured on, not trained on" },
      measured_on: measured,
      split: { protocol: `imported; figures by ${evaluation.protocol}`, train: "unknown" },
      seed,
      libraries: { ...libraries },
      metrics: metricsOf(evaluation).map((metric) => ({ ...metric, note: metric.note ?? note })),
      parity,
      limits: [
        ...questions,
        "Trained elsewhere: if its training saw the test rows, its figures are too good.",
        "Its probabilities are as calibrated as the figures say; nothing was added to them.",
        "Explanations depend on what its graph holds.",
      ],
    },
  };
}

/** Refuses a file that says the same of every row. */
async function requireDifferences(bytes: Uint8Array, data: Dataset): Promise<void> {
  const scores = await scoreOnnx(bytes, data.inputs);
  if (scores.every((score) => score === scores[0])) {
    throw new DomainError(
      "invalid_argument",
      `it gives ${scores[0]} for each of the ${data.rows} rows of ${data.file}: is it the right file, or does it read its inputs in other units?`,
    );
  }
}

/** Refuses a file whose ranking is upside down or may be chance. */
function requireRanking(
  { figures }: Evaluation,
  adapted: AdaptedModel,
  { file, frauds }: ReturnType<typeof measuredOn>,
): void {
  const { value, low, high } = figures.auc;
  if (low > 0.5) return;
  const measured = `on ${file} its AUC is ${value.toFixed(3)} (95 %: ${low.toFixed(3)} to ${high.toFixed(3)}, ${frauds} frauds)`;
  const { source, otherClass } = adapted;
  const answer = otherClass === undefined ? "give --fraud-class" : `give ${fraudClassFlag(otherClass)}`;
  throw new DomainError(
    "invalid_argument",
    high < 0.5
      ? `the scores rank legitimate above fraud: ${measured}, taking ${source}. Is the fraud class the other one? Then ${answer}`
      : `the scores do not credibly tell fraud from legitimate: ${measured}. Are its columns in another order than Time, V1 to V28, Amount, or its inputs scaled? Then say the order with --columns, or export it with the scaling inside and one input a column by name. Are the frauds too few? Then measure it on a file with more`,
  );
}

/** The question raised by a model that ranks worse than one of its inputs alone: its columns may be mixed up. */
function questionOfColumns(
  { figures }: Evaluation,
  { inputs, labels, weights }: Dataset,
): string | undefined {
  const { rows, columns, values } = inputs;
  let best = { name: "", auc: 0 };
  for (const [c, name] of inputNames.entries()) {
    const scores = Float64Array.from({ length: rows }, (_, r) => values[r * columns + c]!);
    const auc = rocAuc({ scores, labels, weights });
    // A column may speak against fraud as clearly as for it.
    if (Math.max(auc, 1 - auc) > best.auc) best = { name, auc: Math.max(auc, 1 - auc) };
  }
  if (best.auc <= figures.auc.high) return undefined;
  return `It ranks worse than ${best.name} alone does (AUC ${best.auc.toFixed(3)}): are its columns in another order than Time, V1 to V28, Amount, or its inputs scaled?`;
}

/** The option as a shell takes it, whatever the label. */
function fraudClassFlag(label: string): string {
  return /^\w+$/.test(label) ? `--fraud-class ${label}` : `--fraud-class=${JSON.stringify(label)}`;
}
