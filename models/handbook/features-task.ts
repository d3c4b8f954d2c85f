import { basename } from "node:path";
import { FeatureEngine } from "../../features/engine/engine.ts";
import { OfflineRun } from "../../features/offline/run.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { type Matrix, newMatrix } from "../features/matrix.ts";
import { handbookPayments } from "./payments-of-file.ts";
import { handbookSchema, type SchemaName } from "./rows.ts";

/** Features to compute: by which schema, of which rows of the file. */
export interface FeaturesTask {
  readonly path: string;
  readonly schema: SchemaName;
  /** First row, from 0. */
  readonly from: number;
  /** Row after the last. */
  readonly to: number;
}

/**
 * The features of the rows [from, to) of a file, all rows before them taken in: one pass in the file's order.
 *
 * @returns a matrix of to − from rows, on shared memory
 * @throws DomainError `invalid_argument` with the place for a row that the schema refuses
 */
export async function computeFeatures(
  { path, schema, from, to }: FeaturesTask,
  progress?: (rows: number) => void,
): Promise<Matrix> {
  const definition = await handbookSchema(schema);
  const run = new OfflineRun(new FeatureEngine(definition));
  const { columns } = run.engine;
  const matrix = newMatrix(to - from, columns);
  let row = 0;
  for await (const rows of handbookPayments(path, definition)) {
    for (const { payment, label, line } of rows) {
      if (row >= to) return matrix;
      const wanted = row >= from ? matrix.values : undefined;
      const refused = run.next(payment, label, wanted, (row - from) * columns.length);
      if (refused) {
        const { field, description } = refused[0]!;
        throw new DomainError(
          "invalid_argument",
          `${basename(path)}: line ${line}, ${field}: ${description}`,
        );
      }
      row++;
    }
    progress?.(row);
  }
  return matrix;
}
