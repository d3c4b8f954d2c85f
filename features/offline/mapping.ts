import { CONTEXT_ENTITIES, CONTRACT_FIELDS } from "../../domain/features/contract-fields.ts";
import type { ModelSchema } from "../../domain/features/definition.ts";
import { DomainError } from "../../platform/process/errors.ts";
import type { Zone } from "./zone.ts";

/** What stands before the decimals of a number. */
export type DecimalSign = "point" | "comma";

/** Which column of a file is what of a payment. */
export interface ColumnMapping {
  readonly transactionId: string;
  readonly eventTime: string;
  /** Where the clocks of times without an offset are; such a time is refused when left out. */
  readonly zone?: Zone | undefined;
  /** What stands before the decimals of numbers that are text: a point when left out. */
  readonly decimal?: DecimalSign | undefined;
  /** Column by entity. */
  readonly entities: Readonly<Record<string, string>>;
  /** Column by field, the event's time not among them. */
  readonly fields: Readonly<Record<string, string>>;
  /** Whether it was fraud: 0 or 1, false or true; not given is not known. */
  readonly label?: string | undefined;
  /** When that was known; when left out, `labelDelayMs` after the payment. */
  readonly labelTime?: string | undefined;
  /** Nothing when left out, so that the delays of the schema alone hold labels back. */
  readonly labelDelayMs?: number | undefined;
}

/** What a mapping names beside fields and entities. */
const ROLES = {
  transaction_id: ["transaction_id", "tx_id", "id"],
  event_time: ["event_time", "tx_datetime", "timestamp", "datetime"],
  label: ["is_fraud", "fraud", "tx_fraud", "label", "class", "target"],
  label_time: ["label_time", "label_known_at"],
} as const;

/** What of a payment the columns of a file are, as far as their names say. */
export interface MappingProposal {
  /** Column by what it is: fields, entities, transaction_id, event_time, label, label_time. */
  readonly columns: Readonly<Record<string, string>>;
  /** What a payment needs and no column is known as, with the names that were looked for. */
  readonly missing: readonly { readonly what: string; readonly names: readonly string[] }[];
  /** Columns that are nothing of a payment. */
  readonly unused: readonly string[];
}

/**
 * Proposes a mapping by the names of a file's columns: a field is its own name, an entity its own or with `_id` behind
 * it; capitals do not count, nor what parts words where no other column is left to be meant.
 *
 * @param columns the file's
 * @param given by hand, e.g. `{ amount: "TX_AMOUNT" }`
 * @throws DomainError `invalid_argument` for something given that is not known
 */
export function proposeMapping(
  schema: ModelSchema,
  columns: readonly string[],
  given: Readonly<Record<string, string>> = {},
): MappingProposal {
  const column = columnFinder(columns);
  const known = new Set([
    ...Object.keys(ROLES),
    ...Object.keys(schema.fields),
    ...Object.keys(schema.entities),
    "currency",
  ]);
  for (const [what, name] of Object.entries(given)) {
    if (!known.has(what)) throw wrong(`there is no "${what}" to map: there are ${[...known].join(", ")}`);
    if (column(name) === undefined)
      throw wrong(`there is no column "${name}": there are ${columns.join(", ")}`);
  }
  const found: Record<string, string> = {};
  const missing: { what: string; names: readonly string[] }[] = [];
  const look = (what: string, names: readonly string[], required: boolean): void => {
    const hand = Object.hasOwn(given, what) ? given[what] : undefined;
    const name = (hand === undefined ? names : [hand]).map(column).find((one) => one !== undefined);
    if (name !== undefined) found[what] = name;
    else if (required) missing.push({ what, names });
  };
  for (const [name, { required }] of Object.entries(schema.fields)) {
    if (name === "event_time") continue;
    const contract = Object.hasOwn(CONTRACT_FIELDS, name) ? [`tx_${name}`] : [];
    look(name, [name, `fields.${name}`, ...contract], required);
  }
  // An amount in another currency is refused only if the file may say so.
  look("currency", ["currency"], false);
  for (const [name, { required }] of Object.entries(schema.entities)) {
    const context = CONTEXT_ENTITIES[name];
    const names = [name, `${name}_id`, `entities.${name}`, ...(context === undefined ? [] : [context])];
    look(name, names, required);
  }
  look("transaction_id", ROLES.transaction_id, true);
  look("event_time", ROLES.event_time, true);
  look("label", ROLES.label, false);
  look("label_time", ROLES.label_time, false);
  const used = new Set(Object.values(found));
  return { columns: found, missing, unused: columns.filter((name) => !used.has(name)) };
}

/** The mapping that a proposal is, when nothing is missing in it. */
export function mappingOf(
  schema: ModelSchema,
  { columns }: Pick<MappingProposal, "columns">,
  zone?: Zone,
  decimal?: DecimalSign,
): ColumnMapping {
  const of = (names: readonly string[]): Record<string, string> =>
    Object.fromEntries(names.flatMap((name) => (columns[name] === undefined ? [] : [[name, columns[name]]])));
  const fields = Object.keys(schema.fields).filter((name) => name !== "event_time");
  return {
    transactionId: columns["transaction_id"] as string,
    eventTime: columns["event_time"] as string,
    zone,
    decimal,
    entities: of(Object.keys(schema.entities)),
    fields: of([...new Set([...fields, "currency"])]),
    label: columns["label"],
    labelTime: columns["label_time"],
  };
}

/**
 * The mapping that {@link proposeMapping} finds.
 *
 * @throws DomainError `invalid_argument` that says what is not found or not known
 */
export function mappingFor(
  schema: ModelSchema,
  columns: readonly string[],
  given: Readonly<Record<string, string>> = {},
  zone?: Zone,
  decimal?: DecimalSign,
): ColumnMapping {
  const proposal = proposeMapping(schema, columns, given);
  const [first] = proposal.missing;
  if (first) {
    throw wrong(
      `no column is known as ${first.what} (looked for ${first.names.join(", ")}): name it, the file has ${columns.join(", ")}`,
    );
  }
  return mappingOf(schema, proposal, zone, decimal);
}

/** Finds a column by a name in any capitals; "Card Token" is card_token where no other column could be. */
export function columnFinder(columns: readonly string[]): (name: string) => string | undefined {
  const bySmall = new Map(columns.map((name) => [name.toLowerCase(), name]));
  const joined = (name: string): string => name.toLowerCase().replace(/[\s_-]+/g, "");
  return (name) => {
    const own = bySmall.get(name.toLowerCase());
    if (own !== undefined) return own;
    const alike = columns.filter((one) => joined(one) === joined(name));
    return alike.length === 1 ? alike[0] : undefined;
  };
}

function wrong(message: string): DomainError {
  return new DomainError("invalid_argument", message);
}
