/** What a value of a payment, a feature or a rule can be. */
export const VALUE_TYPES = ["number", "text", "flag", "timestamp"] as const;
export type ValueType = (typeof VALUE_TYPES)[number];

/** A value: number, text, flag, or a moment. */
export type Value = number | string | boolean | Date;

/** A raw field of a payment that a model reads. */
export interface FieldDefinition {
  readonly type: ValueType;
  /** On pages; the name when left out. */
  readonly title?: string | undefined;
  /** What a number counts, e.g. "EUR", "km". */
  readonly unit?: string | undefined;
  /** A payment without it is refused; otherwise `default` stands in. */
  readonly required: boolean;
  /** In place of what was not given; a moment as ISO 8601. */
  readonly default?: number | string | boolean | undefined;
  /** The range of a number, ends included; outside of it the payment is refused. */
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** What payments have in common: customer, terminal, card, device, … */
export interface EntityDefinition {
  readonly title?: string | undefined;
  /** A payment without it is refused; otherwise its aggregates are those of nobody. */
  readonly required: boolean;
}

/** What an aggregate says of the payments in its window. */
export const AGGREGATES = [
  "count",
  "sum",
  "mean",
  "min",
  "max",
  "std",
  "distinct",
  "since_last",
  "fraud_share",
  "fraud_count",
] as const;
export type AggregateKind = (typeof AGGREGATES)[number];

/** Aggregates of a number that `of` gives. */
export const OF_NUMBERS: ReadonlySet<AggregateKind> = new Set(["sum", "mean", "min", "max", "std"]);
/** Aggregates of labels, which come late. */
export const OF_LABELS: ReadonlySet<AggregateKind> = new Set(["fraud_share", "fraud_count"]);

interface Described {
  readonly title?: string | undefined;
  readonly unit?: string | undefined;
}

/** A feature that is an expression over fields and other features. */
export interface DerivedFeature extends Described {
  readonly kind: "derived";
  readonly expression: string;
}

/**
 * A feature over the payments of an entity in a window that ends `delayMs` before the payment: those at
 * (t − delay − window, t − delay].
 */
export interface AggregateFeature extends Described {
  readonly kind: "aggregate";
  readonly aggregate: AggregateKind;
  /** An expression: what is summed, or told apart; undefined for counts. */
  readonly of?: string | undefined;
  /** The entities whose payments count: one, or several together. */
  readonly by: readonly string[];
  readonly windowMs: number;
  readonly delayMs: number;
  /** An expression: only payments that it holds for count. */
  readonly where?: string | undefined;
  /** Whether the payment itself counts. */
  readonly current: boolean;
  /** The value where no payment counts. */
  readonly empty: number;
}

/** A text field as one column a value, and one for every other. */
export interface OneHotFeature extends Described {
  readonly kind: "one_hot";
  readonly field: string;
  readonly values: readonly string[];
}

/**
 * A text field as the share of fraud among earlier payments with its value, drawn to `prior` as if `smoothing` payments
 * more had had that share (Micci-Barreca 2001). Forward in time only: a label counts from its delay on.
 */
export interface TargetFeature extends Described {
  readonly kind: "target";
  readonly field: string;
  readonly windowMs: number;
  readonly delayMs: number;
  readonly prior: number;
  readonly smoothing: number;
}

export type FeatureDefinition = DerivedFeature | AggregateFeature | OneHotFeature | TargetFeature;

/** What a model reads of a payment, and how it comes to be: `schema.yaml` of a version in the registry. */
export interface ModelSchema {
  readonly name: string;
  readonly description?: string | undefined;
  /**
   * ISO 4217: what `amount` is read in. That of a payment in another currency is converted by the rates of its day, or
   * refused where there is none; it is never read as if it were in this.
   */
  readonly currency: string;
  readonly fields: Readonly<Record<string, FieldDefinition>>;
  readonly entities: Readonly<Record<string, EntityDefinition>>;
  readonly features: Readonly<Record<string, FeatureDefinition>>;
  /** Fields and features in the order in which the graph takes them. */
  readonly inputs: readonly string[];
}

/** The name of a one-hot column. */
export function oneHotColumn(feature: string, value: string | undefined): string {
  return `${feature}=${value ?? "other"}`;
}

/** The graph's columns: the inputs, one-hot features spread out. */
export function inputColumns({ inputs, features }: Pick<ModelSchema, "inputs" | "features">): string[] {
  return inputs.flatMap((name) => {
    const feature = features[name];
    if (feature?.kind !== "one_hot") return [name];
    return [...feature.values, undefined].map((value) => oneHotColumn(name, value));
  });
}
