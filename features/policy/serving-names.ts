import type { ModelRef } from "../../domain/decision.ts";
import { CONTEXT_ENTITIES, CONTRACT_FIELDS } from "../../domain/features/contract-fields.ts";
import type { ModelSchema } from "../../domain/features/definition.ts";
import { meaningOf } from "../../domain/features/meaning.ts";
import type { Expression } from "../expressions/language.ts";

/** A model that answers payments, and what it reads. */
export interface ServingModel {
  readonly model: ModelRef;
  /** In the order of its graph. */
  readonly inputs: readonly string[];
  readonly schema: ModelSchema | undefined;
}

/** What rules may read because models that serve have it: of each kind the names, with what they mean. */
export interface ServingNames {
  /** "name@version" */
  readonly models: readonly string[];
  readonly features: ReadonlyMap<string, string>;
  /** A team's own, as schemas declare them; empty where no model that serves has a schema. */
  readonly fields: ReadonlyMap<string, string>;
  readonly entities: ReadonlyMap<string, string>;
}

/** The names of the models that serve. */
export function servingNames(serving: readonly ServingModel[]): ServingNames {
  const features = new Map<string, string>();
  const fields = new Map<string, string>();
  const entities = new Map<string, string>();
  for (const { inputs, schema } of serving) {
    for (const name of inputs) if (!features.has(name)) features.set(name, help(name, schema));
    for (const [name, { type }] of Object.entries(schema?.fields ?? {})) {
      if (!Object.hasOwn(CONTRACT_FIELDS, name)) fields.set(name, `${help(name, schema)}, a ${type}`);
    }
    for (const [name, { title }] of Object.entries(schema?.entities ?? {})) {
      if (!Object.hasOwn(CONTEXT_ENTITIES, name)) entities.set(name, title ?? name);
    }
  }
  const models = serving.map(({ model }) => `${model.name}@${model.version}`);
  return { models, features, fields, entities };
}

function help(name: string, schema: ModelSchema | undefined): string {
  if (!schema) return "what the model read";
  const { title, unit } = meaningOf(name, schema);
  return unit === "" || unit === "payments" ? title : `${title}, ${unit}`;
}

/** How a rule reads a name: `features.count_1h`, or `features["channel=online"]` where it is none of CEL's. */
export function readsAs(of: keyof Omit<ServingNames, "models">, name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? `${of}.${name}` : `${of}[${JSON.stringify(name)}]`;
}

/**
 * What a condition reads that no model that serves knows, in words that follow "it"; undefined where there is nothing. A
 * rule that reads such a feature does nothing; fields and entities may come with payments all the same.
 */
export function strangersIn(
  { reads }: Pick<Expression, "reads">,
  { models, features, fields, entities }: ServingNames,
): string | undefined {
  const of = models.join(" and ");
  const missing = (kind: "features" | "fields" | "entities", known: ReadonlyMap<string, string>): string =>
    reads
      .filter((read) => read.of === kind && !known.has(read.name))
      .map(({ name }) => readsAs(kind, name))
      .join(", ");
  const said: string[] = [];
  const gone = models.length === 0 ? "" : missing("features", features);
  if (gone !== "") said.push(`reads ${gone}, which ${of} has not: it does nothing while no other serves`);
  const own = [
    ...(fields.size > 0 ? [missing("fields", fields)] : []),
    ...(entities.size > 0 ? [missing("entities", entities)] : []),
  ].filter((one) => one !== "");
  if (own.length > 0) said.push(`reads ${own.join(", ")}, which the schema of ${of} does not know`);
  return said.length === 0 ? undefined : said.join("; it ");
}
