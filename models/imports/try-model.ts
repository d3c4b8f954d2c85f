import type { Dataset } from "../data/dataset.ts";
import { importModel } from "../protocol/import.ts";
import { thresholds } from "../protocol/train.ts";
import { expectedScore, type ForeignModel } from "./foreign-models.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";

/** A file taken in, and how; or what it was refused with. */
export type ModelOutcome = Outcome<{ readonly bytes: Uint8Array; readonly auc: number }>;

/** Imports a file as `npm run models -- import` does. */
export async function tryModel({ bytes, said, sample }: ForeignModel, data: Dataset): Promise<ModelOutcome> {
  return await outcomeOf(async () => {
    const expected = sample && { ...sampleOf(data, sample), file: "sample.csv", column: "expected" };
    const options = { thresholds, seed: 1, libraries: {}, expected, ...(said && { said }) };
    const imported = await importModel(bytes, data, {
      ...options,
      ...{ name: "foreign", algorithm: "imported", file: "foreign.onnx" },
    });
    const { card } = imported;
    const auc = card.metrics.find(({ name }) => name === "auc")?.value ?? Number.NaN;
    const compared = card.parity.rows > 0 ? `; as its trainer on ${card.parity.rows} rows` : "";
    return { taken: `${card.parameters["probability"]}${compared}`, bytes: imported.bytes, auc };
  });
}

/** What a model answered to the first rows where it was trained. */
function sampleOf({ inputs: { rows, columns, names, values } }: Dataset, kind: ForeignModel["sample"]) {
  const row = (r: number) => values.subarray(r * columns, (r + 1) * columns);
  const scores = Float64Array.from({ length: rows }, (_, r) => {
    if (kind === "other columns") return expectedScore(Float32Array.from(row(r)).reverse());
    return kind === "other class" ? 1 - expectedScore(row(r)) : expectedScore(row(r));
  });
  return { inputs: { rows, columns, names, values }, scores, lines: Array.from(scores, (_, r) => r + 2) };
}
