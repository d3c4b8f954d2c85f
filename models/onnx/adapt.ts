import { DomainError } from "../../platform/process/errors.ts";
import { type Graph, readGraph } from "../../scorer/scoring/explain/onnx-graph.ts";
import type { Matrix } from "../features/matrix.ts";
import { elementType } from "../graph/graph-builder.ts";
import { type ClassLabels, classLabels, fraudColumn, saysFraud } from "./class-labels.ts";
import { type Frame, frameOf, PROBABILITY, withProbability, withSize } from "./frame.ts";
import { describeValue, type ModelFile, readModelFile } from "./model-file.ts";
import { scoreForeign } from "./run-foreign.ts";

const FLOAT16 = 10;
const BFLOAT16 = 16;
const floats: readonly (number | undefined)[] = [elementType.float, elementType.double, FLOAT16, BFLOAT16];

/** How far sums of float32 shares may miss 0 and 1; such answers are cut there, farther ones are no probabilities. */
const ROUNDING = 1e-5;

/** A file made fit for the scorer, and how. */
export interface AdaptedModel {
  readonly bytes: Uint8Array;
  /** For the card: where the probability comes from. */
  readonly source: string;
  /** What `--fraud-class` would take the other class instead; undefined when there are more than two. */
  readonly otherClass: string | undefined;
  /** Whether nothing but custom says which column of its input is which. */
  readonly columnsAssumed: boolean;
}

/** What a person says of a file that does not say it itself. */
export interface Said {
  /** The fraud class's label; where the file names no classes, 0 or 1. */
  readonly fraudClass?: string | undefined;
  /** The output that holds the probability. */
  readonly output?: string | undefined;
  /** The columns that its one wide input reads, in its order. */
  readonly columns?: readonly string[] | undefined;
}

/** A tensor of the graph that may hold probabilities. */
interface Candidate {
  readonly tensor: string;
  /** The output that a person sees; the tensor is what its ZipMap reads, where it has one. */
  readonly output: string;
  readonly columns: number;
  readonly labels: ClassLabels | undefined;
}

/** One number a row, out of a candidate. */
interface Choice extends Pick<AdaptedModel, "source" | "otherClass"> {
  readonly candidate: Candidate;
  readonly column: number;
  readonly inverted: boolean;
}

/** A choice and the numbers that it gives. */
interface Judged {
  readonly choice: Choice;
  readonly range: Range;
}

interface Range {
  readonly low: number;
  readonly high: number;
  /** Nothing but 0 and 1: a verdict rather than a probability. */
  readonly verdicts: boolean;
}

/**
 * Gives a classifier from elsewhere the one input [n, 30] and the one output [n] that the scorer knows, by nodes in front of
 * its graph and behind it. Understood: probabilities [n, k] of k classes (converters of scikit-learn, XGBoost, LightGBM;
 * also behind a ZipMap), of which the fraud class is found by its label; else one output of one number a row. Outputs that
 * are no probabilities on the given rows (logits) are passed over.
 *
 * @param rows what the file is tried on
 * @throws DomainError `invalid_argument` when the bytes are no ONNX model, no output is like these, or it cannot be known
 *   which class is fraud
 */
export async function adaptClassifier(
  bytes: Uint8Array,
  rows: Matrix,
  said: Said = {},
): Promise<AdaptedModel> {
  const file = readModelFile(bytes);
  const graph = readGraph(bytes);
  const frame = frameOf(bytes, file, graph, { columns: said.columns });
  const candidates = await findCandidates(frame, graph, rows, said.output);
  const framed = ({ candidate, ...choice }: Choice, cut = false, around = frame) =>
    withProbability(around, { ...candidate, ...choice, cut });
  const judged: Judged[] = [];
  for (const candidate of candidates) {
    const choice = choose(candidate, said.fraudClass);
    judged.push({ choice, range: rangeOf(await scoreForeign(framed(choice), rows)) });
  }
  const { choice, range } = best(judged);
  if (said.fraudClass === undefined) requireFraudward(choice);
  if (frame.feed.label !== undefined) {
    const told = frameOf(bytes, file, graph, { label: 1 });
    await requireBlindness(frame.feed.label, framed(choice), framed(choice, false, told), rows);
  }
  const cut = range.low < 0 || range.high > 1;
  const { source, otherClass } = choice;
  return {
    bytes: !cut && isReady(frame, choice) ? bytes : framed(choice, cut),
    source: [source, frame.feed.how].filter((part) => part !== "").join("; "),
    otherClass,
    columnsAssumed: frame.feed.assumed,
  };
}

/** The tensors to look at, the likeliest first. */
async function findCandidates(
  frame: Frame,
  graph: Graph,
  rows: Matrix,
  wanted: string | undefined,
): Promise<Candidate[]> {
  const { file } = frame;
  if (wanted !== undefined && !file.outputs.some(({ name }) => name === wanted)) {
    throw new DomainError(
      "invalid_argument",
      `--output ${wanted} is none of its outputs: ${file.outputs.map(describeValue).join("; ")}`,
    );
  }
  const labelOutputs = file.outputs
    .filter(({ type }) => type !== undefined && !floats.includes(type))
    .map(({ name }) => name);
  const one: Matrix = { ...rows, rows: 1, values: rows.values.slice(0, rows.columns) };
  const found: Candidate[] = [];
  for (const { output, tensor } of tensorsOf(file, graph)) {
    if (wanted !== undefined && output !== wanted) continue;
    const [columns = 0] = await scoreForeign(withSize(frame, tensor), one);
    const named = classLabels(graph, tensor, labelOutputs);
    const labels = named?.length === Math.max(2, columns) ? named : undefined;
    if (columns === 1 || columns === 2 || labels) found.push({ tensor, output, columns, labels });
  }
  if (found.length === 0) {
    throw new DomainError(
      "invalid_argument",
      `none of its outputs is a probability, float [n], [n,1] or [n,2]: ${file.outputs.map(describeValue).join("; ")}. Export predict_proba, not the class alone`,
    );
  }
  const rank = ({ output, columns }: Candidate) => (output === PROBABILITY ? 0 : columns > 1 ? 1 : 2);
  return found.sort((a, b) => rank(a) - rank(b));
}

/** Outputs of floats, and what the ZipMaps behind other outputs read. */
function tensorsOf(file: ModelFile, graph: Graph): { output: string; tensor: string }[] {
  return file.outputs.flatMap(({ name, type }) => {
    if (floats.includes(type)) return [{ output: name, tensor: name }];
    const zipMap = graph.nodes.find((node) => node.op === "ZipMap" && node.outputs[0] === name);
    return zipMap ? [{ output: name, tensor: zipMap.inputs[0]! }] : [];
  });
}

function choose(candidate: Candidate, fraudClass: string | undefined): Choice {
  const { output, columns, labels } = candidate;
  // A single number is the probability of the second of two classes.
  const classes = labels ?? ["0", "1"];
  const pair = classes.length === 2;
  const assumed = fraudClass === undefined && (columns === 1 || !labels);
  const fraud = assumed ? 1 : fraudColumn(classes, fraudClass);
  const otherClass = pair ? classes[1 - fraud] : undefined;
  if (columns === 1) {
    const inverted = fraud === 0;
    const source = inverted ? `1 − its output ${output}` : `its output ${output}`;
    return { candidate, column: 0, inverted, source, otherClass };
  }
  const label = labels ? `class ${JSON.stringify(labels[fraud])}` : "without a label";
  const source = `column ${fraud} of its output ${output}, ${label}`;
  return { candidate, column: fraud, inverted: false, source, otherClass };
}

/** The likeliest of those that are probabilities. */
function best(judged: readonly Judged[]): Judged {
  const inside = judged.filter(({ range }) => range.low >= -ROUNDING && range.high <= 1 + ROUNDING);
  const [first] = inside;
  if (!first) {
    const given = judged.map(
      ({ choice, range }) =>
        `${choice.candidate.output} from ${Number(range.low.toPrecision(3))} to ${Number(range.high.toPrecision(3))}`,
    );
    throw new DomainError(
      "invalid_argument",
      `its output is no probability between 0 and 1 (${given.join("; ")}): export predict_proba, or put a Sigmoid or Softmax behind the scores`,
    );
  }
  const { candidate } = first.choice;
  if (candidate.columns > 1 || candidate.output === PROBABILITY) return first;
  for (const says of [saysFraud, saysProbability]) {
    const named = inside.filter(({ choice }) => says(choice.candidate.output));
    if (named.length === 1) return named[0]!;
  }
  const graded = inside.filter(({ range }) => !range.verdicts);
  if (graded.length > 1) {
    const names = graded.map(({ choice }) => choice.candidate.output).join(", ");
    throw new DomainError(
      "invalid_argument",
      `any of its outputs ${names} could be the probability of the fraud class: give --output NAME with the one that is`,
    );
  }
  return graded[0] ?? first;
}

/** Refuses a single number that is called the legitimate class's, until a person says what it is. */
function requireFraudward({ candidate: { output, columns, labels }, source }: Choice): void {
  if (columns > 1 || !saysLegitimate(output)) return;
  const [first, second] = labels ?? ["0", "1"];
  throw new DomainError(
    "invalid_argument",
    `${source} is one number a row, by its name that of the legitimate class: give --fraud-class ${first} if one minus it is the probability of fraud, --fraud-class ${second} if it is itself`,
  );
}

/** Refuses a file whose answers change with the label that they are to foretell. */
async function requireBlindness(
  label: string,
  legitimate: Uint8Array,
  fraud: Uint8Array,
  rows: Matrix,
): Promise<void> {
  const [a, b] = [await scoreForeign(legitimate, rows), await scoreForeign(fraud, rows)];
  if (a.every((score, r) => Object.is(score, b[r]))) return;
  throw new DomainError(
    "invalid_argument",
    `it reads the label: its answers change with its input ${label}, which nobody knows when a payment is scored. Export the model without it`,
  );
}

function saysLegitimate(name: string): boolean {
  return /legit|genuine|normal/i.test(name) || (/fraud/i.test(name) && !saysFraud(name));
}

/** ML.NET hands its inputs on as outputs, beside one called Probability. */
function saysProbability(name: string): boolean {
  return /^prob/i.test(name);
}

function rangeOf(scores: Float32Array): Range {
  let [low, high, verdicts] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, true];
  for (const score of scores) {
    // What is no number at all is the probes' business: it says nothing about what the output is.
    if (!Number.isFinite(score)) continue;
    low = Math.min(low, score);
    high = Math.max(high, score);
    if (score !== 0 && score !== 1) verdicts = false;
  }
  return low > high ? { low: 0, high: 0, verdicts } : { low, high, verdicts };
}

/** Whether the scorer can read the file as it is. */
function isReady({ file, feed }: Frame, { candidate, inverted }: Choice): boolean {
  const output = file.outputs.find(({ name }) => name === candidate.tensor);
  const named = candidate.tensor === PROBABILITY && candidate.columns === 1 && !inverted;
  return feed.direct && named && output?.type === elementType.float;
}
