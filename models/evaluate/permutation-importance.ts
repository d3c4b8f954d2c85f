import { Random } from "../../platform/math/random.ts";
import { rank, rankingQuality } from "./ranking.ts";
import type { ScoredSample } from "./sample.ts";

/** How much worse the ranking gets when a column is shuffled. */
export interface PermutationImportance {
  readonly input: string;
  /** Mean loss of AUPRC over the repeats; may be slightly negative for a column that does not matter. */
  readonly loss: number;
  /** Standard deviation of the loss over the repeats. */
  readonly spread: number;
}

/** Rows of inputs, as the model takes them. */
export interface InputTable {
  readonly rows: number;
  readonly columns: number;
  readonly names: readonly string[];
  /** Row-major. */
  readonly values: Float32Array;
}

export interface PermutationOptions {
  readonly seed: number;
  /** Shuffles a column; default 3. */
  readonly repeats?: number;
  readonly progress?: (done: number, total: number) => void;
}

/**
 * Permutation importance (Breiman 2001) by AUPRC, of raw inputs: what the model needs, whatever it computes from it.
 *
 * @param score the model: a table of inputs to one score a row
 */
export async function permutationImportance(
  table: InputTable,
  truth: Omit<ScoredSample, "scores">,
  score: (table: InputTable) => Promise<Float32Array>,
  { seed, repeats = 3, progress }: PermutationOptions,
): Promise<PermutationImportance[]> {
  const auprc = async (of: InputTable): Promise<number> =>
    rankingQuality(rank({ ...truth, scores: await score(of) })).auprc;
  const intact = await auprc(table);
  const shuffled = { ...table, values: table.values.slice() };
  const result: PermutationImportance[] = [];
  for (const [column, input] of table.names.entries()) {
    const losses: number[] = [];
    for (let repeat = 0; repeat < repeats; repeat++) {
      const order = new Random(seed, 1 + column * repeats + repeat).shuffle(
        Int32Array.from({ length: table.rows }, (_, i) => i),
      );
      order.forEach((from, row) => {
        shuffled.values[row * table.columns + column] = table.values[from * table.columns + column]!;
      });
      losses.push(intact - (await auprc(shuffled)));
    }
    for (let row = 0; row < table.rows; row++) {
      const at = row * table.columns + column;
      shuffled.values[at] = table.values[at]!;
    }
    const loss = losses.reduce((sum, x) => sum + x, 0) / repeats;
    const spread = Math.sqrt(losses.reduce((sum, x) => sum + (x - loss) ** 2, 0) / repeats);
    result.push({ input, loss, spread });
    progress?.(column + 1, table.columns);
  }
  return result.sort((a, b) => b.loss - a.loss);
}
