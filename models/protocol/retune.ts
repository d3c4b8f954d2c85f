import { DomainError } from "../../platform/process/errors.ts";
import type { ModelCard, StoredModel } from "../../scorer/serving/registry.ts";
import { type Dataset, streamDay } from "../data/dataset.ts";
import { metricsOf } from "../evaluate/evaluation.ts";
import { scaledToDay } from "../evaluate/workload.ts";
import { scoreOnnx } from "../onnx/parity.ts";
import type { CardDraft } from "../registry.ts";
import { honestTestRows, measureFile } from "./measure-file.ts";
import { measuredOn } from "./measured-on.ts";

/** Tiers rise: an edge that would meet the next one stays below it. */
const JUST_BELOW = 1 - 1e-6;

/** What people can work on in a day. */
export interface Capacity {
  /** High and Critical: what analysts see. */
  readonly reviewsPerDay: number;
  /** Medium and above; without it the lower edge of Medium stays, or follows High down. */
  readonly alertsPerDay?: number;
}

/**
 * A model with thresholds that its workload fits: the same file, a card with new tiers and every figure measured anew.
 * Only volumes are looked at, on the honest test rows scaled to a day ({@link scaledToDay}); labels have a part in them
 * because a day holds another share of frauds than the test rows, not in what is aimed at.
 *
 * @returns the draft of a new version's card
 * @throws DomainError `invalid_argument` when no threshold meets the capacity, or more reviews are wanted than alerts
 */
export async function retune(
  { bytes, card }: Pick<StoredModel, "bytes" | "card">,
  data: Dataset,
  capacity: Capacity,
): Promise<CardDraft> {
  const { reviewsPerDay, alertsPerDay } = capacity;
  if (alertsPerDay !== undefined && alertsPerDay < reviewsPerDay) {
    throw new DomainError(
      "invalid_argument",
      `${alertsPerDay} alerts a day cannot hold ${reviewsPerDay} reviews`,
    );
  }
  const test = honestTestRows(data);
  const scores = await scoreOnnx(bytes, test.inputs);
  const { labels, weights } = test;
  const aDay = scaledToDay({ scores, labels, weights }, streamDay(data));
  const lowest = (limit: number): number => thresholdFor(scores, aDay.weights, limit);
  const high = lowest(reviewsPerDay);
  const medium = alertsPerDay === undefined ? card.thresholds.medium : lowest(alertsPerDay);
  const { critical } = card.thresholds;
  const thresholds: ModelCard["thresholds"] = {
    // What no capacity moves stays where it is.
    ...card.thresholds,
    medium: Math.min(medium, high * JUST_BELOW),
    high,
    // Where even the old Critical tier is more than the capacity, the upper half of what is left is Critical.
    critical: critical > high ? critical : (high + 1) / 2,
  };
  const evaluation = await measureFile(bytes, data, { thresholds, seed: card.seed });
  const { schema: _schema, version, created_at: _created, sha256: _sha256, ...kept } = card;
  return {
    ...kept,
    thresholds,
    metrics: metricsOf(evaluation),
    measured_on: measuredOn(data, test.labels),
    tuned: {
      from: `${card.name}@${version}`,
      reviews_per_day: reviewsPerDay,
      alerts_per_day: alertsPerDay ?? null,
    },
  };
}

/**
 * The lowest threshold that no more than `limit` (weighted) transactions reach, half-way to the next score below.
 *
 * @throws DomainError `invalid_argument` when the highest score alone is more
 */
export function thresholdFor(scores: ArrayLike<number>, weights: ArrayLike<number>, limit: number): number {
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i).sort(
    (a, b) => scores[b]! - scores[a]!,
  );
  let reached = 0;
  let edge: number | undefined;
  for (let i = 0; i < order.length; ) {
    const score = scores[order[i]!]!;
    // Equal scores are in or out together.
    let next = i;
    let weight = 0;
    while (next < order.length && scores[order[next]!] === score) weight += weights[order[next++]!]!;
    if (reached + weight > limit) break;
    reached += weight;
    edge = next < order.length ? (score + scores[order[next]!]!) / 2 : score;
    i = next;
  }
  if (edge === undefined) {
    throw new DomainError(
      "invalid_argument",
      "the capacity is less than the highest-scored transactions of a day",
    );
  }
  return Number(edge.toPrecision(6));
}
