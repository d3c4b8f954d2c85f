import { tierOf } from "../../domain/policy/decision-policy.ts";
import { tierName } from "../../domain/tiers.ts";
import type { ModelCard } from "../../scorer/serving/registry.ts";
import type { ScoredSample } from "../evaluate/sample.ts";

/**
 * The scored test rows as CSV, highest score first: `score,tier,prediction,actual`. A row's `weight` stays out: it is
 * the test rows that are listed, not the transactions they stand for.
 */
export function riskAnalysisCsv(
  { scores, labels }: ScoredSample,
  thresholds: ModelCard["thresholds"],
): string {
  const order = Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]! || a - b);
  const lines = order.map((row) => {
    const score = scores[row]!;
    return `${score.toFixed(6)},${tierName(tierOf(score, thresholds))},${score >= thresholds.fraud ? 1 : 0},${labels[row]}`;
  });
  return `score,tier,prediction,actual\n${lines.join("\n")}\n`;
}
