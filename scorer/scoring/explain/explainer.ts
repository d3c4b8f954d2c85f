import { DomainError, messageOf } from "../../../platform/process/errors.ts";
import type { ModelCard } from "../../serving/registry.ts";
import { readGraph } from "./onnx-graph.ts";
import { Program } from "./program.ts";
import { SampledShapley } from "./sampled-shapley.ts";
import { type Expression, readStructure, type Structure } from "./structure.ts";
import { TREE_SHAP_METHOD, TreeShap } from "./tree-shap.ts";

/** What contributions add up to. */
export type ScoreUnit = "probability" | "log-odds" | "score";

/** Why a model gave a score: baseline + Σ contributions = rawScore. */
export interface Explanation {
  /** The expected raw score, before anything is known of the transaction. */
  readonly baseline: number;
  readonly unit: ScoreUnit;
  readonly method: string;
  /** F values, in the order of the card's features; positive moves towards fraud. */
  readonly contributions: Float64Array;
  /** The model's `raw` output: its score before calibration. */
  readonly rawScore: number;
}

/** Explains the scores of one loaded model. */
export interface Explainer {
  /** Whether {@link explain} can answer for this model. */
  readonly supported: boolean;
  /** Why not, or "". */
  readonly why: string;
  readonly unit: ScoreUnit;
  readonly method: string;
  readonly baseline: number;
  readonly featureNames: readonly string[];
  /**
   * Explains one transaction; takes up to a few milliseconds and does not yield.
   *
   * @param features a row of the graph's `features` output: F values in the order of the card's features
   * @throws DomainError `invalid_argument` when the model is not supported or the row has another width
   */
  explain(features: Float32Array | Float64Array): Explanation;
}

const LINEAR_METHOD =
  "exact Shapley values of a linear model against the typical transaction (coefficient × distance)";

/**
 * Reads a model's structure and makes it ready to explain. Trees get exact path-dependent TreeSHAP, linear parts exact
 * contributions, weighted sums of them the weighted sum of both (Shapley values are linear in the game); small networks
 * are explained by sampling against the typical transaction. A model whose graph has no `features` and `raw` tensors,
 * or an operator between them that is not understood, comes back with `supported: false`.
 *
 * @param modelBytes model.onnx
 * @param card its card: names and order of the features, unit of the raw score
 * @throws DomainError `invalid_argument` when the bytes are no ONNX model
 */
export function createExplainer(modelBytes: Uint8Array, card: ModelCard): Explainer {
  const graph = readGraph(modelBytes);
  try {
    for (const output of ["features", "raw"]) {
      if (!graph.outputs.includes(output)) refuse(`the graph has no output "${output}"`);
    }
    return new StructureExplainer(readStructure(graph, "features", "raw", card.features.length), card);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return new UnsupportedExplainer(`this model cannot be explained: ${messageOf(error)}`, card);
  }
}

interface Part {
  readonly weight: number;
  readonly values: TreeShap | SampledShapley;
}

class StructureExplainer implements Explainer {
  readonly supported = true;
  readonly why = "";
  readonly unit: ScoreUnit;
  readonly method: string;
  readonly baseline: number;
  readonly featureNames: readonly string[];
  readonly #parts: readonly Part[];
  readonly #linear: Float64Array;
  readonly #row: Float64Array;

  constructor(structure: Structure, card: ModelCard) {
    const { slots, raw } = structure;
    this.featureNames = card.features.map((feature) => feature.name);
    this.#linear = raw.linear;
    this.#row = new Float64Array(structure.features);
    const parts: Part[] = [];
    const methods: string[] = [];
    const rest = new Map<number, number>();
    for (const [number, weight] of raw.terms) {
      const slot = slots[number]!;
      if (slot.kind === "trees" && slot.ensemble.share) {
        const shap = new TreeShap(slot.ensemble);
        parts.push({ weight, values: shap });
        if (!methods.includes(TREE_SHAP_METHOD)) methods.push(TREE_SHAP_METHOD);
      } else rest.set(number, weight);
    }
    if (raw.linear.some((coefficient) => coefficient !== 0)) methods.push(LINEAR_METHOD);
    if (rest.size > 0) {
      const unexplained: Expression = {
        constant: 0,
        linear: new Float64Array(structure.features),
        terms: rest,
      };
      const sampled = new SampledShapley(
        new Program(structure, unexplained),
        new Float64Array(structure.features),
      );
      parts.push({ weight: 1, values: sampled });
      methods.push(
        `Shapley values over ${sampled.orders} sampled feature orders against the typical transaction ` +
          "(Štrumbelj & Kononenko 2014)",
      );
    }
    this.#parts = parts;
    this.method = methods.join("; ") || "a constant model";
    this.baseline = parts.reduce((sum, part) => sum + part.weight * part.values.expected, raw.constant);
    this.unit = unitOf(card, structure);
  }

  explain(features: Float32Array | Float64Array): Explanation {
    const row = this.#row;
    if (features.length !== row.length) {
      throw new DomainError("invalid_argument", `${features.length} features instead of ${row.length}`);
    }
    // As float32, because that is what the graph compared with its thresholds.
    for (let i = 0; i < row.length; i++) row[i] = Math.fround(features[i]!);
    const contributions = new Float64Array(row.length);
    for (let i = 0; i < row.length; i++) contributions[i] = this.#linear[i]! * row[i]!;
    for (const part of this.#parts) part.values.addContributions(row, part.weight, contributions);
    const rawScore = contributions.reduce((sum, contribution) => sum + contribution, this.baseline);
    return { baseline: this.baseline, unit: this.unit, method: this.method, contributions, rawScore };
  }
}

class UnsupportedExplainer implements Explainer {
  readonly supported = false;
  readonly why: string;
  readonly unit: ScoreUnit = "score";
  readonly method = "none";
  readonly baseline = Number.NaN;
  readonly featureNames: readonly string[];

  constructor(why: string, card: ModelCard) {
    this.why = why;
    this.featureNames = card.features.map((feature) => feature.name);
  }

  explain(): Explanation {
    return refuse(this.why);
  }
}

function refuse(why: string): never {
  throw new DomainError("invalid_argument", why);
}

/**
 * The card's `link` says it ("identity": the raw score is a probability; "logistic": log-odds). Without it, a raw score
 * that cannot leave [0, 1] is a probability.
 */
function unitOf(card: ModelCard, { slots, raw }: Structure): ScoreUnit {
  const link = card["link"];
  if (link === "identity") return "probability";
  if (link === "logistic") return "log-odds";
  if (raw.linear.some((coefficient) => coefficient !== 0)) return "log-odds";
  let low = raw.constant;
  let high = raw.constant;
  for (const [number, weight] of raw.terms) {
    const slot = slots[number]!;
    if (slot.kind !== "trees") return "score";
    const { starts, feature, value, base } = slot.ensemble;
    low += weight * base;
    high += weight * base;
    for (let tree = 0; tree + 1 < starts.length; tree++) {
      let least = Number.POSITIVE_INFINITY;
      let most = Number.NEGATIVE_INFINITY;
      for (let node = starts[tree]!; node < starts[tree + 1]!; node++) {
        if (feature[node]! >= 0) continue;
        least = Math.min(least, weight * value[node]!);
        most = Math.max(most, weight * value[node]!);
      }
      low += least;
      high += most;
    }
  }
  return low > -1e-4 && high < 1 + 1e-4 ? "probability" : "log-odds";
}
