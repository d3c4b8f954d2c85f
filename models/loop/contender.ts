import { z } from "zod";
import { contractField } from "../../domain/transaction.ts";
import { Random } from "../../platform/math/random.ts";
import { createExplainer } from "../../scorer/scoring/explain/explainer.ts";
import { OnnxModel } from "../../scorer/scoring/model.ts";
import type { ModelCard } from "../../scorer/serving/registry.ts";
import { descendingOrder } from "../evaluate/order.ts";
import { type Matrix, newMatrix, takeRows } from "../features/matrix.ts";
import { transform } from "../features/transform.ts";
import { scoreForeign } from "../onnx/run-foreign.ts";
import type { Contender } from "./gate.ts";

/** A model file, and as much of its card as judging needs. */
export interface ModelFile {
  readonly bytes: Uint8Array;
  readonly card: Pick<ModelCard, "inputs" | "features" | "thresholds">;
}

/** Rows whose score is taken apart. */
const EXPLAINED = 30;
/** Reasons that are shown: so many inputs are made usual. */
const NAMED = 3;
const TIMED_ROWS = 1_024;
const TIMES = 7;

/**
 * Scores the judged payments by a file and measures what it costs and how far its reasons can be believed.
 *
 * @param usual what is usual of each input, in the order of the matrix
 * @throws DomainError `invalid_argument` when the file cannot be run
 */
export async function contenderOf(
  file: ModelFile,
  judged: Matrix,
  usual: Float32Array,
  seed: number,
): Promise<Contender> {
  const scores = await scoreForeign(file.bytes, judged);
  return {
    scores,
    reviewEdge: file.card.thresholds.high,
    bytes: file.bytes.length,
    micros: await microsOf(file, judged),
    fidelity: await fidelityOf(file, judged, scores, usual, seed),
    looksAt: gainsOf(file.card),
  };
}

const importanceSchema = z.array(z.object({ feature: z.string(), gain: z.number() }));

/** Share of gain by input: cards name features, some of which are made of an input of another name. */
function gainsOf({ features, importance }: ModelFile["card"] & { readonly importance?: unknown }) {
  const told = importanceSchema.safeParse(importance);
  if (!told.success) return undefined;
  const inputs = new Map(features.map(({ name, input }) => [contractField(name), input]));
  const gains: Record<string, number> = {};
  for (const { feature, gain } of told.data) gains[inputs.get(contractField(feature)) ?? feature] = gain;
  return gains;
}

/** The middle of each column over some rows. */
export function medians(inputs: Matrix, rows: readonly number[]): Float32Array {
  return Float32Array.from({ length: inputs.columns }, (_, c) => {
    const column = Float32Array.from(rows, (r) => inputs.values[r * inputs.columns + c] as number).sort();
    return column[column.length >> 1] ?? 0;
  });
}

/** Microseconds a row, the best of some runs: others on the machine only make it slower. */
async function microsOf({ bytes }: ModelFile, judged: Matrix): Promise<number> {
  const rows = Int32Array.from({ length: TIMED_ROWS }, (_, i) => i % judged.rows);
  const { values } = takeRows(judged, rows);
  const model = await OnnxModel.load(bytes, { width: judged.columns });
  try {
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i < TIMES; i++) {
      const began = performance.now();
      await model.score(values.slice(), TIMED_ROWS);
      best = Math.min(best, performance.now() - began);
    }
    return (best * 1_000) / TIMED_ROWS;
  } finally {
    await model.release();
  }
}

/**
 * Deletion: makes the inputs that the reasons name usual, and as many others drawn by chance, in the riskiest rows. Reasons
 * that say why lower the score more (Samek et al. 2017, "Evaluating the visualization of what a deep network has learned").
 */
async function fidelityOf(
  { bytes, card }: ModelFile,
  judged: Matrix,
  scores: Float32Array,
  usual: Float32Array,
  seed: number,
): Promise<Contender["fidelity"]> {
  const explainer = createExplainer(bytes, card as ModelCard);
  if (!explainer.supported || judged.columns <= 2 * NAMED) return null;
  const rows = descendingOrder(scores).subarray(0, EXPLAINED);
  const some = takeRows(judged, rows);
  const features = transform(some, card.features);
  const changed = newMatrix(2 * some.rows, judged.names);
  const random = new Random(seed, 0xf1de);
  for (let r = 0; r < some.rows; r++) {
    const row = features.values.slice(r * features.columns, (r + 1) * features.columns);
    const { contributions } = explainer.explain(row);
    const order = Array.from(contributions.keys()).sort(
      (a, b) => (contributions[b] as number) - (contributions[a] as number),
    );
    const inputOf = (feature: number): number => judged.names.indexOf(card.features[feature]?.input ?? "");
    const named = [...new Set(order.map(inputOf))].slice(0, NAMED);
    const others = Array.from(judged.names.keys()).filter((c) => !named.includes(c));
    const drawn = named.map(() => others.splice(random.int(others.length), 1)[0] as number);
    for (const [half, columns] of [named, drawn].entries()) {
      const at = (half * some.rows + r) * judged.columns;
      changed.values.set(some.values.subarray(r * judged.columns, (r + 1) * judged.columns), at);
      for (const c of columns) changed.values[at + c] = usual[c] as number;
    }
  }
  const after = await scoreForeign(bytes, changed);
  const fall = (half: number): number => {
    let sum = 0;
    for (let r = 0; r < some.rows; r++)
      sum += (scores[rows[r] as number] as number) - (after[half * some.rows + r] as number);
    return sum / some.rows;
  };
  return { named: fall(0), others: fall(1) };
}
