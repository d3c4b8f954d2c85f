import type { ModelSchema } from "../../domain/features/definition.ts";
import { inputOf, meaningOf } from "../../domain/features/meaning.ts";
import { categoryDriftOf, driftOf } from "../../platform/math/drift.ts";
import type { Matrix } from "../features/matrix.ts";

/** How much a model looks at a field or feature: its share of all gain. */
export interface InputImportance {
  readonly feature: string;
  /** In words. */
  readonly title: string;
  readonly gain: number;
}

/** How far a field or feature moved, see DriftRow. */
export interface InputDrift {
  readonly feature: string;
  /** In words. */
  readonly title: string;
  readonly psi: number;
  readonly ks: number;
}

/** Rows of each side that drift is measured on, at most. */
const MOST_ROWS = 50_000;

/**
 * The importance of what the schema names, the most looked at first: columns of one category are one.
 *
 * @param gain by column
 */
export function importanceOf(
  columns: readonly string[],
  gain: ArrayLike<number>,
  schema: ModelSchema,
): InputImportance[] {
  const sums = new Map<string, number>();
  for (const [c, column] of columns.entries()) {
    const input = inputOf(column, schema);
    sums.set(input, (sums.get(input) ?? 0) + (gain[c] as number));
  }
  return [...sums]
    .map(([feature, sum]) => ({ feature, title: meaningOf(feature, schema).title, gain: sum }))
    .sort((a, b) => b.gain - a.gain);
}

/**
 * How far what the schema names moved between some rows and later ones, the farthest first: a category by the shares of
 * its values, where it has columns for them.
 *
 * @throws DomainError `invalid_argument` when a value is not a number
 */
export function driftOfInputs(
  inputs: Matrix,
  before: Int32Array,
  after: Int32Array,
  schema: ModelSchema,
): InputDrift[] {
  const groups = new Map<string, number[]>();
  for (const [c, column] of inputs.names.entries()) {
    const input = inputOf(column, schema);
    groups.set(input, [...(groups.get(input) ?? []), c]);
  }
  const [a, b] = [some(before), some(after)];
  const column = (c: number, rows: Int32Array) =>
    Float64Array.from(rows, (r) => inputs.values[r * inputs.columns + c] as number);
  return [...groups]
    .map(([feature, columns]) => {
      const shares = columns.filter((c) => inputs.names[c]?.includes("="));
      const rows = columns
        .filter((c) => !shares.includes(c))
        .map((c) => driftOf(feature, { values: column(c, a) }, { values: column(c, b) }));
      if (shares.length > 0) {
        const shareOf = (rows: Int32Array) => shares.map((c) => mean(column(c, rows)));
        rows.push(categoryDriftOf(feature, shareOf(a), shareOf(b)));
      }
      return {
        ...{ feature, title: meaningOf(feature, schema).title },
        psi: Math.max(...rows.map(({ psi }) => psi)),
        ks: Math.max(...rows.map(({ ks }) => ks)),
      };
    })
    .sort((x, y) => y.psi - x.psi);
}

/** Every so many of the rows. */
function some(rows: Int32Array): Int32Array {
  const step = Math.ceil(rows.length / MOST_ROWS);
  return rows.filter((_, i) => i % step === 0);
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
