import { DomainError } from "../../platform/process/errors.ts";
import type { ExplainedRow } from "./explain-row.ts";
import type { Line } from "./lines.ts";
import { rowsOfPiece } from "./row-cost.ts";
import type { ServedModel } from "./served-model.ts";

const MAX_PIECE_ROWS = 64;

/**
 * Explains rows a piece at a time, each when it is its turn among all who ask for reasons.
 *
 * @param who whose turns they are
 * @param rows n × width inputs; `top` reasons a row, 0 for all
 * @param gone asked before each piece: nobody explains for a caller who has left
 * @throws DomainError `cancelled` when the caller is gone, `invalid_argument` when the model cannot be explained
 */
export async function explainInTurn(
  line: Line,
  who: string,
  { inference, inputs }: Pick<ServedModel, "inference" | "inputs">,
  rows: Float32Array,
  top: number,
  gone: () => boolean,
): Promise<ExplainedRow[]> {
  const { width } = inputs;
  const count = rows.length / width;
  const explained: ExplainedRow[] = [];
  while (explained.length < count) {
    await line.turns.take(who);
    try {
      if (gone()) throw new DomainError("cancelled", "the caller is gone");
      const from = explained.length;
      const to = Math.min(count, from + rowsOfPiece(line.cost.msPerRow, 1, MAX_PIECE_ROWS));
      const piece = rows.slice(from * width, to * width);
      const answer = await inference.explain(piece, top);
      line.cost.observe(to - from, answer.computeMs);
      explained.push(...answer.rows);
    } finally {
      line.turns.done(who);
    }
  }
  const { schema } = inputs;
  if (!schema) return explained;
  return explained.map((row) => ({ ...row, reasons: schema.inWords(row.reasons) }));
}
