import type { Entities, Fields } from "../../domain/entities.ts";
import type { Value } from "../../domain/features/definition.ts";
import { DEFAULT_CURRENCY, minorUnits, unitsOf } from "../../domain/money.ts";
import { RISK_TIERS, type RiskTier } from "../../domain/tiers.ts";
import { byContextColumn, CONTEXT_FIELDS, type ContextName } from "../../domain/transaction.ts";
import type { MapOf, Variables } from "../expressions/language.ts";

/** What rules read of any payment, by its name in the contract. A text that was not given is "". */
export const PAYMENT_VARIABLES: Variables = {
  /** In units of its currency, rounded to the minor unit as the store keeps it. */
  amount: "number",
  currency: "text",
  ...byContextColumn(() => "text" as const),
  /** The time of scoring where none was given. */
  event_time: "timestamp",
  /** Of `event_time`, in UTC: 0 … 23. */
  hour: "number",
};

/** What a team sends of its own, by name: `fields.items > 3`, `entities.customer == "c-17"`. */
export const PAYMENT_MAPS: Readonly<Record<string, MapOf>> = { fields: "any", entities: "text" };

/** What rules read of the score. */
export const SCORE_VARIABLES: Variables = {
  /** As people write it, {@link shortestDecimal}: 0.7 where the model says the float32 nearest to it. */
  probability: "number",
  /** "low" … "critical" */
  tier: "text",
  /** "name@version" */
  model: "text",
};

/**
 * What the model read, by its names: `features.customer_payments_1h > 7`. Numbers as the graph takes them; of another model
 * they are others, and a rule that asks for one that it has not got fails.
 */
export const SCORE_MAPS: Readonly<Record<string, MapOf>> = { features: "number" };

/** A sentence on each variable, for whoever writes a rule. */
export const VARIABLE_HELP: Readonly<Record<string, string>> = {
  amount: "in units of the currency; ask for the currency too",
  currency: `ISO 4217, ${DEFAULT_CURRENCY} where none was given`,
  ...Object.fromEntries(
    CONTEXT_FIELDS.map(({ column, title }) => [column, `${title.toLowerCase()}, "" where none was given`]),
  ),
  "fields.": "a field of your own, by its name; has(fields.items) asks whether there is one",
  "entities.": "an entity of your own, by its name",
  "features.": "what the model read, by its name: velocity and all else that its schema has",
  event_time: "when the payment happened",
  hour: "hour of the event time in UTC, 0 to 23",
  probability: "of fraud, 0 to 1",
  tier: RISK_TIERS.map((tier) => `"${tier}"`).join(", "),
  model: '"name@version"',
};

/** Where a payment's values are read from, each only when a rule asks for it. */
export interface PaymentReader {
  amount(): number;
  /** "" where none was given. */
  currency(): string;
  /** Milliseconds since 1970; NaN where none was given. */
  eventTimeMs(): number;
  text(name: ContextName): string;
  fields(): Fields;
  entities(): Entities;
}

/** What rules see of one payment; filled in two steps, before and after it is scored. */
export type RuleScope = Record<string, Value | Fields>;

type Read = (from: PaymentReader) => Value | Fields;

const READS = new Map<string, Read>([
  ["amount", (from) => roundedAmount(from.amount(), from.currency() || DEFAULT_CURRENCY)],
  ["currency", (from) => from.currency() || DEFAULT_CURRENCY],
  ...CONTEXT_FIELDS.map(({ name, column }): [string, Read] => [column, (from) => from.text(name)]),
  ["event_time", eventTime],
  ["fields", (from) => from.fields()],
  ["entities", (from) => from.entities()],
  ["hour", (from) => eventTime(from).getUTCHours()],
]);

function eventTime(from: PaymentReader): Date {
  const at = from.eventTimeMs();
  return new Date(Number.isNaN(at) ? Date.now() : at);
}

/** The amount that the store will keep: what a rule saw is what a back-test sees. */
function roundedAmount(amount: number, currency: string): number {
  return unitsOf(minorUnits(amount, currency), currency);
}

/** What of {@link PAYMENT_VARIABLES} and {@link PAYMENT_MAPS} is among `uses`. */
export function paymentReads(uses: Iterable<string>): (from: PaymentReader) => RuleScope {
  const wanted = [...uses].flatMap((name): [string, Read][] => {
    const read = READS.get(name);
    return read ? [[name, read]] : [];
  });
  return (from) => {
    const scope: RuleScope = {};
    for (const [name, read] of wanted) scope[name] = read(from);
    return scope;
  };
}

/**
 * Adds {@link SCORE_VARIABLES} and {@link SCORE_MAPS}.
 *
 * @param probability as the model gave it, a float32
 * @param features left out where no rule reads them
 */
export function addScore(
  scope: RuleScope,
  probability: number,
  tier: RiskTier,
  model: string,
  features?: Readonly<Record<string, number>>,
): RuleScope {
  if (features) scope["features"] = features;
  scope["probability"] = shortestDecimal(probability);
  scope["tier"] = tier;
  scope["model"] = model;
  return scope;
}

/**
 * The shortest decimal that is the same float32, as PostgreSQL writes a `real`: a rule that says `probability >= 0.7`
 * takes the one that the tier's edge of 0.7 takes, and a back-test over stored decisions compares the same number.
 */
export function shortestDecimal(probability: number): number {
  const single = Math.fround(probability);
  for (let digits = 6; digits < 9; digits++) {
    const decimal = Number(single.toPrecision(digits));
    if (Math.fround(decimal) === single) return decimal;
  }
  return Number(single.toPrecision(9));
}
