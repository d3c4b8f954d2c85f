import type { ModelSchema } from "../../domain/features/definition.ts";

/** Something that is wrong with a schema: where, what, and for an expression which part of its text. */
export interface SchemaProblem {
  /** From the file's root, e.g. ["features", "weekend", "expression"]. */
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** Offset into the value at `path`, when it is an expression. */
  readonly start?: number;
}

/** The features in an order in which each comes after those that it reads. */
export interface FeatureOrder {
  /** Derived features that read fields alone, and what their kind reads. */
  readonly before: readonly string[];
  /** Derived features that read an aggregate, directly or not. */
  readonly after: readonly string[];
  readonly problems: readonly SchemaProblem[];
}

/** @param uses what each derived feature's expression reads */
export function orderFeatures(
  { features }: Pick<ModelSchema, "features">,
  uses: ReadonlyMap<string, readonly string[]>,
): FeatureOrder {
  const before: string[] = [];
  const after: string[] = [];
  const problems: SchemaProblem[] = [];
  /** Whether a derived feature that is done reads an aggregate. */
  const late = new Map<string, boolean>();
  const under: string[] = [];

  const visit = (name: string): boolean => {
    const kind = features[name]?.kind;
    if (kind === undefined) return false;
    if (kind !== "derived") return true;
    const known = late.get(name);
    if (known !== undefined) return known;
    if (under.includes(name)) {
      const circle = [...under.slice(under.indexOf(name)), name].join(" → ");
      problems.push({ path: ["features", name, "expression"], message: `reads itself: ${circle}` });
      return false;
    }
    under.push(name);
    let reads = false;
    for (const used of uses.get(name) ?? []) reads = visit(used) || reads;
    under.pop();
    late.set(name, reads);
    (reads ? after : before).push(name);
    return reads;
  };
  for (const name of Object.keys(features)) visit(name);
  return { before, after, problems };
}
