import { z } from "zod";
import type { Entities, Fields, FieldValue } from "../domain/entities.ts";
import {
  gatherEntities,
  gatherFields,
  MAX_ENTITIES,
  MAX_ENTITY_ID,
  MAX_FIELD_TEXT,
  MAX_FIELDS,
  type OwnValues,
} from "../domain/own-values.ts";

/** `fields` and `entities` of a transaction in JSON, by the rules of domain/own-values.ts. */

const names = { type: "string", pattern: "^[a-z][a-z0-9_]{0,63}$" };

/** @param about what OpenAPI says of it */
function mapOf<T extends FieldValue>(gather: () => OwnValues<T>, about: Record<string, unknown>) {
  // Not a record: that leaves "__proto__" out without a word.
  return z
    .custom<Readonly<Record<string, unknown>>>(
      (value) => typeof value === "object" && value !== null && !Array.isArray(value),
      "must be an object",
    )
    .meta({ type: "object", propertyNames: names, ...about })
    .transform((given, context): Readonly<Record<string, T>> => {
      const gathered = gather();
      for (const [name, value] of Object.entries(given)) gathered.put(name, value);
      for (const { name, description } of gathered.wrong) {
        context.addIssue({ code: "custom", message: description, path: name === "" ? [] : [name] });
      }
      return gathered.right ? gathered.values : z.NEVER;
    });
}

/** A team's own fields; `{"timestamp": …}` becomes its moment in UTC. */
export const ownFields: z.ZodType<Fields> = mapOf(gatherFields, {
  description:
    "Fields of the team's own, by name. What the model reads nothing of is kept with the decision and named in `unknown_fields`.",
  maxProperties: MAX_FIELDS,
  additionalProperties: {
    anyOf: [
      { type: "number" },
      { type: "string", maxLength: MAX_FIELD_TEXT },
      { type: "boolean" },
      {
        type: "object",
        description: "A moment; kept in UTC, to the millisecond.",
        properties: { timestamp: { type: "string", format: "date-time" } },
        required: ["timestamp"],
        additionalProperties: false,
      },
    ],
  },
});

/** What the payment has in common with others. */
export const ownEntities: z.ZodType<Entities> = mapOf(gatherEntities, {
  description:
    'What the payment has in common with others, e.g. {"customer": "c-17", "terminal": "t-4"}. Card and merchant have fields of their own.',
  maxProperties: MAX_ENTITIES,
  additionalProperties: { type: "string", minLength: 1, maxLength: MAX_ENTITY_ID },
});
