import type { ModelCard } from "../../serving/registry.ts";

/** One feature's part in a score, in words; field by field the contract's `Reason`. */
export interface PlainReason {
  /** Stable code: `<INPUT>_<DIRECTION>`. */
  readonly code: string;
  /** As the card names it. */
  readonly feature: string;
  /** In the unit people read: euros, hour of day 0–24, the component's own value. */
  readonly value: number;
  /** In the explanation's unit; positive moves towards fraud. */
  readonly contribution: number;
  /** One sentence in plain English. */
  readonly text: string;
  /** What is usual, in the unit of `value`. */
  readonly usual: number;
}

/** How a value stands to the typical one: the second half of a code. */
export type Direction = "HIGH" | "LOW" | "TYPICAL" | "UNUSUAL" | "USUAL";

/** A code and what it means, for documentation and translation. */
export interface VocabularyEntry {
  readonly code: string;
  readonly meaning: string;
}

type CardFeature = ModelCard["features"][number];

/** Scaled distance from the typical value within which a value counts as typical: half an interquartile range. */
const TYPICAL = 0.5;
/** From here a value is "far" above or below: for a symmetric feature, Tukey's fence of 1.5 ranges beyond a quartile. */
const FAR = 2;
/** No float32, scaled back, is written longer. */
const LONGEST_VALUE = -1e42;
/** Scaled distance on the clock from the typical hour from which an hour is unusual. */
const UNUSUAL_HOUR = 0.75;

/**
 * The reasons of one explanation, strongest first.
 *
 * @param contributions F values of an explanation
 * @param features the row it explains: scaled, in the order of the card's features
 * @param top how many to give; 0 gives all
 * @param inputs what the graph was given, in the order of the card's inputs: what is read as it is, is said as it was
 *   given, and not scaled back with what 32 bits lost
 */
export function reasonsOf(
  contributions: Float64Array,
  features: Float32Array | Float64Array,
  card: Pick<ModelCard, "features"> & Partial<Pick<ModelCard, "inputs">>,
  top = 0,
  inputs?: ArrayLike<number>,
): PlainReason[] {
  const order = Array.from(contributions.keys()).sort(
    (a, b) => Math.abs(contributions[b]!) - Math.abs(contributions[a]!) || a - b,
  );
  return order.slice(0, top > 0 ? top : order.length).map((i) => {
    const feature = card.features[i]!;
    const given =
      feature.transform === "identity" ? inputs?.[card.inputs?.indexOf(feature.input) ?? -1] : undefined;
    return reasonOf(feature, features[i]!, contributions[i]!, given);
  });
}

/** As long a reason as a feature can get: what room an answer needs. Its numbers mean nothing. */
export function longestReasonOf(feature: CardFeature): PlainReason {
  const text = sentence(feature, LONGEST_VALUE, -FAR, "LOW", 0);
  const code = `${feature.input.toUpperCase()}_${"UNUSUAL" satisfies Direction}`;
  return { code, feature: feature.name, value: 1, contribution: 1, text, usual: 1 };
}

/** Every code a model over the 30 inputs can give, with its meaning. Codes are never renamed or reused. */
export function reasonVocabulary(): VocabularyEntry[] {
  const entries: VocabularyEntry[] = [];
  for (let i = 1; i <= 28; i++) {
    const what = `behaviour component V${i} (anonymised)`;
    entries.push({ code: `V${i}_HIGH`, meaning: `${what} is above its typical range` });
    entries.push({ code: `V${i}_LOW`, meaning: `${what} is below its typical range` });
    entries.push({ code: `V${i}_TYPICAL`, meaning: `${what} is in its typical range` });
  }
  entries.push({ code: "AMOUNT_HIGH", meaning: "the amount is above the usual" });
  entries.push({ code: "AMOUNT_LOW", meaning: "the amount is below the usual" });
  entries.push({ code: "AMOUNT_TYPICAL", meaning: "the amount is usual" });
  entries.push({ code: "HOUR_UNUSUAL", meaning: "the hour of day is far from the usual" });
  entries.push({ code: "HOUR_USUAL", meaning: "the hour of day is usual" });
  entries.push({ code: "TIME_HIGH", meaning: "late in the data set's two days (models that read raw Time)" });
  entries.push({ code: "TIME_LOW", meaning: "early in the data set's two days (models that read raw Time)" });
  entries.push({
    code: "TIME_TYPICAL",
    meaning: "in the middle of the data set's two days (models that read raw Time)",
  });
  return entries;
}

function reasonOf(
  feature: CardFeature,
  scaled: number,
  contribution: number,
  given: number | undefined,
): PlainReason {
  const unscaled = given ?? scaled * feature.scale + feature.center;
  const isHour = feature.transform === "hour";
  const direction = isHour ? hourDirection(feature, unscaled) : directionOf(scaled);
  return {
    code: `${isHour ? "HOUR" : feature.input.toUpperCase()}_${direction}`,
    feature: feature.name,
    value: original(feature, unscaled),
    contribution,
    text: sentence(feature, unscaled, scaled, direction, contribution),
    usual: original(feature, feature.center),
  };
}

function directionOf(scaled: number): Direction {
  if (Math.abs(scaled) <= TYPICAL) return "TYPICAL";
  return scaled > 0 ? "HIGH" : "LOW";
}

/** Around the clock: 23:00 is two hours from 01:00. */
function hourDirection({ center, scale }: CardFeature, hour: number): Direction {
  const apart = Math.abs(((((hour - center + 12) % 24) + 24) % 24) - 12);
  return apart > UNUSUAL_HOUR * Math.abs(scale) ? "UNUSUAL" : "USUAL";
}

/** From the transformed value back to what was sent. */
function original({ transform }: CardFeature, value: number): number {
  return transform === "log1p" ? Math.expm1(value) : value;
}

/** What a contribution does, as the end of a reason's sentence. */
export function effectWords(contribution: number): string {
  return contribution > 0
    ? "raises the risk"
    : contribution < 0
      ? "lowers the risk"
      : "does not change the risk";
}

function sentence(
  feature: CardFeature,
  unscaled: number,
  scaled: number,
  direction: Direction,
  contribution: number,
): string {
  const effect = effectWords(contribution);
  if (feature.transform === "hour") {
    const usual = direction === "USUAL" ? "a usual hour for payments" : "an unusual hour for payments";
    return `Paid at ${clock(unscaled)}, ${usual}: ${effect}.`;
  }
  const isAmount = feature.input === "Amount" || feature.input === "amount";
  const format = isAmount ? money : decimal;
  const value = format(original(feature, unscaled));
  const typical = format(original(feature, feature.center));
  const subject = isAmount ? `The amount of ${value}` : `${subjectOf(feature.input)} is ${value},`;
  const verb = isAmount ? " is" : "";
  if (direction === "TYPICAL") return `${subject}${verb} close to the typical ${typical}: ${effect}.`;
  const far = Math.abs(scaled) >= FAR ? "far " : "";
  return `${subject}${verb} ${far}${direction === "HIGH" ? "above" : "below"} the typical ${typical}: ${effect}.`;
}

function subjectOf(input: string): string {
  if (/^V\d+$/.test(input)) return `Behaviour component ${input} (anonymised)`;
  return input === "Time" ? "Time since the data began" : input;
}

const twoDigits = new Intl.NumberFormat("en-GB", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

function money(amount: number): string {
  return twoDigits.format(Math.max(0, amount));
}

function decimal(value: number): string {
  return twoDigits.format(value).replace("-", "−");
}

function clock(hour: number): string {
  const minutes = Math.floor((((hour % 24) + 24) % 24) * 60 + 1e-6) % 1440;
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}
