import { basename } from "node:path";
import { columnFinder } from "../../features/offline/mapping.ts";
import { tableKind } from "../../features/offline/open-table.ts";
import type { Table } from "../../features/offline/table.ts";
import { DomainError } from "../../platform/process/errors.ts";

/** What a file of chargebacks has, and the names by which its columns are known. */
const KNOWN = {
  transaction_id: ["transaction_id", "tx_id", "id"],
  reported_at: ["reported_at", "chargeback_time", "chargeback_date", "label_time", "label_known_at"],
  label: ["label", "is_fraud", "fraud"],
  reason_code: ["reason_code", "reason"],
} as const;
type What = keyof typeof KNOWN;

/** Column by what it is; those that the file has not are left out. */
export type ChargebackColumns = Readonly<
  Record<"transaction_id" | "reported_at", string> & Partial<Record<What, string>>
>;

/**
 * The columns of a file of chargebacks: as given by hand, else by their names.
 *
 * @param given e.g. `{ transaction_id: "ARN" }`
 * @throws DomainError `invalid_argument` for something given that is not known, and for a file without the columns
 */
export async function chargebackColumns(
  path: string,
  table: Table,
  given: Readonly<Record<string, string>>,
): Promise<ChargebackColumns> {
  const wrong = (what: string) => new DomainError("invalid_argument", `${basename(path)}: ${what}`);
  const columns = await table.columns();
  const has = columns.length === 0 ? "no columns" : columns.join(", ");
  const find = columnFinder(columns);
  for (const [what, name] of Object.entries(given)) {
    if (!Object.hasOwn(KNOWN, what)) {
      throw wrong(`there is no "${what}" to name a column for: there are ${Object.keys(KNOWN).join(", ")}`);
    }
    if (find(name) === undefined) throw wrong(`there is no column "${name}": the file has ${has}`);
  }
  // The first line of JSON lines does not say what others have beside it: a reversal must not pass for a fraud.
  const anyLine = (await tableKind(path)) === "jsonl";
  const columnOf = (what: What): string | undefined => {
    const hand = Object.hasOwn(given, what) ? given[what] : undefined;
    const names: readonly string[] = hand === undefined ? KNOWN[what] : [hand];
    const found = names.map(find).find((name) => name !== undefined);
    return found ?? (anyLine ? what : undefined);
  };
  for (const what of ["transaction_id", "reported_at"] as const) {
    if (Object.hasOwn(given, what) || KNOWN[what].some((name) => find(name) !== undefined)) continue;
    throw wrong(
      `no column is known as ${what} (looked for ${KNOWN[what].join(", ")}): say --column ${what}=COLUMN; the file has ${has}`,
    );
  }
  const [label, reason] = [columnOf("label"), columnOf("reason_code")];
  return {
    transaction_id: columnOf("transaction_id") as string,
    reported_at: columnOf("reported_at") as string,
    ...(label === undefined ? {} : { label }),
    ...(reason === undefined ? {} : { reason_code: reason }),
  };
}
