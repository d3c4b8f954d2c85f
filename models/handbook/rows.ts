import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { ModelSchema } from "../../domain/features/definition.ts";
import { parseSchema } from "../../features/schema/read.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { dayOf } from "./calendar.ts";
import { handbookPayments } from "./payments-of-file.ts";

/** The payments of a file as the protocol goes by them; n each, in the file's order. */
export interface HandbookRows {
  readonly file: string;
  /** Milliseconds since 1970 in UTC. */
  readonly times: Float64Array;
  /** Days since 1970, UTC. */
  readonly days: Int32Array;
  /** Customers by number, in the order in which they first appear. */
  readonly customers: Int32Array;
  /** 1 is fraud. */
  readonly labels: Uint8Array;
  readonly firstDay: number;
  readonly lastDay: number;
}

/** Schemas of this room: the published features, and our own. */
export type SchemaName = "published" | "best";

/** A schema of this room. */
export async function handbookSchema(name: SchemaName): Promise<ModelSchema> {
  const file = `${name}.yaml`;
  return parseSchema(await readFile(new URL(file, import.meta.url), "utf8"), file);
}

/** @throws DomainError `invalid_argument` with the place when a row is no labelled payment of a customer */
export async function readHandbookRows(
  path: string,
  progress?: (rows: number) => void,
): Promise<HandbookRows> {
  const schema = await handbookSchema("published");
  const numbers = new Map<string, number>();
  let times = new Float64Array(1 << 16);
  let customers = new Int32Array(1 << 16);
  let labels = new Uint8Array(1 << 16);
  let count = 0;
  for await (const rows of handbookPayments(path, schema)) {
    while (count + rows.length > times.length) {
      times = grown(times, new Float64Array(2 * times.length));
      customers = grown(customers, new Int32Array(times.length));
      labels = grown(labels, new Uint8Array(times.length));
    }
    for (const { line, payment, label } of rows) {
      const customer = payment.entities["customer"];
      if (customer === undefined) {
        throw new DomainError("invalid_argument", `${basename(path)}: line ${line}: has no customer`);
      }
      let number = numbers.get(customer);
      if (number === undefined) {
        number = numbers.size;
        numbers.set(Buffer.from(customer).toString(), number);
      }
      times[count] = payment.eventTimeMs;
      customers[count] = number;
      labels[count++] = Number(label?.fraud);
    }
    progress?.(count);
  }
  times = times.slice(0, count);
  const days = Int32Array.from(times, dayOf);
  let [firstDay, lastDay] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const day of days) {
    if (day < firstDay) firstDay = day;
    if (day > lastDay) lastDay = day;
  }
  return {
    file: basename(path),
    times,
    days,
    customers: customers.slice(0, count),
    labels: labels.slice(0, count),
    firstDay,
    lastDay,
  };
}

function grown<T extends Float64Array | Int32Array | Uint8Array>(from: T, into: T): T {
  into.set(from);
  return into;
}
