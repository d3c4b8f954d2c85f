import { DomainError } from "../../../platform/process/errors.ts";
import type { Graph, GraphNode, Tensor } from "./onnx-graph.ts";
import { readTreeEnsemble, type TreeEnsemble } from "./tree-ensemble.ts";
import { unaryFunction } from "./unary-functions.ts";

/** constant + linear · features + Σ weight × slot: what every column between `features` and `raw` is. */
export interface Expression {
  readonly constant: number;
  readonly linear: Float64Array;
  /** Slot number → weight. */
  readonly terms: ReadonlyMap<number, number>;
}

/** A part that is not linear in the features: a forest, or one unit of a network. */
export type Slot =
  | { readonly kind: "trees"; readonly ensemble: TreeEnsemble }
  | { readonly kind: "function"; readonly apply: (x: number) => number; readonly input: Expression };

/** What a model computes between its `features` and its `raw` output. Slots only read slots before them. */
export interface Structure {
  readonly features: number;
  readonly slots: readonly Slot[];
  readonly raw: Expression;
}

type Value =
  | { readonly kind: "columns"; readonly columns: readonly Expression[] }
  | { readonly kind: "constant"; readonly tensor: Tensor };

/** Operators that move or retype columns and leave their values. */
const PASS_THROUGH = new Set(["Identity", "Cast", "Squeeze", "Unsqueeze", "Reshape", "Flatten", "Dropout"]);

/**
 * Reads the way from tensor `from` to tensor `to` backwards.
 *
 * @param features width of `from`
 * @throws DomainError `invalid_argument` naming the operator that is not understood
 */
export function readStructure(graph: Graph, from: string, to: string, features: number): Structure {
  return new StructureReader(graph, from, features).read(to);
}

class StructureReader {
  readonly #producers = new Map<string, GraphNode>();
  readonly #known = new Map<string, Value>();
  readonly #slots: Slot[] = [];
  readonly #features: number;

  constructor(graph: Graph, from: string, features: number) {
    this.#features = features;
    for (const node of graph.nodes) for (const output of node.outputs) this.#producers.set(output, node);
    for (const [name, tensor] of graph.initializers) this.#known.set(name, { kind: "constant", tensor });
    const columns = Array.from({ length: features }, (_, i) => {
      const linear = new Float64Array(features);
      linear[i] = 1;
      return { constant: 0, linear, terms: new Map<number, number>() };
    });
    this.#known.set(from, { kind: "columns", columns });
  }

  read(to: string): Structure {
    const [raw, ...others] = this.#columns(to);
    if (!raw || others.length > 0) refuse(`"${to}" has ${others.length + 1} columns instead of one`);
    return { features: this.#features, slots: this.#slots, raw };
  }

  #value(name: string): Value {
    const known = this.#known.get(name);
    if (known) return known;
    const node = this.#producers.get(name);
    if (!node) refuse(`nothing produces "${name}" from the features`);
    const value = this.#compute(node);
    this.#known.set(name, value);
    return value;
  }

  #columns(name: string): readonly Expression[] {
    const value = this.#value(name);
    if (value.kind === "columns") return value.columns;
    return Array.from(value.tensor.data, (x) => this.#constantExpression(x));
  }

  #constant(name: string | undefined): Tensor {
    const value = name === undefined ? undefined : this.#value(name);
    if (value?.kind !== "constant") refuse(`"${name}" should be a constant`);
    return value.tensor;
  }

  #constantExpression(constant: number): Expression {
    return { constant, linear: new Float64Array(this.#features), terms: new Map() };
  }

  #compute(node: GraphNode): Value {
    const [first = "", second = ""] = node.inputs;
    if (node.op === "Constant") return constantValue(node);
    if (PASS_THROUGH.has(node.op)) return this.#value(first);
    return { kind: "columns", columns: this.#computeColumns(node, first, second) };
  }

  #computeColumns(node: GraphNode, first: string, second: string): readonly Expression[] {
    switch (node.op) {
      case "Add":
        return pair(this.#columns(first), this.#columns(second), (a, b) => this.#combine([a, 1], [b, 1]));
      case "Sub":
        return pair(this.#columns(first), this.#columns(second), (a, b) => this.#combine([a, 1], [b, -1]));
      case "Mul":
        return pair(this.#columns(first), this.#columns(second), (a, b) => this.#product(a, b));
      case "Div":
        return pair(this.#columns(first), this.#columns(second), (a, b) =>
          this.#combine([a, 1 / constantOf(b)]),
        );
      case "Neg":
        return this.#columns(first).map((a) => this.#combine([a, -1]));
      case "Sum":
      case "Mean": {
        const share = node.op === "Mean" ? 1 / node.inputs.length : 1;
        const inputs = node.inputs.map((input) => this.#columns(input));
        return inputs
          .reduce((sum, next) => pair(sum, next, (a, b) => this.#combine([a, 1], [b, 1])))
          .map((a) => this.#combine([a, share]));
      }
      case "Concat":
        return node.inputs.flatMap((input) => this.#columns(input));
      case "Gather": {
        const columns = this.#columns(first);
        return Array.from(
          this.#constant(second).data,
          (i) => columns.at(i) ?? refuse("Gather outside its columns"),
        );
      }
      case "ReduceSum":
      case "ReduceMean": {
        const columns = this.#columns(first);
        const share = node.op === "ReduceMean" ? 1 / columns.length : 1;
        return [this.#combine(...columns.map((column) => [column, share] as const))];
      }
      case "MatMul":
        return this.#multiply(this.#columns(first), this.#constant(second), false, 1);
      case "Gemm":
        return this.#gemm(node);
      case "LinearRegressor":
        return this.#linearRegressor(node);
      case "TreeEnsembleRegressor":
      case "TreeEnsemble":
        return [this.#trees(node)];
      default: {
        const apply = unaryFunction(node, (name) => this.#constant(name).data[0]);
        if (!apply) refuse(`operator ${node.op} is not understood`);
        return this.#columns(first).map((input) => this.#slot({ kind: "function", apply, input }));
      }
    }
  }

  #slot(slot: Slot): Expression {
    this.#slots.push(slot);
    return { ...this.#constantExpression(0), terms: new Map([[this.#slots.length - 1, 1]]) };
  }

  #trees(node: GraphNode): Expression {
    const input = this.#columns(node.inputs[0] ?? "");
    const straight =
      input.length === this.#features &&
      input.every(
        (e, i) => e.constant === 0 && e.terms.size === 0 && e.linear.every((x, j) => x === Number(i === j)),
      );
    if (!straight) refuse("its trees do not read the features as they are");
    return this.#slot({ kind: "trees", ensemble: readTreeEnsemble(node) });
  }

  #gemm({ inputs, attributes }: GraphNode): readonly Expression[] {
    const [a = "", b, c] = inputs;
    if ((attributes.get("transA")?.i ?? 0) !== 0) refuse("Gemm with transA");
    const alpha = attributes.get("alpha")?.f ?? 1;
    const beta = attributes.get("beta")?.f ?? 1;
    const product = this.#multiply(
      this.#columns(a),
      this.#constant(b),
      attributes.get("transB")?.i === 1,
      alpha,
    );
    if (!c) return product;
    return pair(product, this.#columns(c), (x, y) => this.#combine([x, 1], [y, beta]));
  }

  #linearRegressor({ inputs, attributes }: GraphNode): readonly Expression[] {
    const post = attributes.get("post_transform")?.s ?? "NONE";
    if (post !== "NONE") refuse(`LinearRegressor with post_transform ${post}`);
    const columns = this.#columns(inputs[0] ?? "");
    const data = Float64Array.from(attributes.get("coefficients")?.floats ?? []);
    const targets = data.length / columns.length;
    const product = this.#multiply(
      columns,
      { name: "coefficients", dims: [targets, columns.length], data },
      true,
      1,
    );
    const intercepts = attributes.get("intercepts")?.floats ?? [];
    return product.map((x, i) => this.#combine([x, 1], [this.#constantExpression(intercepts[i] ?? 0), 1]));
  }

  /** columns × matrix (or its transpose). */
  #multiply(
    columns: readonly Expression[],
    matrix: Tensor,
    transposed: boolean,
    scale: number,
  ): readonly Expression[] {
    const rows = columns.length;
    const outputs = matrix.data.length / rows;
    if (!Number.isInteger(outputs)) refuse("a matrix does not fit its input");
    return Array.from({ length: outputs }, (_, j) =>
      this.#combine(
        ...columns.map(
          (column, i) => [column, scale * matrix.data[transposed ? j * rows + i : i * outputs + j]!] as const,
        ),
      ),
    );
  }

  #product(a: Expression, b: Expression): Expression {
    return isConstant(a) ? this.#combine([b, a.constant]) : this.#combine([a, constantOf(b)]);
  }

  #combine(...parts: readonly (readonly [Expression, number])[]): Expression {
    let constant = 0;
    const linear = new Float64Array(this.#features);
    const terms = new Map<number, number>();
    for (const [part, weight] of parts) {
      constant += weight * part.constant;
      for (let i = 0; i < linear.length; i++) linear[i]! += weight * part.linear[i]!;
      for (const [slot, w] of part.terms) terms.set(slot, (terms.get(slot) ?? 0) + weight * w);
    }
    return { constant, linear, terms };
  }
}

function refuse(why: string): never {
  throw new DomainError("invalid_argument", why);
}

function isConstant(e: Expression): boolean {
  return e.terms.size === 0 && e.linear.every((x) => x === 0);
}

function constantOf(e: Expression): number {
  if (!isConstant(e)) refuse("a product or quotient of two computed values");
  return e.constant;
}

/** Column by column; one column goes with every other. */
function pair(
  a: readonly Expression[],
  b: readonly Expression[],
  combine: (a: Expression, b: Expression) => Expression,
): readonly Expression[] {
  const length = Math.max(a.length, b.length);
  if ((a.length !== length && a.length !== 1) || (b.length !== length && b.length !== 1))
    refuse("widths do not fit");
  return Array.from({ length }, (_, i) => combine(a[a.length === 1 ? 0 : i]!, b[b.length === 1 ? 0 : i]!));
}

function constantValue({ attributes }: GraphNode): Value {
  const tensor = attributes.get("value")?.t;
  if (tensor) return { kind: "constant", tensor };
  const one = attributes.get("value_float")?.f ?? attributes.get("value_int")?.i;
  const list = attributes.get("value_floats")?.floats ?? attributes.get("value_ints")?.ints;
  const data = Float64Array.from(list ?? (one === undefined ? [] : [one]));
  return { kind: "constant", tensor: { name: "", dims: [data.length], data } };
}
