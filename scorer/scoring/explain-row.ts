import type { Reason } from "../../domain/reasons.ts";
import { DomainError } from "../../platform/process/errors.ts";
import type { ModelCard } from "../serving/registry.ts";
import type { Explainer } from "./explain/explainer.ts";
import { reasonsOf } from "./explain/reasons.ts";
import type { OnnxModel } from "./model.ts";
import { probabilityOf } from "./probability.ts";

/** A row's score and what it is made of: baseline + Σ reasons + remainder = rawScore. */
export interface ExplainedRow {
  /** NaN when the model gave none. */
  readonly probability: number;
  readonly baseline: number;
  /** Strongest first, at most `top`; none when the model's features or contributions are no numbers. */
  readonly reasons: readonly Reason[];
  readonly remainder: number;
  /** NaN when there is no explanation in numbers. */
  readonly rawScore: number;
  readonly unit: string;
  readonly method: string;
}

/**
 * Scores rows and attributes each score to its features.
 *
 * @param rows n × width inputs
 * @param top how many reasons; 0 gives all
 * @throws DomainError `invalid_argument` when the model cannot be explained
 */
export async function explainRows(
  onnx: OnnxModel,
  explainer: Explainer,
  card: ModelCard,
  rows: Float32Array,
  top: number,
): Promise<ExplainedRow[]> {
  if (!explainer.supported) throw new DomainError("invalid_argument", explainer.why);
  const count = rows.length / onnx.width;
  const { probability, features } = await onnx.outputs(rows, count);
  if (!features) throw new DomainError("invalid_argument", "the graph has no features to explain");
  const width = features.length / count;
  return Array.from({ length: count }, (_, i) => {
    const row = features.subarray(i * width, (i + 1) * width);
    const explanation = explainer.explain(row);
    const sound = row.every(Number.isFinite) && Number.isFinite(explanation.rawScore);
    const rawScore = sound ? explanation.rawScore : Number.NaN;
    const given = rows.subarray(i * onnx.width, (i + 1) * onnx.width);
    const reasons = sound ? reasonsOf(explanation.contributions, row, card, top, given) : [];
    const named = reasons.reduce((sum, reason) => sum + reason.contribution, 0);
    return {
      probability: probabilityOf(probability[i] as number),
      baseline: explanation.baseline,
      reasons,
      remainder: rawScore - explanation.baseline - named,
      rawScore,
      unit: explanation.unit,
      method: explanation.method,
    };
  });
}
