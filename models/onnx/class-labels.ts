import { DomainError } from "../../platform/process/errors.ts";
import type { Graph, GraphNode, Tensor } from "../../scorer/scoring/explain/onnx-graph.ts";

/** The classes of a classifier as texts, in the order of its probability columns. */
export type ClassLabels = readonly string[];

/** Where converters write a classifier's classes: the numbers' attribute has two names. */
const ATTRIBUTES = ["classlabels_strings", "classlabels_int64s", "classlabels_ints"] as const;

/**
 * The classes behind a tensor of probabilities. What a ZipMap says of it comes first, then what the graph's label output
 * is made of (it speaks the user's language even where an inner classifier counts 0 and 1), then the nearest node above
 * the tensor that names classes.
 *
 * @param labelOutputs the graph's outputs that are no floats
 * @returns undefined when nothing in the graph names classes
 */
export function classLabels(
  graph: Graph,
  tensor: string,
  labelOutputs: readonly string[],
): ClassLabels | undefined {
  const reader = new LabelReader(graph);
  const zipMap = graph.nodes.find((node) => node.op === "ZipMap" && node.inputs[0] === tensor);
  const zipped = zipMap && attributeLabels(zipMap);
  if (zipped) return zipped;
  for (const output of labelOutputs) {
    const labels = reader.above(output);
    if (labels) return labels;
  }
  return reader.above(tensor);
}

/** Follows tensors to what made them. */
class LabelReader {
  readonly #graph: Graph;
  readonly #makers = new Map<string, GraphNode>();

  constructor(graph: Graph) {
    this.#graph = graph;
    for (const node of graph.nodes) for (const output of node.outputs) this.#makers.set(output, node);
  }

  /** The labels that the nearest node above a tensor names. */
  above(tensor: string): ClassLabels | undefined {
    const seen = new Set<string>();
    const queue = [tensor];
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      const node = this.#makers.get(name);
      if (!node || seen.has(name)) continue;
      seen.add(name);
      const labels = this.#own(node);
      if (labels) return labels;
      queue.push(...node.inputs);
    }
    return undefined;
  }

  #own(node: GraphNode): ClassLabels | undefined {
    if (node.op === "LabelEncoder") return this.#encoded(node);
    if (node.op === "ArrayFeatureExtractor" || node.op === "Gather") return this.#constant(node.inputs[0]);
    return attributeLabels(node);
  }

  /** scikit-learn's converters look the label up in a constant list of classes. */
  #constant(name = ""): ClassLabels | undefined {
    const made = this.#makers.get(name)?.attributes;
    const labels = textsOf(this.#graph.initializers.get(name) ?? made?.get("value")?.t);
    return labels.length > 1 ? labels : undefined;
  }

  /** The labels above, renamed; where there are none, what 0, 1, … are renamed to. */
  #encoded({ attributes, inputs }: GraphNode): ClassLabels | undefined {
    const list = (what: "keys" | "values"): readonly string[] => {
      const tensor = attributes.get(`${what}_tensor`)?.t;
      const strings =
        attributes.get(`${what}_strings`)?.strings ?? attributes.get("classes_strings")?.strings;
      const numbers = attributes.get(`${what}_int64s`)?.ints ?? attributes.get(`${what}_floats`)?.floats;
      return tensor ? textsOf(tensor) : (strings ?? numbers?.map(String) ?? []);
    };
    const values = list("values");
    const keys = attributes.has("classes_strings") ? values.map((_, i) => String(i)) : list("keys");
    const classes = this.above(inputs[0] ?? "") ?? keys.map((_, i) => String(i));
    const labels = classes.map((label) => values[keys.indexOf(label)]);
    return labels.length > 1 && labels.every((label) => label !== undefined) ? labels : undefined;
  }
}

function textsOf(tensor: Tensor | undefined): readonly string[] {
  return tensor?.texts && tensor.texts.length > 0 ? tensor.texts : Array.from(tensor?.data ?? [], String);
}

function attributeLabels({ attributes }: GraphNode): ClassLabels | undefined {
  for (const name of ATTRIBUTES) {
    const attribute = attributes.get(name);
    if (!attribute) continue;
    const labels = attribute.strings.length > 0 ? attribute.strings : attribute.ints.map(String);
    if (labels.length > 1) return labels;
  }
  return undefined;
}

/**
 * Which class is fraud: the one asked for; else what the labels say beyond doubt, which is 1 against 0 or −1, true against
 * false, or the only one of them that is called fraud.
 *
 * @throws DomainError `invalid_argument` when the labels do not say, with the question, or have no class of that name
 */
export function fraudColumn(labels: ClassLabels, wanted: string | undefined): number {
  const named = `its classes are ${labels.map((label) => JSON.stringify(label)).join(", ")}`;
  if (wanted !== undefined) {
    const found = labels.findIndex((label) => label === wanted || sameNumber(label, wanted));
    if (found < 0) {
      throw new DomainError("invalid_argument", `--fraud-class ${wanted} is none of its classes: ${named}`);
    }
    return found;
  }
  const frauds = labels.flatMap((label, i) => (saysFraud(label) ? [i] : []));
  if (frauds.length === 1) return frauds[0]!;
  const numbers = labels.map(numberOf);
  if (frauds.length === 0 && numbers.length === 2) {
    const one = numbers.indexOf(1);
    const other = numbers[1 - one];
    if (one >= 0 && (other === 0 || other === -1)) return one;
  }
  throw new DomainError(
    "invalid_argument",
    `${named}, which does not say which of them is fraud: give --fraud-class LABEL with the one that is`,
  );
}

const NO_FRAUD =
  /(^|[^a-z])(no|not|non|isn.?t|un|anti|without|never)([^a-z]+an?[^a-z])?[^a-z]*fraud|free|clear/;

/** Whether a name means fraud: "Fraud", "is_fraud", "fraudulent", but neither "non-fraud" nor "not_fraud". */
export function saysFraud(name: string): boolean {
  const words = name.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  return /fraud/.test(words) && !NO_FRAUD.test(words);
}

const truths: ReadonlyMap<string, number> = new Map([
  ["true", 1],
  ["false", 0],
]);

function numberOf(label: string): number {
  const text = label.trim().toLowerCase();
  return truths.get(text) ?? (text === "" ? Number.NaN : Number(text));
}

function sameNumber(label: string, wanted: string): boolean {
  return numberOf(label) === numberOf(wanted);
}
