import { CONTEXT_ENTITIES, CONTRACT_FIELDS } from "../../domain/features/contract-fields.ts";
import type { ModelSchema } from "../../domain/features/definition.ts";
import { DomainError } from "../../platform/process/errors.ts";
import type { Zone } from "./zone.ts";

/** Which column of a file is what of a payment. */
export interface ColumnMapping {
  readonly transactionId: string;
  readonly eventTime: string;
  /** Where the clocks of times without an offset are; such a time is refused when left out. */
  readonly zone?: Zone | undefined;
  /** Column by entity. */
  readonly entities: Readonly<Record<string, string>>;
  /** Column by field, the event's time not among them. */
  readonly fields: Readonly<Record<string, string>>;
  /** Whether it was fraud: 0 or 1, false or true; not given is not known. */
  readonly label?: string | undefined;
  /** When that was known; when it happened when left out, so that the delays of the schema alone hold it back. */
  readonly labelTime?: string | undefined;
}

/** What a mapping names beside fields and entities. */
const ROLES = {
  transaction_id: ["transaction_id", "tx_id", "id"],
  event_time: ["event_time", "tx_datetime", "timestamp", "datetime"],
  label: ["is_fraud", "fraud", "tx_fraud", "label"],
  label_time: ["label_time"],
} as const;

/**
 * A mapping by the names of a file's columns: a field is its own name, an entity its own or with `_id` behind it;
 * capitals do not count.
 *
 * @param columns the file's
 * @param given by hand, e.g. `{ amount: "TX_AMOUNT" }`: fields, entities, transaction_id, event_time, label, label_time
 * @throws DomainError `invalid_argument` that says what is not found or not known
 */
export function mappingFor(
  schema: ModelSchema,
  columns: readonly string[],
  given: Readonly<Record<string, string>> = {},
  zone?: Zone,
): ColumnMapping {
  const bySmall = new Map(columns.map((name) => [name.toLowerCase(), name]));
  const known = new Set([
    ...Object.keys(ROLES),
    ...Object.keys(schema.fields),
    ...Object.keys(schema.entities),
    "currency",
  ]);
  for (const [what, column] of Object.entries(given)) {
    if (!known.has(what)) throw wrong(`there is no "${what}" to map: there are ${[...known].join(", ")}`);
    if (!bySmall.has(column.toLowerCase()))
      throw wrong(`there is no column "${column}": there are ${columns.join(", ")}`);
  }
  const find = (what: string, names: readonly string[]): string | undefined => {
    const hand = Object.hasOwn(given, what) ? given[what] : undefined;
    const name = (hand === undefined ? names : [hand]).find((one) => bySmall.has(one.toLowerCase()));
    return name === undefined ? undefined : bySmall.get(name.toLowerCase());
  };
  const need = (what: string, names: readonly string[]): string => {
    const column = find(what, names);
    if (column !== undefined) return column;
    throw wrong(
      `no column is known as ${what} (looked for ${names.join(", ")}): name it, the file has ${columns.join(", ")}`,
    );
  };
  const fields: Record<string, string> = {};
  for (const [name, { required }] of Object.entries(schema.fields)) {
    if (name === "event_time") continue;
    const names = [name, `fields.${name}`, ...(Object.hasOwn(CONTRACT_FIELDS, name) ? [`tx_${name}`] : [])];
    const column = required ? need(name, names) : find(name, names);
    if (column !== undefined) fields[name] = column;
  }
  // An amount in another currency is refused only if the file may say so.
  const currency = find("currency", ["currency"]);
  if (currency !== undefined) fields["currency"] = currency;
  const entities: Record<string, string> = {};
  for (const [name, { required }] of Object.entries(schema.entities)) {
    const context = CONTEXT_ENTITIES[name];
    const names = [name, `${name}_id`, `entities.${name}`, ...(context === undefined ? [] : [context])];
    const column = required ? need(name, names) : find(name, names);
    if (column !== undefined) entities[name] = column;
  }
  return {
    transactionId: need("transaction_id", ROLES.transaction_id),
    eventTime: need("event_time", ROLES.event_time),
    zone,
    entities,
    fields,
    label: find("label", ROLES.label),
    labelTime: find("label_time", ROLES.label_time),
  };
}

function wrong(message: string): DomainError {
  return new DomainError("invalid_argument", message);
}
