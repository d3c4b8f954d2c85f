import { DomainError } from "../../platform/errors.ts";
import type { Reason } from "../client/types.ts";
import { reasonsOf } from "./explain/reasons.ts";
import type { ServedModel } from "./served-model.ts";

/** A row's score and what it is made of: baseline + Σ reasons + remainder = rawScore. */
export interface ExplainedRow {
  readonly probability: number;
  readonly baseline: number;
  /** Strongest first, at most `top`. */
  readonly reasons: readonly Reason[];
  readonly remainder: number;
  readonly rawScore: number;
  readonly unit: string;
  readonly method: string;
}

/**
 * Scores one row and attributes the score to its features.
 *
 * @param row 30 inputs
 * @param top how many reasons; 0 gives all
 * @throws DomainError `invalid_argument` when the model cannot be explained
 */
export async function explainRow(model: ServedModel, row: Float32Array, top: number): Promise<ExplainedRow> {
  const { explainer } = model;
  if (!explainer.supported) throw new DomainError("invalid_argument", explainer.why);
  const { probability, features } = await model.onnx.outputs(row, 1);
  if (!features) throw new DomainError("invalid_argument", "the graph has no features to explain");
  const explanation = explainer.explain(features);
  const reasons = reasonsOf(explanation.contributions, features, model.card, top);
  const given = reasons.reduce((sum, reason) => sum + reason.contribution, 0);
  return {
    probability: probability[0] as number,
    baseline: explanation.baseline,
    reasons,
    remainder: explanation.rawScore - explanation.baseline - given,
    rawScore: explanation.rawScore,
    unit: explanation.unit,
    method: explanation.method,
  };
}

/**
 * The strongest reasons for a row's score, for an answer that is not about reasons: a model that cannot be explained
 * gives none.
 */
export async function strongestReasons(
  model: ServedModel,
  row: Float32Array,
  top: number,
): Promise<readonly Reason[]> {
  return model.explainer.supported ? (await explainRow(model, row, top)).reasons : [];
}
