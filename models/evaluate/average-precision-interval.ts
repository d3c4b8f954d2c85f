import { betaQuantile } from "./beta.ts";
import type { ScoredSample } from "./sample.ts";

/** Half of one error in twenty, for one end of an interval. */
const TAIL = 0.025;
/** Below so many expected misses, approximations of a share by draws or a normal curve are too narrow. */
const FEW = 5;

/**
 * What an average precision may be at least where frauds are so few that draws from them cannot show it: it is a mean of one
 * share for each fraud, so its interval is no narrower than that of a share of as many cases (Boyd, Eng & Page 2013),
 * taken exactly (Clopper & Pearson 1934). Frauds count as many as their weights are worth (Kish's effective sample size).
 *
 * @param value the average precision measured
 * @returns 1 where the frauds are many enough for the draws to be believed: no bound
 */
export function averagePrecisionFloor({ labels, weights }: ScoredSample, value: number): number {
  let [total, squares] = [0, 0];
  for (let row = 0; row < labels.length; row++) {
    if (labels[row] !== 1) continue;
    const weight = weights ? weights[row]! : 1;
    total += weight;
    squares += weight * weight;
  }
  const frauds = total ** 2 / squares;
  const missed = frauds * (1 - value);
  return missed < FEW ? betaQuantile(TAIL, frauds - missed, missed + 1) : 1;
}
