import type { JudgedFigures } from "../../domain/model-care.ts";
import { descendingOrder } from "../evaluate/order.ts";
import { rank, rankingQuality } from "../evaluate/ranking.ts";

/** Scores with the truth and what each row stands for. */
export interface Judged {
  readonly scores: Float32Array;
  readonly labels: Uint8Array;
  readonly weights: Float64Array;
}

const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0);

/** The riskiest rows that together are a share of all payments: what people would look at. 1 a row that is one. */
export function riskiest({ scores, weights }: Judged, share: number): Uint8Array {
  const taken = new Uint8Array(scores.length);
  const room = share * sum(weights);
  let used = 0;
  for (const row of descendingOrder(scores)) {
    const weight = weights[row] as number;
    // The row that the border goes through is looked at: a share of few rows is never none of them.
    if (used >= room) break;
    taken[row] = 1;
    used += weight;
  }
  return taken;
}

/** The share of payments at or above an edge. */
export function loadAt({ scores, weights }: Judged, edge: number): number {
  let above = 0;
  for (let r = 0; r < scores.length; r++)
    if ((scores[r] as number) >= Math.fround(edge)) above += weights[r] as number;
  return above / sum(weights);
}

/** @param load the share of payments that people look at; @param edge from where on the model sends payments to people */
export function figuresOfJudged(judged: Judged, load: number, edge: number): JudgedFigures {
  const { scores, labels, weights } = judged;
  const taken = riskiest(judged, load);
  let [frauds, caught, flagged, said] = [0, 0, 0, 0];
  for (let r = 0; r < scores.length; r++) {
    const weight = weights[r] as number;
    said += weight * (scores[r] as number);
    if (labels[r] === 1) frauds += weight;
    if (taken[r] !== 1) continue;
    flagged += weight;
    if (labels[r] === 1) caught += weight;
  }
  return {
    auprc: rankingQuality(rank(judged)).auprc,
    recall: caught / frauds,
    precision: flagged > 0 ? caught / flagged : 0,
    calibration: said / frauds,
    load: loadAt(judged, edge),
  };
}
