import { DomainError } from "../../platform/errors.ts";
import { inputNames } from "../data/dataset.ts";
import { elementType, GraphBuilder } from "./graph-builder.ts";
import { type DeclaredValue, describeValue, type ModelFile } from "./model-file.ts";

const FLOAT16 = 10;
const floats: readonly (number | undefined)[] = [elementType.float, elementType.double, FLOAT16];
/** Whole numbers: Time may be read as such, it counts seconds. */
const wholes: readonly (number | undefined)[] = [6, 7];

const wanted = `one input float32 [n,${inputNames.length}] (Time, V1 to V28, Amount), or one input a column with these names`;

/** The nodes in front of a foreign graph, which feed what it reads from the scorer's one input [n, 30]. */
export interface Feed {
  readonly front: GraphBuilder;
  /** Whether the graph's own input is the scorer's already. */
  readonly direct: boolean;
  /** What was done, for the card; "" where nothing was. */
  readonly how: string;
}

/**
 * Feeds a graph's inputs from float32 [n, 30]: one input of that width of any float type, its columns in the order that
 * the file's metadata names, or one input a column by name. A batch size that the file fixes is set free.
 *
 * @param prefix what the names of added tensors begin with
 * @throws DomainError `invalid_argument` saying what the inputs should be
 */
export function feedInputs({ inputs, metadata }: ModelFile, prefix: string): Feed {
  const front = new GraphBuilder("");
  const [only] = inputs;
  if (inputs.length === 1 && only) return feedMatrix(front, prefix, only, namedOrder(metadata));
  return feedColumns(front, prefix, inputs);
}

function feedMatrix(
  front: GraphBuilder,
  prefix: string,
  input: DeclaredValue,
  order: readonly number[] | undefined,
): Feed {
  const { name, type, shape } = input;
  const [, width = -1] = shape ?? [];
  const isMatrix = shape === undefined || (shape.length === 2 && (width < 0 || width === inputNames.length));
  if (!floats.includes(type) || !isMatrix) refuse([input]);
  const rows = ["n", inputNames.length];
  if (type === elementType.float && !order) {
    front.input(name, rows);
    return { front, direct: shape?.[0] === -1, how: "" };
  }
  let tensor = front.input(`${prefix}input`, rows);
  const how: string[] = [];
  if (order) {
    const columns = front.int64s(`${prefix}order`, order);
    const output = type === elementType.float ? name : `${prefix}ordered`;
    tensor = front.node("Gather", [tensor, columns], { axis: { int: 1 } }, { output });
    how.push("columns in the order of its metadata");
  }
  if (type !== elementType.float) {
    front.node("Cast", [tensor], { to: { int: type! } }, { output: name });
    how.push(`${describeValue(input)} fed from float32`);
  }
  return { front, direct: false, how: how.join(", ") };
}

function feedColumns(front: GraphBuilder, prefix: string, inputs: readonly DeclaredValue[]): Feed {
  const columns = inputs.map(({ name }) => columnOf(name));
  const missing = inputNames.filter((_, i) => !columns.includes(i));
  if (missing.length > 0 || inputs.length !== inputNames.length) refuse(inputs, missing);
  const all = front.input(`${prefix}input`, ["n", inputNames.length]);
  const flat = front.int64s(`${prefix}flat_input`, [-1]);
  for (const [i, input] of inputs.entries()) {
    const { name, type, shape } = input;
    const column = columns[i]!;
    if (!(floats.includes(type) || (inputNames[column] === "Time" && wholes.includes(type)))) refuse([input]);
    if (shape && (shape.length > 2 || (shape[1] ?? 1) > 1)) refuse([input]);
    const at = front.int64s(`${prefix}at_${column}`, [column]);
    const steps: [string, string[], Parameters<GraphBuilder["node"]>[2]][] = [];
    if (shape?.length === 1) steps.push(["Reshape", [flat], {}]);
    if (type !== elementType.float) steps.push(["Cast", [], { to: { int: type! } }]);
    const last = steps.length - 1;
    const output = (step: number) => (step === last ? name : `${prefix}column_${column}_${step + 1}`);
    let tensor = front.node("Gather", [all, at], { axis: { int: 1 } }, { output: output(-1) });
    for (const [step, [operator, more, attributes]] of steps.entries()) {
      tensor = front.node(operator, [tensor, ...more], attributes, { output: output(step) });
    }
  }
  return { front, direct: false, how: "inputs fed by their names" };
}

/** The position in the scorer's input of a column of this name, however it is spelled; −1 for an unknown one. */
function columnOf(name: string): number {
  const plain = (text: string) =>
    text
      .toLowerCase()
      .replace(/[^a-z0-9]/g, "")
      .replace(/^v0+(?=\d)/, "v");
  return inputNames.findIndex((known) => plain(known) === plain(name));
}

/** The columns' order by a list of 30 names in the metadata (JSON or commas); undefined when it is ours or unknown. */
function namedOrder(metadata: ReadonlyMap<string, string>): number[] | undefined {
  for (const text of metadata.values()) {
    const order = text
      .split(/[,;\s]+/)
      .map((name) => columnOf(name))
      .filter((column) => column >= 0);
    if (order.length !== inputNames.length || new Set(order).size !== order.length) continue;
    return order.every((column, i) => column === i) ? undefined : order;
  }
  return undefined;
}

function refuse(inputs: readonly DeclaredValue[], missing: readonly string[] = []): never {
  const shown = inputs.slice(0, 5).map(describeValue);
  const more = inputs.length > shown.length ? ` and ${inputs.length - shown.length} more` : "";
  const gap = missing.length > 0 && inputs.length > 1 ? `; no input is called ${missing.join(", ")}` : "";
  throw new DomainError(
    "invalid_argument",
    `it reads ${shown.join("; ") || "nothing"}${more}${gap}. It must have ${wanted}`,
  );
}
