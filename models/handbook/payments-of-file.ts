import { basename } from "node:path";
import type { ModelSchema } from "../../domain/features/definition.ts";
import { type ColumnMapping, mappingFor } from "../../features/offline/mapping.ts";
import { openTable } from "../../features/offline/open-table.ts";
import { type PaymentRow, readPayments } from "../../features/offline/payments.ts";
import { UTC } from "../../features/offline/zone.ts";
import { DomainError } from "../../platform/process/errors.ts";

/**
 * The payments of a file of the Handbook's, in its order. Times are in UTC, as the file's description says.
 *
 * @throws DomainError `invalid_argument` with line and column for a row that is no labelled payment
 */
export async function* handbookPayments(
  path: string,
  schema: ModelSchema,
): AsyncGenerator<readonly Required<PaymentRow>[]> {
  const table = await openTable(path);
  const file = basename(path);
  const mapping = mappingOf(file, schema, await table.columns());
  for await (const rows of readPayments(table, mapping, schema)) {
    yield rows.map((row) => {
      if ("refused" in row) {
        const [first] = row.refused;
        throw wrong(`${file}: line ${row.line}, column ${first?.field}: ${first?.description}`);
      }
      if (!row.label) throw wrong(`${file}: line ${row.line}, column ${mapping.label}: has no value`);
      return row;
    });
  }
}

function mappingOf(
  file: string,
  schema: ModelSchema,
  columns: readonly string[],
): ColumnMapping & { readonly label: string } {
  let mapping: ColumnMapping;
  try {
    mapping = mappingFor(schema, columns, {}, UTC);
  } catch (error) {
    throw error instanceof DomainError ? wrong(`${file}: ${error.message}`) : error;
  }
  const { label } = mapping;
  if (label === undefined) throw wrong(`${file}: no column says what was fraud: is_fraud is expected`);
  return { ...mapping, label };
}

function wrong(message: string): DomainError {
  return new DomainError("invalid_argument", message);
}
