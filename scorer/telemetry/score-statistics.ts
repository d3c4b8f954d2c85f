import { byTier, type RiskTier } from "../../domain/tiers.ts";
import type { ServedModel } from "../scoring/served-model.ts";

/** Upper edges of the score distribution's buckets. */
export const SCORE_EDGES = [
  0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99,
] as const;

/** What one model has answered, in plain counters: the answer's path does not wait for a metrics library. */
export interface ModelStatistics {
  /** Answers by tier. */
  readonly tiers: Record<RiskTier, number>;
  /** Answers by bucket of {@link SCORE_EDGES}; the last counts what lies above all. */
  readonly scores: Float64Array;
  /** Sum of all probabilities. */
  sum: number;
  /** Transactions it gave no probability for. */
  unanswered: number;
  /** Own fields that came with transactions and that it reads nothing of. */
  unknownFields: number;
}

/** Counts answers by model. */
export class ScoreStatistics {
  readonly #models = new Map<string, ModelStatistics>();
  #lastModel: ServedModel | undefined;
  #last: ModelStatistics | undefined;

  /** Every model that has answered since the process started. */
  get models(): ReadonlyMap<string, ModelStatistics> {
    return this.#models;
  }

  /** Counts a transaction that the model gave no probability for. */
  observeNone(model: ServedModel): void {
    this.#of(model).unanswered++;
  }

  /** @param unknownFields how many own fields came that the model reads nothing of */
  observe(model: ServedModel, probability: number, tier: RiskTier, unknownFields = 0): void {
    const found = this.#of(model);
    found.unknownFields += unknownFields;
    found.tiers[tier]++;
    found.sum += probability;
    let bucket = 0;
    while (bucket < SCORE_EDGES.length && probability > (SCORE_EDGES[bucket] as number)) bucket++;
    (found.scores[bucket] as number)++;
  }

  #of(model: ServedModel): ModelStatistics {
    return this.#lastModel === model ? (this.#last as ModelStatistics) : this.#find(model);
  }

  #find(model: ServedModel): ModelStatistics {
    let found = this.#models.get(model.id);
    if (!found) {
      found = {
        tiers: { ...byTier(() => 0) },
        scores: new Float64Array(SCORE_EDGES.length + 1),
        sum: 0,
        unanswered: 0,
        unknownFields: 0,
      };
      this.#models.set(model.id, found);
    }
    this.#lastModel = model;
    this.#last = found;
    return found;
  }
}
