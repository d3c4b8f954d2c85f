import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ModelSchema } from "../../domain/features/definition.ts";
import { mappingFor } from "../../features/offline/mapping.ts";
import { openTable } from "../../features/offline/open-table.ts";
import { type PaymentRow, readPayments } from "../../features/offline/payments.ts";
import { refusedAt } from "../../platform/process/csv/read-csv.ts";
import { loadCsv } from "../data/csv.ts";
import type { Dataset } from "../data/dataset.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import type { PaymentFile } from "./payment-files.ts";
import type { FileQuirk } from "./training-files.ts";

async function write(folder: string, { name = "given.csv", content }: FileQuirk): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

/** Reads a file as `npm run train` does. */
export async function tryTraining(
  quirk: FileQuirk,
  folder: string,
): Promise<Outcome<{ readonly data: Dataset }>> {
  const path = await write(folder, quirk);
  return await outcomeOf(async () => {
    const data = await loadCsv(path, quirk.decimal);
    return { taken: data.form.join("; "), data };
  });
}

/** Reads a file as `npm run import` does; the first row that is refused stands for the file. */
export async function tryPayments(
  quirk: PaymentFile,
  schema: ModelSchema,
  folder: string,
): Promise<Outcome<{ readonly rows: readonly PaymentRow[] }>> {
  const path = await write(folder, quirk);
  return await outcomeOf(async () => {
    const table = await openTable(path);
    const mapping = mappingFor(schema, await table.columns(), {}, quirk.zone, quirk.decimal);
    const rows: PaymentRow[] = [];
    for await (const some of readPayments(table, mapping, schema)) {
      for (const row of some) {
        if (!("refused" in row)) {
          rows.push(row);
          continue;
        }
        const [first] = row.refused;
        throw refusedAt(path, row.line, first?.field || undefined, first?.description ?? "");
      }
    }
    return { taken: "", rows };
  });
}
