import { createHash } from "node:crypto";
import type { ModelSchema } from "../../domain/features/definition.ts";
import type { CompiledExpressions } from "./compile.ts";
import type { StreamPlan } from "./streams.ts";

/** Changes whenever what a state holds, or how it is made, changes with the code. */
const FORMAT = 1;

/** Characters of a stream's identity. */
export const IDENTITY_LENGTH = 16;

/**
 * What tells a stream's states from those of another definition: 16 hex digits over everything that they depend on, i.e.
 * which payments the schema reads, the stream's key, values, filters and windows, and the expressions behind them. Two
 * schemas that agree in all of that share states, so a model that is trained anew on its schema needs no new ones;
 * titles, units, and features that no event holds do not count.
 */
export function streamIdentity(
  schema: ModelSchema,
  { key, values, filters, layout }: StreamPlan,
  { derived, ofEvents }: CompiledExpressions,
): string {
  const expressions = new Map<string, string>();
  const follow = (uses: readonly string[]): void => {
    for (const name of uses) {
      const expression = derived.get(name);
      if (!expression || expressions.has(name)) continue;
      expressions.set(name, expression.text);
      follow(expression.uses);
    }
  };
  for (const text of [...values, ...filters]) follow(ofEvents.get(text)?.uses ?? []);
  const definition = [
    FORMAT,
    schema.currency,
    sorted(schema.fields).map(([name, { type, required, default: fallback, min, max }]) => [
      ...[name, type, required, fallback ?? null, min ?? null, max ?? null],
    ]),
    sorted(schema.entities).map(([name, { required }]) => [name, required]),
    [...expressions].sort(([a], [b]) => (a < b ? -1 : 1)),
    [key, values, filters, layout],
  ];
  return createHash("sha256").update(JSON.stringify(definition)).digest("hex").slice(0, IDENTITY_LENGTH);
}

function sorted<T>(record: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}
