import type { InferenceHost, Slab } from "./inference/inference-host.ts";
import type { ModelCatalog } from "./model-catalog.ts";
import type { ServedModel } from "./served-model.ts";

/** How a shadow compares with the models that answered. */
export interface ShadowComparison {
  /** Rows that both have scored. */
  rows: number;
  /** Rows that would have got another tier. */
  otherTier: number;
  /** Sum of |shadow − answer|. */
  absoluteDifference: number;
  /** Largest |shadow − answer|. */
  largestDifference: number;
  /** Rows that were left out because the shadow was busy, or reads other inputs than the model that answered. */
  skipped: number;
  /** Rows that one of the two gave no probability for. */
  unanswered: number;
}

/**
 * Scores along, off the answer's path: a run's rows are copied when it is done, and a shadow that is still busy with the
 * last copy leaves this one out. The memory it takes is one slab for each shadow.
 */
export class ShadowScoring {
  readonly #catalog: ModelCatalog;
  readonly #inference: InferenceHost;
  readonly #busy = new Set<string>();
  /** By the shadow's "name@version". */
  readonly comparisons = new Map<string, ShadowComparison>();

  constructor(catalog: ModelCatalog, inference: InferenceHost) {
    this.#catalog = catalog;
    this.#inference = inference;
  }

  /** Looks at a run that `model` has finished; its slab is free again when this returns. */
  observe(model: ServedModel, slab: Slab, rows: number): void {
    for (const shadow of this.#catalog.shadows) {
      if (shadow === model) continue;
      const comparison = this.#comparison(shadow);
      if (this.#busy.has(shadow.id) || !readsTheSame(shadow, model)) {
        comparison.skipped += rows;
        continue;
      }
      this.#busy.add(shadow.id);
      const copy = this.#inference.takeSlab(slab.width);
      copy.inputs.set(slab.inputs.subarray(0, rows * slab.width));
      const answers = slab.probabilities.slice(0, rows);
      shadow.retain();
      shadow.inference
        .score(copy, rows)
        .then(
          () => compare(comparison, answers, copy.probabilities, model, shadow),
          () => {
            comparison.skipped += rows;
          },
        )
        .finally(() => {
          shadow.release();
          this.#inference.giveBack(copy);
          this.#busy.delete(shadow.id);
        })
        .catch(() => {});
    }
  }

  #comparison(shadow: ServedModel): ShadowComparison {
    let found = this.comparisons.get(shadow.id);
    if (!found) {
      found = {
        rows: 0,
        otherTier: 0,
        absoluteDifference: 0,
        largestDifference: 0,
        skipped: 0,
        unanswered: 0,
      };
      this.comparisons.set(shadow.id, found);
    }
    return found;
  }
}

/** A run has the answering model's rows alone, and not the transactions that others could be made of. */
function readsTheSame(one: ServedModel, other: ServedModel): boolean {
  const { columns } = other.inputs;
  if (one.inputs.schema?.signature !== other.inputs.schema?.signature) return false;
  return (
    one.inputs.columns === columns ||
    (one.inputs.width === columns.length &&
      one.inputs.columns.every(({ field }, i) => field === columns[i]?.field))
  );
}

function compare(
  comparison: ShadowComparison,
  answers: Float32Array,
  shadowed: Float32Array,
  model: ServedModel,
  shadow: ServedModel,
): void {
  for (let i = 0; i < answers.length; i++) {
    const answer = answers[i] as number;
    const other = shadowed[i] as number;
    const difference = Math.abs(other - answer);
    if (Number.isNaN(difference)) {
      comparison.unanswered++;
      continue;
    }
    comparison.rows++;
    comparison.absoluteDifference += difference;
    comparison.largestDifference = Math.max(comparison.largestDifference, difference);
    if (model.decide(answer).riskTier !== shadow.decide(other).riskTier) {
      comparison.otherTier++;
    }
  }
}
