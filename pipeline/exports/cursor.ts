import { DomainError } from "../../platform/process/errors.ts";
import { isStorableText } from "../../platform/process/storable.ts";
import type { Dataset, Place } from "./dataset.ts";

const FORM = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,6}Z),(.{1,128})$/su;

/**
 * A place as it is written: the two columns of the order with a comma between, `2026-11-26T21:04:05.123456Z,17`. So the
 * last whole row of a torn file says where to go on.
 */
export function writeCursor({ at, id }: Place): string {
  return `${at},${id}`;
}

/** @throws DomainError `invalid_argument` for what is no place of the dataset */
export function readCursor(text: string, { name, order, numbered }: Dataset): Place {
  const [, at = "", id = ""] = FORM.exec(text) ?? [];
  const moment = Date.parse(at);
  // What JavaScript would take for a day of the month after, PostgreSQL refuses.
  const real = !Number.isNaN(moment) && new Date(moment).toISOString().slice(0, 19) === at.slice(0, 19);
  if (real && !at.startsWith("0000") && (numbered ? /^\d{1,18}$/.test(id) : isStorableText(id)))
    return { at, id };
  const description = `must be where a file of ${name} ended: its last row's ${order[0]},${order[1]}`;
  throw DomainError.invalid([{ field: "after", description }]);
}
