import { z } from "zod";
import { ENTITY_NAME } from "../../domain/entities.ts";
import {
  AGGREGATES,
  type FeatureDefinition,
  OF_LABELS,
  OF_NUMBERS,
  VALUE_TYPES,
} from "../../domain/features/definition.ts";
import { DURATION, durationMs, MAX_DELAY_MS, WINDOW_MS } from "../../domain/features/duration.ts";
import { CURRENCY_FORM } from "../../domain/money.ts";

/** schema.yaml as it is written. Its JSON Schema is published beside it (json-schema.ts), for editors. */

/** Words that expressions cannot use as names: CEL's own, and one that every object of JavaScript has. */
const RESERVED: ReadonlySet<string> = new Set([
  ...[
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
  ],
  ...["let", "loop", "package", "namespace", "return", "var", "void", "while", "constructor"],
]);

const name = z
  .string()
  .regex(
    ENTITY_NAME,
    "a name has small letters, digits and _, begins with a letter and has at most 64 characters",
  )
  .refine((text) => !RESERVED.has(text), "is a word of the language of expressions: choose another name")
  .meta({ description: "Small letters, digits and _." });
const title = z.string().max(100).optional().meta({ description: "How pages call it." });
const unit = z.string().max(20).optional().meta({ description: "What a number counts: EUR, km, …" });
const expression = z
  .string()
  .min(1)
  .meta({ description: "CEL (https://cel.dev) over fields and features, e.g. amount / customer_mean_30d." });

const duration = (least: number, most: number, about: string) =>
  z
    .string()
    .regex(DURATION, 'a whole number and d, h, m or s, e.g. "7d"')
    .transform((text) => durationMs(text) as number)
    .refine((ms) => ms >= least && ms <= most, about)
    .meta({ description: about });

const window = duration(WINDOW_MS.min, WINDOW_MS.max, "a window has 1 minute to 90 days");
const delay = duration(1_000, MAX_DELAY_MS, "a delay has 1 second to 180 days");

const field = z
  .strictObject({
    type: z.enum(VALUE_TYPES),
    title,
    unit,
    required: z
      .boolean()
      .optional()
      .meta({ description: "Refuse payments without it. Default: unless there is a default." }),
    default: z
      .union([z.number(), z.string().max(256), z.boolean()])
      .optional()
      .meta({ description: "What stands in for it where it was not given." }),
    min: z.number().optional(),
    max: z.number().optional(),
  })
  .transform(({ required, ...rest }) => ({ ...rest, required: required ?? rest.default === undefined }));

const entity = z
  .strictObject({ title, required: z.boolean().optional() })
  .transform(({ required = true, ...rest }) => ({ ...rest, required }));

const described = { title, unit };

const derived = z
  .strictObject({ expression, ...described })
  .transform((given): FeatureDefinition => ({ kind: "derived", ...given }));

const aggregate = z
  .strictObject({
    aggregate: z.enum(AGGREGATES),
    of: expression.optional(),
    by: z.union([name, z.array(name).min(1).max(4)]),
    window,
    delay: delay.optional(),
    where: expression.optional(),
    current: z
      .boolean()
      .optional()
      .meta({ description: "Whether the payment itself counts. Default: yes, unless there is a delay." }),
    empty: z.number().optional().meta({
      description: "The value where no payment counts. Default: 0; the window's seconds for since_last.",
    }),
    ...described,
  })
  .superRefine((given, context) => {
    const { aggregate: kind, of, delay: late, current } = given;
    const wrong = (path: string, message: string) =>
      context.addIssue({ code: "custom", path: [path], message });
    if ((OF_NUMBERS.has(kind) || kind === "distinct") && of === undefined) {
      wrong("aggregate", `${kind} needs "of": what it is taken of`);
    }
    if (!OF_NUMBERS.has(kind) && kind !== "distinct" && of !== undefined)
      wrong("of", `${kind} is of payments: leave "of" out`);
    if (OF_LABELS.has(kind) && late === undefined) {
      wrong("aggregate", `${kind} reads labels, which come late: say "delay", e.g. 7d`);
    }
    if (current && late !== undefined)
      wrong("current", "a window that ends before the payment cannot hold it");
    if (current && kind === "since_last")
      wrong("current", "the time since the last payment is to the one before");
  })
  .transform(
    ({
      aggregate: kind,
      by,
      window: windowMs,
      delay: delayMs = 0,
      current,
      empty,
      ...rest
    }): FeatureDefinition => ({
      kind: "aggregate",
      aggregate: kind,
      by: typeof by === "string" ? [by] : by,
      windowMs,
      delayMs,
      current: current ?? (delayMs === 0 && kind !== "since_last"),
      empty: empty ?? (kind === "since_last" ? windowMs / 1_000 : 0),
      ...rest,
    }),
  );

const oneHot = z
  .strictObject({
    one_hot: name,
    values: z.array(z.string().max(256)).min(1).max(100).refine(unique, "a value stands twice"),
    ...described,
  })
  .transform(({ one_hot, ...rest }): FeatureDefinition => ({ kind: "one_hot", field: one_hot, ...rest }));

const target = z
  .strictObject({
    target: name,
    window,
    delay,
    prior: z.number().min(0).max(1).meta({ description: "The share of fraud where nothing is known." }),
    smoothing: z.number().min(0).max(1e6).meta({ description: "How many payments the prior weighs." }),
    ...described,
  })
  .transform(
    ({ target: field, window: windowMs, delay: delayMs, ...rest }): FeatureDefinition => ({
      kind: "target",
      field,
      windowMs,
      delayMs,
      ...rest,
    }),
  );

/** The kinds of features, by the word that says which it is. */
export const FEATURE_SHAPES = { expression: derived, aggregate, one_hot: oneHot, target } as const;

/** The whole file but for its features, which are read one by one: each by the shape that its own word asks for. */
export const fileShape = z.strictObject({
  schema: z.literal(1).meta({ description: "The version of this format." }),
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "small letters, digits and -"),
  description: z.string().max(1_000).optional(),
  currency: z.string().regex(CURRENCY_FORM, "an ISO 4217 code, e.g. EUR").meta({
    description:
      "What amount is read in. A payment in another currency is converted by the operator's rates, or refused.",
  }),
  fields: z.record(name, field),
  entities: z.record(name, entity).default({}),
  features: z.record(name, z.unknown()).default({}),
  inputs: z
    .array(name)
    .min(1)
    .max(512)
    .refine(unique, "an input stands twice")
    .meta({ description: "Fields and features in the order in which the graph takes them." }),
});

function unique(values: readonly string[]): boolean {
  return new Set(values).size === values.length;
}
