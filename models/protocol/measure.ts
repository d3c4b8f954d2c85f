import type { ModelCard, ModelMetric } from "../../platform/model-registry.ts";
import { type RankingQuality, rank, rankingQuality } from "../evaluate/ranking.ts";
import type { ScoredSample } from "../evaluate/sample.ts";
import { Random } from "../learners/random.ts";

type Thresholds = ModelCard["thresholds"];

/** Bootstrap draws behind each interval. */
const DRAWS = 1_000;

/**
 * What a card says of a scored test set: AUPRC and AUC with their 95 % bootstrap intervals (rows drawn with
 * replacement, percentiles), Brier score, and for every tier its transactions, frauds and fraud rate. All weighted.
 */
export function measure(
  sample: ScoredSample,
  thresholds: Thresholds,
  protocol: string,
  seed: number,
): ModelMetric[] {
  const ranked = rank(sample);
  const quality = rankingQuality(ranked);
  const draws = bootstrap(sample, seed, (weights) => rankingQuality(ranked, weights));
  const interval = (name: keyof RankingQuality) => {
    const values = draws.map((draw) => draw[name]).filter((value) => !Number.isNaN(value));
    values.sort((a, b) => a - b);
    const at = (q: number) => values[Math.round(q * (values.length - 1))]!;
    return { name, protocol, value: quality[name], low: at(0.025), high: at(0.975) };
  };
  return [
    interval("auprc"),
    interval("auc"),
    { name: "brier", protocol, value: brier(sample) },
    ...tierMetrics(sample, thresholds, protocol),
  ];
}

function bootstrap<T>(sample: ScoredSample, seed: number, of: (weights: Float64Array) => T): T[] {
  const rows = sample.scores.length;
  const weights = new Float64Array(rows);
  return Array.from({ length: DRAWS }, (_, draw) => {
    const random = new Random(seed, 0xb007 + draw);
    weights.fill(0);
    for (let i = 0; i < rows; i++) {
      const r = random.int(rows);
      weights[r]! += sample.weights?.[r] ?? 1;
    }
    return of(weights);
  });
}

function brier({ scores, labels, weights }: ScoredSample): number {
  let [sum, total] = [0, 0];
  for (let i = 0; i < scores.length; i++) {
    const w = weights?.[i] ?? 1;
    sum += w * (scores[i]! - labels[i]!) ** 2;
    total += w;
  }
  return sum / total;
}

function tierMetrics(
  { scores, labels, weights }: ScoredSample,
  { medium, high, critical }: Thresholds,
  protocol: string,
): ModelMetric[] {
  const tiers = ["low", "medium", "high", "critical"];
  const count = [0, 0, 0, 0];
  const fraud = [0, 0, 0, 0];
  for (let i = 0; i < scores.length; i++) {
    const p = scores[i]!;
    const tier = p >= critical ? 3 : p >= high ? 2 : p >= medium ? 1 : 0;
    const w = weights?.[i] ?? 1;
    count[tier]! += w;
    fraud[tier]! += w * labels[i]!;
  }
  return tiers.flatMap((tier, t) => [
    { name: `tier_${tier}_transactions`, protocol, value: count[t]! },
    { name: `tier_${tier}_frauds`, protocol, value: fraud[t]! },
    { name: `tier_${tier}_fraud_rate`, protocol, value: count[t]! > 0 ? fraud[t]! / count[t]! : 0 },
  ]);
}
