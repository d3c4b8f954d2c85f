import { rank, rankingQuality } from "./ranking.ts";
import type { ScoredSample } from "./sample.ts";
import { qualityAt } from "./thresholds.ts";

/** How the model does on a part of the sample. */
export interface SliceRow {
  readonly slice: string;
  readonly transactions: number;
  readonly frauds: number;
  readonly fraudRate: number;
  /** Undefined where the slice lacks frauds or legitimate rows. */
  readonly auprc: number | undefined;
  /** At the threshold that was asked for. */
  readonly recall: number;
  readonly precision: number;
  /** Transactions alerted; without any, precision says nothing. */
  readonly alerts: number;
}

/** Groups of rows: a name, and which slice a row belongs to. */
export interface Slicing {
  readonly names: readonly string[];
  /** Index into `names`, or −1 for a row left out. */
  of(row: number): number;
}

/** Six hours of the day each, from the data set's Time. */
export function byHour(times: ArrayLike<number>): Slicing {
  return {
    names: ["00–06 h", "06–12 h", "12–18 h", "18–24 h"],
    of: (row) => Math.floor((((times[row]! % 86_400) + 86_400) % 86_400) / 21_600),
  };
}

/** Amounts in steps people talk about. */
export function byAmount(amounts: ArrayLike<number>): Slicing {
  const edges = [10, 50, 200, 1_000];
  return {
    names: ["under 10", "10 to 50", "50 to 200", "200 to 1,000", "1,000 and more"],
    of: (row) => edges.filter((edge) => amounts[row]! >= edge).length,
  };
}

/** One row for each slice that has any. */
export function sliceTable(sample: ScoredSample, slicing: Slicing, threshold: number): SliceRow[] {
  const members: number[][] = slicing.names.map(() => []);
  for (let row = 0; row < sample.scores.length; row++) members[slicing.of(row)]?.push(row);
  return slicing.names.flatMap((slice, s) => {
    const rows = members[s]!;
    if (rows.length === 0) return [];
    const part: ScoredSample = {
      scores: Float64Array.from(rows, (row) => sample.scores[row]!),
      labels: Uint8Array.from(rows, (row) => sample.labels[row]!),
      weights: Float64Array.from(rows, (row) => sample.weights?.[row] ?? 1),
    };
    const quality = qualityAt(part, threshold);
    const frauds = quality.truePositives + quality.falseNegatives;
    const transactions = frauds + quality.falsePositives + quality.trueNegatives;
    const both = frauds > 0 && frauds < transactions;
    return [
      {
        slice,
        transactions,
        frauds,
        fraudRate: frauds / transactions,
        auprc: both ? rankingQuality(rank(part)).auprc : undefined,
        recall: quality.recall,
        precision: quality.precision,
        alerts: quality.truePositives + quality.falsePositives,
      },
    ];
  });
}
