import { Random } from "../../platform/math/random.ts";
import type { Matrix } from "../features/matrix.ts";
import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { FittedModel, Learner } from "./learner.ts";

/** A learner and the factor on its raw score. */
export interface EnsemblePart {
  readonly learner: Learner;
  readonly weight: number;
}

/**
 * A weighted sum of raw scores: Σ weight · raw. Log-odds and a forest's probability may be summed, the weight then
 * says how many log-odds a whole vote is worth; only after calibration is the sum a probability. Being a sum, its
 * Shapley values are the weighted sum of the parts' (linearity, Shapley 1953), exact wherever theirs are.
 */
export function ensemble(parts: readonly EnsemblePart[]): Learner {
  if (parts.length === 0) throw new RangeError("an ensemble needs parts");
  for (const { learner, weight } of parts) {
    if (!(weight > 0))
      throw new RangeError(`ensemble: the weight of ${learner.algorithm} cannot be ${weight}`);
  }
  return {
    algorithm: "ensemble",
    parameters: {
      parts: parts.map(({ learner, weight }) => ({
        algorithm: learner.algorithm,
        weight,
        parameters: learner.parameters,
      })),
    },
    fit: async (set, { seed, threads, progress }) => {
      const models: FittedModel[] = [];
      for (const [i, { learner }] of parts.entries()) {
        const partSeed = new Random(seed, i).uint32();
        const model = await learner.fit(set, {
          seed: partSeed,
          ...(threads === undefined ? {} : { threads }),
          ...(progress && {
            progress: (done: number, total: number) =>
              progress(
                i + done / total,
                parts.length,
                `${learner.algorithm}, part ${i + 1} of ${parts.length}`,
              ),
          }),
        });
        models.push(model);
      }
      return new EnsembleModel(
        models,
        parts.map((p) => Math.fround(p.weight)),
      );
    },
  };
}

/** Fitted parts and their weights. */
export class EnsembleModel implements FittedModel {
  readonly algorithm = "ensemble";
  readonly link = "logistic";
  readonly parts: readonly FittedModel[];
  readonly weights: readonly number[];
  /** Mean of the parts' importances; absent when a part has none. */
  readonly importance?: Float64Array;

  constructor(parts: readonly FittedModel[], weights: readonly number[]) {
    this.parts = parts;
    this.weights = weights;
    const importances = parts.flatMap((p) => (p.importance ? [p.importance] : []));
    if (importances.length === parts.length) {
      this.importance = importances[0]!.map(
        (_, c) => importances.reduce((sum, importance) => sum + importance[c]!, 0) / parts.length,
      );
    }
  }

  predict(features: Matrix): Float64Array {
    const raw = new Float64Array(features.rows);
    for (const [i, part] of this.parts.entries()) {
      const scores = part.predict(features);
      for (let r = 0; r < raw.length; r++) raw[r]! += this.weights[i]! * scores[r]!;
    }
    return raw;
  }

  appendTo(graph: GraphBuilder, features: string): string {
    const scaled = this.parts.map((part, i) => {
      const raw = part.appendTo(graph, features);
      const weight = this.weights[i]!;
      return weight === 1 ? raw : graph.node("Mul", [raw, graph.floats("ensemble_weight", [weight])]);
    });
    return scaled.reduce((sum, part) => graph.node("Add", [sum, part]));
  }
}
