import { type Conversion, NO_RATES, type RatesSource, whyNotConverted } from "../../domain/exchange.ts";
import { CONTEXT_ENTITIES, CONTRACT_FIELDS } from "../../domain/features/contract-fields.ts";
import {
  type FieldDefinition,
  inputColumns,
  type ModelSchema,
  type Value,
} from "../../domain/features/definition.ts";
import { DomainError, type FieldViolation } from "../../platform/process/errors.ts";
import type { Expression } from "../expressions/language.ts";
import { type CompiledExpressions, compileExpressions } from "./compile.ts";
import { EntityState } from "./entity-state.ts";
import { hash53 } from "./hash.ts";
import { FIRST_VALUE, FLAGS, ID, TIME } from "./layout.ts";
import type { Payment } from "./payment.ts";
import { streamIdentity } from "./stream-identity.ts";
import { planStreams, type StreamPlan } from "./streams.ts";
import { Windows } from "./window.ts";

/** A stream of a compiled schema: {@link StreamPlan} and what computes it. */
interface Stream extends StreamPlan {
  readonly windows: Windows;
  readonly valuesOf: readonly Expression[];
  readonly filtersOf: readonly Expression[];
}

/** A payment read by a schema: what expressions and streams go by. Made by {@link FeatureEngine.read}. */
export interface Reading {
  readonly payment: Payment;
  /** How its amount became one of the schema's currency; undefined where it was in that already. */
  readonly conversion: Conversion | undefined;
  /** Fields, entities, and features as far as they are known. */
  readonly scope: Record<string, Value>;
  /** For each stream the key of its entity, or undefined when the payment names none. */
  readonly keys: readonly (string | undefined)[];
  /** For each stream the event that it will be. */
  readonly events: readonly Float64Array[];
}

/** What an engine reads foreign payments by. */
export interface EngineOptions {
  /** By the rates of the payment's day; without any, an amount in another currency is refused. */
  readonly rates?: RatesSource;
  /** Who reads, in what a refusal says: "the model payments@3". */
  readonly reader?: string;
}

const NOBODY = "";
/** The contract's field that is money. */
const AMOUNT = "amount";

const CONTRACT_NAMES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.keys(CONTRACT_FIELDS).map((name) => [
    name,
    /^v\d+$/.test(name) ? `v[${Number(name.slice(1)) - 1}]` : name,
  ]),
);

/**
 * One definition, two runs: the features of payments by a schema, the same code offline and online. It keeps no payments
 * itself; states of entities come from the caller, out of memory or out of Redis. Not to be shared between threads.
 */
export class FeatureEngine {
  readonly schema: ModelSchema;
  /** The names of what the graph takes, in order. */
  readonly columns: readonly string[];
  readonly streams: readonly StreamPlan[];
  /** For each stream what its states are told by from those of another definition: {@link streamIdentity}. */
  readonly identities: readonly string[];
  readonly #streams: readonly Stream[];
  readonly #expressions: CompiledExpressions;
  readonly #figures: Float64Array;
  readonly #fields: readonly (readonly [string, FieldDefinition, Value | undefined])[];

  readonly #rates: RatesSource;
  readonly #reader: string;
  readonly #readsAmount: boolean;

  /** @throws DomainError `invalid_argument` when the schema is wrong; see schema/read.ts for places in a file */
  constructor(schema: ModelSchema, { rates = NO_RATES, reader }: EngineOptions = {}) {
    const result = compileExpressions(schema);
    if ("problems" in result) {
      const [first] = result.problems;
      throw new DomainError("invalid_argument", `${first?.path.join(".")}: ${first?.message}`);
    }
    const { compiled } = result;
    this.schema = schema;
    this.#rates = rates;
    this.#reader = reader ?? `the schema ${schema.name}`;
    this.#readsAmount = Object.hasOwn(schema.fields, AMOUNT);
    this.columns = inputColumns(schema);
    this.#expressions = compiled;
    const ofEvents = (text: string) => compiled.ofEvents.get(text) as Expression;
    this.#streams = planStreams(schema).map((plan) => ({
      ...plan,
      windows: new Windows(plan.figures),
      valuesOf: plan.values.map(ofEvents),
      filtersOf: plan.filters.map(ofEvents),
    }));
    this.streams = this.#streams;
    this.identities = this.#streams.map((stream) => streamIdentity(schema, stream, compiled));
    this.#figures = new Float64Array(Math.max(0, ...this.#streams.map(({ figures }) => figures.length)));
    this.#fields = Object.entries(schema.fields).map(([name, field]) => [
      name,
      field,
      field.type === "timestamp" && field.default !== undefined
        ? new Date(String(field.default))
        : field.default,
    ]);
  }

  /**
   * Reads a payment: its fields by type, range and default, its amount in the schema's currency, its entities, the
   * features that need no history.
   *
   * @returns the reading, or every field that is wrong
   */
  read(payment: Payment): Reading | readonly FieldViolation[] {
    const violations: FieldViolation[] = [];
    const scope: Record<string, Value> = {};
    for (const name of Object.keys(this.schema.entities)) {
      const id = payment.entities[name] ?? this.#ofContext(name, payment);
      if (id === undefined && this.schema.entities[name]?.required) {
        violations.push({ field: `entities["${name}"]`, description: "is missing: the model needs it" });
      }
      scope[name] = id ?? NOBODY;
    }
    const conversion = this.#convert(payment, violations);
    for (const [name, field, fallback] of this.#fields) {
      const given = name === AMOUNT && conversion ? conversion.amount : asMoment(payment.fields[name], field);
      const wrong =
        given === undefined
          ? field.required
            ? "is missing: the model needs it"
            : undefined
          : misfit(given, field);
      if (wrong !== undefined) violations.push({ field: nameOf(name), description: wrong });
      else scope[name] = given ?? (fallback as Value);
    }
    if (violations.length > 0) return violations;
    this.#derive(this.#expressions.order.before, scope);
    return {
      payment,
      conversion,
      scope,
      keys: this.#streams.map((stream) => keyOf(stream, scope)),
      events: this.#streams.map((stream) => eventOf(stream, payment, scope)),
    };
  }

  /**
   * The row that the graph takes.
   *
   * @param states for each stream the state of the reading's key; undefined where nothing is known
   * @param into gets `columns.length` values from `offset` on
   */
  features(
    reading: Reading,
    states: readonly (EntityState | undefined)[],
    into: Float64Array | Float32Array,
    offset = 0,
  ): void {
    const { scope } = reading;
    for (let s = 0; s < this.#streams.length; s++) {
      const { windows, figures, features, key } = this.#streams[s]!;
      windows.evaluate(states[s], reading.events[s]!, this.#figures, 0);
      for (let i = 0; i < figures.length; i++) {
        const name = features[i]!;
        if (key.kind === "field") {
          scope[name] = this.#target(name, this.#figures[i]!, this.#figures[++i]!);
        } else {
          scope[name] = this.#figures[i]!;
        }
      }
    }
    this.#derive(this.#expressions.order.after, scope);
    let at = offset;
    for (const name of this.schema.inputs) {
      const feature = this.schema.features[name];
      if (feature?.kind === "one_hot") {
        const value = scope[feature.field];
        let found = 0;
        for (const one of feature.values) {
          const hit = one === value ? 1 : 0;
          found += hit;
          into[at++] = hit;
        }
        into[at++] = 1 - found;
      } else {
        into[at++] = Number(scope[name]);
      }
    }
  }

  /** A state with nothing in it, for a stream. */
  newState(stream: number): EntityState {
    return new EntityState(this.#streams[stream]!.layout);
  }

  #ofContext(entity: string, { fields }: Payment): string | undefined {
    const column = Object.hasOwn(CONTEXT_ENTITIES, entity) ? CONTEXT_ENTITIES[entity] : undefined;
    const value = column === undefined ? undefined : fields[column];
    return typeof value === "string" && value !== "" ? value : undefined;
  }

  /** Only the amount is in the payment's currency: other fields are in the unit that their definition says. */
  #convert({ fields, eventTimeMs }: Payment, violations: FieldViolation[]): Conversion | undefined {
    const { currency } = this.schema;
    const { currency: given, [AMOUNT]: amount } = fields;
    if (!this.#readsAmount || typeof given !== "string" || given === "" || given === currency)
      return undefined;
    // What is wrong with the amount itself is said with the other fields.
    if (typeof amount !== "number" || !Number.isFinite(amount)) return undefined;
    const conversion = this.#rates.current.convert(amount, given, currency, eventTimeMs);
    if (!conversion) {
      const description = whyNotConverted(this.#reader, currency, given, eventTimeMs, this.#rates);
      violations.push({ field: "currency", description });
    }
    return conversion;
  }

  #derive(names: readonly string[], scope: Record<string, Value>): void {
    for (const name of names) {
      const value = evaluated(this.#expressions.derived.get(name) as Expression, scope);
      scope[name] = value === undefined ? 0 : finite(value);
    }
  }

  #target(name: string, count: number, frauds: number): number {
    const feature = this.schema.features[name];
    if (feature?.kind !== "target") throw new Error(`${name} is no target feature`);
    const { prior, smoothing } = feature;
    return count + smoothing === 0 ? prior : Math.min(1, (frauds + smoothing * prior) / (count + smoothing));
  }
}

/** Between the parts of a key; no id has it. */
export const SEPARATOR = "\u001f";

function keyOf({ key }: StreamPlan, scope: Readonly<Record<string, Value>>): string | undefined {
  if (key.kind === "field") return String(scope[key.name]);
  const ids = key.names.map((name) => String(scope[name]));
  return ids.includes(NOBODY) ? undefined : ids.join(SEPARATOR);
}

function eventOf(stream: Stream, payment: Payment, scope: Readonly<Record<string, Value>>): Float64Array {
  const event = new Float64Array(stream.layout.stride);
  event[TIME] = payment.eventTimeMs;
  event[ID] = hash53(payment.transactionId);
  let flags = 0;
  for (let i = 0; i < stream.filtersOf.length; i++) {
    if (evaluated(stream.filtersOf[i]!, scope) === true) flags += 2 ** i;
  }
  event[FLAGS] = flags;
  for (let i = 0; i < stream.valuesOf.length; i++) {
    event[FIRST_VALUE + i] = numberOf(evaluated(stream.valuesOf[i]!, scope) ?? 0);
  }
  return event;
}

/** Undefined where the values allow none, e.g. a text that is no number made one: the payment is decided all the same. */
function evaluated(expression: Expression, scope: Readonly<Record<string, Value>>): Value | undefined {
  try {
    return expression.evaluate(scope);
  } catch {
    return undefined;
  }
}

/** A value as an event holds it: texts by their hash, for telling them apart. */
function numberOf(value: Value): number {
  return typeof value === "string" ? hash53(value) : finite(value);
}

/** 0/0 and 1/0 are 0: a graph takes finite numbers. */
function finite(value: Value): number {
  const number = Number(value);
  return Number.isFinite(number) ? number : 0;
}

const ISO_MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;

/** Moments travel as ISO 8601 in JSON, queue jobs and the store. */
function asMoment(value: Value | undefined, { type }: FieldDefinition): Value | undefined {
  return type === "timestamp" && typeof value === "string" && ISO_MOMENT.test(value)
    ? new Date(value)
    : value;
}

function misfit(value: Value, { type, min, max }: FieldDefinition): string | undefined {
  switch (type) {
    case "number":
      if (typeof value !== "number") return `must be a number, got ${kindOf(value)}`;
      if (!Number.isFinite(value)) return `must be finite, got ${value}`;
      if (min !== undefined && value < min) return `must be at least ${min}, got ${value}`;
      if (max !== undefined && value > max) return `must be at most ${max}, got ${value}`;
      return undefined;
    case "text":
      return typeof value === "string" ? undefined : `must be a text, got ${kindOf(value)}`;
    case "flag":
      return typeof value === "boolean" ? undefined : `must be true or false, got ${kindOf(value)}`;
    case "timestamp":
      return value instanceof Date && !Number.isNaN(value.getTime())
        ? undefined
        : `must be a moment, got ${kindOf(value)}`;
  }
}

function kindOf(value: Value): string {
  if (value instanceof Date) return "a moment";
  return typeof value === "string" ? "a text" : typeof value === "number" ? "a number" : "a flag";
}

/** As the contract calls it. */
function nameOf(field: string): string {
  return Object.hasOwn(CONTRACT_NAMES, field) ? (CONTRACT_NAMES[field] as string) : `fields["${field}"]`;
}
