import type { FeatureEngine } from "../engine/engine.ts";
import type { PaymentRow, RefusedRow } from "./payments.ts";
import { OfflineRun } from "./run.ts";
import type { FeatureWriter } from "./write-rows.ts";

/** Refused rows that are told one by one. */
const TOLD = 10;

export interface FeaturesWritten {
  readonly taken: number;
  readonly refused: number;
  /** States of entities at the end. */
  readonly entities: number;
}

/**
 * Computes the features of payments, each as of its own moment, and writes a row for each.
 *
 * @param rows in the order of recording
 * @param writer its file is whole afterwards
 * @param tell told of the first rows that are refused
 * @param onRows told now and then how many were taken so far
 */
export async function writeFeatures(
  rows: AsyncIterable<readonly (PaymentRow | RefusedRow)[]>,
  engine: FeatureEngine,
  writer: FeatureWriter,
  tell: (message: string) => void,
  onRows: (taken: number) => void = () => {},
): Promise<FeaturesWritten> {
  const run = new OfflineRun(engine);
  const row = new Float64Array(engine.columns.length);
  let [taken, refused] = [0, 0];
  for await (const some of rows) {
    for (const given of some) {
      const wrong = "refused" in given ? given.refused : run.next(given.payment, given.label, row);
      if (wrong || "refused" in given) {
        if (refused++ < TOLD) tell(`row ${given.line}: ${wrong?.[0]?.field}: ${wrong?.[0]?.description}`);
        continue;
      }
      writer.row(given.payment.transactionId, row, given.label);
      taken++;
    }
    await writer.drained();
    onRows(taken);
  }
  await writer.end();
  return { taken, refused, entities: run.entities };
}
