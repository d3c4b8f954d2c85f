import { basename } from "node:path";
import { NO_ZONE } from "../../features/offline/moment.ts";
import { momentOf } from "../../features/offline/payments.ts";
import type { Table } from "../../features/offline/table.ts";
import type { Zone } from "../../features/offline/zone.ts";
import { readLabel } from "../../platform/process/csv/number.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { judge, violationsOf } from "../doors/json.ts";
import { type Chargeback, chargebackBody, chargebackOf } from "./chargeback.ts";
import type { ChargebackColumns } from "./columns.ts";

/** A row of a file of chargebacks: what it says, or what is wrong with it. */
export interface ChargebackRow {
  /** Its line; of a Parquet file its row. */
  readonly line: number;
  readonly read: Chargeback | { readonly refused: string };
}

/** A file of chargebacks, open. */
export interface ChargebackFile {
  readonly path: string;
  readonly table: Table;
  readonly columns: ChargebackColumns;
  /** Where the clocks of times without an offset are. */
  readonly zone: Zone | undefined;
}

/**
 * The chargebacks of a file in its order, by the same rules as those of the API; a row that is none is handed on as
 * refused.
 *
 * @throws DomainError `invalid_argument` when the file is broken, or a time does not say where its clock is
 */
export async function* readChargebacks(file: ChargebackFile): AsyncGenerator<readonly ChargebackRow[]> {
  const { path, table, columns, zone } = file;
  const names = [...new Set(Object.values(columns))];
  const at = (name: string | undefined): number => (name === undefined ? -1 : names.indexOf(name));
  const places = {
    id: at(columns.transaction_id),
    time: at(columns.reported_at),
    label: at(columns.label),
    reason: at(columns.reason_code),
  };
  const read = (cells: readonly unknown[], line: number): ChargebackRow["read"] => {
    const time = momentOf(cells[places.time], zone);
    if (time === NO_ZONE) {
      const where = `${basename(path)}: line ${line}: ${columns.reported_at}`;
      throw new DomainError(
        "invalid_argument",
        `${where} "${String(cells[places.time])}" does not say where its clock is: say --zone UTC, +02:00, Europe/Prague, …`,
      );
    }
    if (typeof time === "string") return { refused: `${columns.reported_at} ${time}` };
    const label = labelOf(cells[places.label]);
    const reason = textOf(cells[places.reason]);
    const judged = judge(chargebackBody, {
      transaction_id: textOf(cells[places.id]) ?? "",
      reported_at: new Date(time).toISOString(),
      ...(label === undefined ? {} : { label }),
      ...(reason === undefined ? {} : { reason_code: reason }),
    });
    if (judged.success) return chargebackOf(judged.data);
    const wrong = violationsOf(judged.error).map(
      ({ field, description }) => `${columns[field as keyof ChargebackColumns] ?? field} ${description}`,
    );
    return { refused: wrong.join("; ") };
  };
  for await (const { firstLine, rows, broken } of table.rows(names)) {
    yield rows.map((cells, i): ChargebackRow => {
      const line = firstLine + i;
      const what = broken?.get(i);
      return { line, read: what === undefined ? read(cells, line) : { refused: what } };
    });
  }
}

/** What a cell says in the contract's words; as it is where it says something else, and undefined for nothing. */
function labelOf(cell: unknown): string | undefined {
  const text = textOf(cell);
  const fraud = text === undefined ? undefined : readLabel(text.trim());
  if (fraud === undefined) return text;
  return fraud === 1 ? "fraud" : "legitimate";
}

function textOf(cell: unknown): string | undefined {
  if (cell === undefined || cell === null || cell === "") return undefined;
  return cell instanceof Date ? cell.toISOString() : String(cell);
}
