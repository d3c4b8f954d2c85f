import type { Expression, Structure } from "./structure.ts";
import { evaluateTrees, type TreeEnsemble } from "./tree-ensemble.ts";

/** The slots an expression reads, as arrays. */
interface Reads {
  readonly slots: Uint32Array;
  readonly weights: Float64Array;
}

type Step =
  | { readonly at: number; readonly ensemble: TreeEnsemble }
  | {
      readonly at: number;
      readonly apply: (x: number) => number;
      readonly row: number;
      readonly reads: Reads;
    };

/** A column of the linear parts: which rows a feature stands in, and with which coefficient. */
interface Column {
  readonly rows: Uint32Array;
  readonly coefficients: Float64Array;
}

/**
 * One expression of a {@link Structure} made ready to be evaluated many times with one feature changed in between:
 * the linear parts are kept and moved, only what stands behind them is computed again. Allocates nothing per call.
 */
export class Program {
  /** About how many multiplications a moved feature costs. */
  readonly cost: number;
  readonly #steps: readonly Step[];
  readonly #reads: Reads;
  readonly #columns: readonly Column[];
  readonly #constants: Float64Array;
  readonly #linear: Float64Array;
  readonly #features: Float64Array;
  readonly #values: Float64Array;

  constructor({ slots, features }: Pick<Structure, "slots" | "features">, result: Expression) {
    const needed = new Set<number>();
    const need = (slot: number): void => {
      if (needed.has(slot)) return;
      needed.add(slot);
      const at = slots[slot]!;
      if (at.kind === "function") for (const below of at.input.terms.keys()) need(below);
    };
    for (const slot of result.terms.keys()) need(slot);
    // Row 0 is the result's linear part, the others are those of the functions.
    const expressions: Expression[] = [result];
    this.#steps = [...needed]
      .sort((a, b) => a - b)
      .map((at): Step => {
        const slot = slots[at]!;
        if (slot.kind === "trees") return { at, ensemble: slot.ensemble };
        expressions.push(slot.input);
        return { at, apply: slot.apply, row: expressions.length - 1, reads: readsOf(slot.input) };
      });
    this.#reads = readsOf(result);
    this.#columns = Array.from({ length: features }, (_, i) => {
      const rows = Array.from(expressions.keys()).filter((row) => expressions[row]!.linear[i] !== 0);
      const coefficients = Float64Array.from(rows, (row) => expressions[row]!.linear[i]!);
      return { rows: Uint32Array.from(rows), coefficients };
    });
    this.#constants = Float64Array.from(expressions, (expression) => expression.constant);
    this.#linear = new Float64Array(expressions.length);
    this.#features = new Float64Array(features);
    this.#values = new Float64Array(slots.length);
    const behind = this.#steps.reduce(
      (sum, s) => sum + ("reads" in s ? s.reads.slots.length + 4 : treeCost(s.ensemble)),
      0,
    );
    const columns =
      this.#columns.reduce((sum, column) => sum + column.rows.length, 0) / Math.max(1, features);
    this.cost = behind + columns + this.#reads.slots.length;
  }

  /** Starts from a row of float32 features. */
  load(features: ArrayLike<number>): void {
    this.#features.fill(0);
    this.#linear.set(this.#constants);
    for (let i = 0; i < this.#features.length; i++) this.move(i, features[i]!);
  }

  /** Gives one feature another value. */
  move(feature: number, value: number): void {
    const change = value - this.#features[feature]!;
    this.#features[feature] = value;
    if (change === 0) return;
    const { rows, coefficients } = this.#columns[feature]!;
    const linear = this.#linear;
    for (let i = 0; i < rows.length; i++) linear[rows[i]!]! += coefficients[i]! * change;
  }

  /** The expression's value for the features as they stand. */
  evaluate(): number {
    const values = this.#values;
    const linear = this.#linear;
    for (const step of this.#steps) {
      values[step.at] =
        "reads" in step
          ? step.apply(linear[step.row]! + weigh(step.reads, values))
          : evaluateTrees(step.ensemble, this.#features);
    }
    return linear[0]! + weigh(this.#reads, values);
  }
}

function readsOf({ terms }: Expression): Reads {
  return { slots: Uint32Array.from(terms.keys()), weights: Float64Array.from(terms.values()) };
}

function weigh({ slots, weights }: Reads, values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < slots.length; i++) sum += weights[i]! * values[slots[i]!]!;
  return sum;
}

/** A step down a tree costs about as much as a few multiplications. */
function treeCost({ starts, feature }: TreeEnsemble): number {
  const trees = starts.length - 1;
  return 4 * trees * Math.ceil(Math.log2(2 + feature.length / Math.max(trees, 1)));
}
