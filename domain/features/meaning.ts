import type { AggregateFeature, FeatureDefinition, ModelSchema, TargetFeature } from "./definition.ts";
import { durationWords } from "./duration.ts";

/** What a column of a schema means, for people. */
export interface Meaning {
  /** To stand alone, e.g. "Payments of this customer in the last day". */
  readonly title: string;
  /** What its number counts: "payments", "EUR", "s", "%"; "" for a bare number. */
  readonly unit: string;
}

/** The meaning of a field, a feature, or a one-hot column (`channel=online`). */
export function meaningOf(column: string, schema: ModelSchema): Meaning {
  const [name = "", value] = column.split("=", 2);
  const feature = Object.hasOwn(schema.features, name) ? schema.features[name] : undefined;
  if (feature) {
    const unit = feature.unit ?? unitOf(feature, schema);
    const title = feature.title ?? titleOf(name, feature, schema);
    return value === undefined ? { title, unit } : { title: `${title} is ${value}`, unit: "" };
  }
  const field = Object.hasOwn(schema.fields, name) ? schema.fields[name] : undefined;
  return {
    title: field?.title ?? words(name),
    unit: field?.unit ?? (name === "amount" ? schema.currency : ""),
  };
}

/**
 * The field or feature that a column comes from, as people know it: a category is one thing, however many columns it is
 * spread over, and whether it is told by them or by its share of fraud.
 */
export function inputOf(column: string, schema: ModelSchema): string {
  const [name = ""] = column.split("=", 1);
  const feature = Object.hasOwn(schema.features, name) ? schema.features[name] : undefined;
  return feature?.kind === "one_hot" || feature?.kind === "target" ? feature.field : name;
}

/** A value with its meaning, e.g. "Payments of this customer in the last hour: 7, usual 1". */
export function sentenceOf(column: string, value: number, schema: ModelSchema, usual?: number): string {
  const { title, unit } = meaningOf(column, schema);
  const isFlag =
    column.includes("=") || (Object.hasOwn(schema.fields, column) && schema.fields[column]?.type === "flag");
  const say = (number: number): string =>
    isFlag ? (isYes(number) ? "yes" : "no") : valueWords(number, unit);
  return usual === undefined ? `${title}: ${say(value)}` : `${title}: ${say(value)}, usual ${say(usual)}`;
}

/** What a flag's number, or that of a one-hot column, says. */
export function isYes(value: number): boolean {
  return value >= 0.5;
}

/** A number as people read it: three significant digits, shares in percent, seconds in the largest unit that fits. */
export function valueWords(value: number, unit: string): string {
  if (unit === "%") return `${short(value * 100)} %`;
  if (unit === "s") {
    const [, length, name] = SECONDS.find(([least]) => Math.abs(value) >= least) ?? [0, 1, "s"];
    return `${short(value / length)} ${name}`;
  }
  return unit === "" || unit === "payments" ? short(value) : `${short(value)} ${unit}`;
}

/** From how many seconds on a unit is used, and its length. */
const SECONDS: readonly (readonly [number, number, string])[] = [
  [2 * 86_400, 86_400, "days"],
  [2 * 3_600, 3_600, "hours"],
  [120, 60, "minutes"],
];

function short(value: number): string {
  return value.toLocaleString("en", { maximumSignificantDigits: 3 });
}

function titleOf(name: string, feature: FeatureDefinition, schema: ModelSchema): string {
  switch (feature.kind) {
    case "derived":
      return words(name);
    case "one_hot":
      return schema.fields[feature.field]?.title ?? words(feature.field);
    case "target": {
      const field = schema.fields[feature.field]?.title ?? words(feature.field);
      return `Share of fraud among payments of this ${field.toLowerCase()} ${when(feature)}`;
    }
    case "aggregate":
      return aggregateTitle(feature, schema);
  }
}

function aggregateTitle(feature: AggregateFeature, schema: ModelSchema): string {
  const whose = feature.by.map((entity) => (schema.entities[entity]?.title ?? words(entity)).toLowerCase());
  const of = feature.of === undefined ? "" : words(feature.of).toLowerCase();
  const where = feature.where === undefined ? "" : ` with ${feature.where}`;
  const whom = `${where} of this ${whose.join(" and ")} ${when(feature)}`;
  switch (feature.aggregate) {
    case "count":
      return `Payments${whom}`;
    case "sum":
      return `Total ${of}${whom}`;
    case "mean":
      return `Mean ${of}${whom}`;
    case "min":
      return `Least ${of}${whom}`;
    case "max":
      return `Largest ${of}${whom}`;
    case "std":
      return `Spread of ${of}${whom}`;
    case "distinct":
      return `Different values of ${of}${whom}`;
    case "since_last":
      return `Time since the last payment${whom}`;
    case "fraud_share":
      return `Share of fraud among payments${whom}`;
    case "fraud_count":
      return `Frauds${whom}`;
  }
}

function when({ windowMs, delayMs }: AggregateFeature | TargetFeature): string {
  const window = durationWords(windowMs);
  if (delayMs === 0) return `in the last ${window}`;
  const [long, ago] = [window, durationWords(delayMs)].map((text) =>
    /^\d/.test(text) ? text : `one ${text}`,
  );
  return `in ${long} until ${ago} ago`;
}

function unitOf(feature: FeatureDefinition, schema: ModelSchema): string {
  if (feature.kind === "target") return "%";
  if (feature.kind !== "aggregate") return "";
  switch (feature.aggregate) {
    case "count":
    case "fraud_count":
      return "payments";
    case "since_last":
      return "s";
    case "fraud_share":
      return "%";
    case "distinct":
      return "";
    default:
      return feature.of === undefined ? "" : meaningOf(feature.of, schema).unit;
  }
}

/** A name as words: `merchant_category` → "Merchant category"; an expression stays as it is. */
function words(name: string): string {
  if (!/^[a-z][a-z0-9_]*$/.test(name)) return name;
  const text = name.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
