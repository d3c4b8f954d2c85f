import type { Expression, Slot, Structure } from "./structure.ts";
import { evaluateTrees, type TreeEnsemble } from "./tree-ensemble.ts";

/** An expression with its sparse parts as arrays. */
interface Row {
  readonly constant: number;
  readonly features: Uint32Array;
  readonly coefficients: Float64Array;
  readonly slots: Uint32Array;
  readonly weights: Float64Array;
}

type Step =
  | { readonly at: number; readonly ensemble: TreeEnsemble }
  | { readonly at: number; readonly apply: (x: number) => number; readonly input: Row };

/** One expression of a {@link Structure} made ready to be evaluated many times; allocates nothing per call. */
export class Program {
  /** About how many multiplications an evaluation takes. */
  readonly cost: number;
  readonly #steps: readonly Step[];
  readonly #result: Row;
  readonly #values: Float64Array;

  constructor({ slots }: Pick<Structure, "slots">, result: Expression) {
    const needed = new Set<number>();
    const need = (slot: number): void => {
      if (needed.has(slot)) return;
      needed.add(slot);
      const at = slots[slot]!;
      if (at.kind === "function") for (const below of at.input.terms.keys()) need(below);
    };
    for (const slot of result.terms.keys()) need(slot);
    this.#steps = [...needed].sort((a, b) => a - b).map((at) => step(at, slots[at]!));
    this.#result = row(result);
    this.#values = new Float64Array(slots.length);
    this.cost = this.#steps.reduce(
      (sum, s) => sum + ("input" in s ? size(s.input) : treeCost(s.ensemble)),
      size(this.#result),
    );
  }

  /** @param features one row, float32 values */
  evaluate(features: ArrayLike<number>): number {
    const values = this.#values;
    for (const step of this.#steps) {
      values[step.at] =
        "input" in step
          ? step.apply(evaluateRow(step.input, features, values))
          : evaluateTrees(step.ensemble, features);
    }
    return evaluateRow(this.#result, features, values);
  }
}

function step(at: number, slot: Slot): Step {
  return slot.kind === "trees"
    ? { at, ensemble: slot.ensemble }
    : { at, apply: slot.apply, input: row(slot.input) };
}

function row({ constant, linear, terms }: Expression): Row {
  const used = Array.from(linear.keys()).filter((i) => linear[i] !== 0);
  return {
    constant,
    features: Uint32Array.from(used),
    coefficients: Float64Array.from(used, (i) => linear[i]!),
    slots: Uint32Array.from(terms.keys()),
    weights: Float64Array.from(terms.values()),
  };
}

function evaluateRow(row: Row, features: ArrayLike<number>, values: Float64Array): number {
  let sum = row.constant;
  for (let i = 0; i < row.features.length; i++) sum += row.coefficients[i]! * features[row.features[i]!]!;
  for (let i = 0; i < row.slots.length; i++) sum += row.weights[i]! * values[row.slots[i]!]!;
  return sum;
}

function size(row: Row): number {
  return row.features.length + row.slots.length + 2;
}

/** A step down a tree costs about as much as a few multiplications. */
function treeCost({ starts, feature }: TreeEnsemble): number {
  const trees = starts.length - 1;
  return 4 * trees * Math.ceil(Math.log2(2 + feature.length / Math.max(trees, 1)));
}
