import { DomainError } from "../../platform/process/errors.ts";
import { inputNames } from "../data/dataset.ts";
import { elementType, GraphBuilder } from "../graph/graph-builder.ts";
import { type DeclaredValue, describeValue, type ModelFile } from "./model-file.ts";

const FLOAT16 = 10;
const floats: readonly (number | undefined)[] = [elementType.float, elementType.double, FLOAT16];
/** Whole numbers: Time may be read as such, it counts seconds. */
const wholes: readonly (number | undefined)[] = [6, 7];
/** What the label of a row may be. */
const flags: readonly (number | undefined)[] = [...floats, ...wholes, 9];
/** Names under which ML.NET leaves the label among a model's inputs, without what parts words. */
const LABELS: readonly string[] = ["label", "class", "isfraud", "fraud", "txfraud", "target"];

const wanted = `one input float32 [n,${inputNames.length}] (Time, V1 to V28, Amount), or one input [n,1] for each of these that it wants, by name; --columns A,B,… says which of them one wide input reads`;

/** The nodes in front of a foreign graph, which feed what it reads from the scorer's one input [n, 30]. */
export interface Feed {
  readonly front: GraphBuilder;
  /** Whether the graph's own input is the scorer's already. */
  readonly direct: boolean;
  /** What was done, for the card; "" where nothing was. */
  readonly how: string;
  /** Whether nothing says which column of its one wide input is which: they are taken in the scorer's order. */
  readonly assumed: boolean;
  /** The input that is named like the label: what the model answers must not depend on it. */
  readonly label: string | undefined;
}

export interface FeedOptions {
  /** The columns that its one wide input reads, in its order, as a person says. */
  readonly columns?: readonly string[] | undefined;
  /** What an input named like the label is fed: 0 when left out. */
  readonly label?: 0 | 1;
}

/**
 * Feeds a graph's inputs from float32 [n, 30]: one input of that width of any float type; one of the columns that the file's
 * metadata names, or a person does, in that order; or one input a column by name, of those that the model wants, the label
 * with one value for all rows. A number of rows that the file fixes is set free.
 *
 * @param prefix what the names of added tensors begin with
 * @throws DomainError `invalid_argument` saying what the inputs should be
 */
export function feedInputs(
  { inputs, metadata }: ModelFile,
  prefix: string,
  { columns, label = 0 }: FeedOptions = {},
): Feed {
  const front = new GraphBuilder("");
  const [only] = inputs;
  const isColumn = only?.shape !== undefined && (only.shape.length === 1 || only.shape[1] === 1);
  if (inputs.length === 1 && only && !isColumn) {
    const order = columns ? saidOrder(columns) : namedOrder(metadata, only.shape?.[1] ?? -1);
    return feedMatrix(
      front,
      prefix,
      only,
      order,
      columns ? "as --columns says" : "in the order of its metadata",
    );
  }
  if (columns) {
    throw new DomainError("invalid_argument", "--columns: its inputs are one a column, and found by name");
  }
  return feedColumns(front, prefix, inputs, label);
}

function feedMatrix(
  front: GraphBuilder,
  prefix: string,
  input: DeclaredValue,
  named: readonly number[] | undefined,
  by: string,
): Feed {
  const { name, type, shape } = input;
  const [, width = -1] = shape ?? [];
  const isMatrix = shape === undefined || shape.length === 2;
  const columns = named?.length ?? inputNames.length;
  const order = named && isOurs(named) ? undefined : named;
  const assumed = named === undefined;
  if (!floats.includes(type) || !isMatrix || (width > 0 && width !== columns)) refuse([input]);
  const rows = ["n", inputNames.length];
  if (type === elementType.float && !order) {
    front.input(name, rows);
    return { front, direct: shape?.[0] === -1, how: "", assumed, label: undefined };
  }
  let tensor = front.input(`${prefix}input`, rows);
  const how: string[] = [];
  if (order) {
    const chosen = front.int64s(`${prefix}order`, order);
    const output = type === elementType.float ? name : `${prefix}ordered`;
    tensor = front.node("Gather", [tensor, chosen], { axis: { int: 1 } }, { output });
    how.push(`${order.length} columns ${by}`);
  }
  if (type !== elementType.float) {
    front.node("Cast", [tensor], { to: { int: type! } }, { output: name });
    how.push(`${describeValue(input)} fed from float32`);
  }
  return { front, direct: false, how: how.join(", "), assumed, label: undefined };
}

function feedColumns(
  front: GraphBuilder,
  prefix: string,
  declared: readonly DeclaredValue[],
  value: 0 | 1,
): Feed {
  const label = declared.find(({ name, type }) => flags.includes(type) && LABELS.includes(plain(name)));
  const inputs = declared.filter((input) => input !== label);
  const columns = inputs.map(({ name }) => columnOf(name));
  const unknown = inputs.filter((_, i) => columns[i]! < 0 || columns.indexOf(columns[i]!) !== i);
  if (unknown.length > 0 || inputs.length === 0) refuse(unknown.length > 0 ? unknown : declared);
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
  if (label) feedLabel(front, prefix, all, label, value);
  const blind = label ? `, ${label.name} with 0` : "";
  const how = `fed by name: ${inputs.length} of the columns${blind}`;
  return { front, direct: false, how, assumed: false, label: label?.name };
}

/** The same value for every row of `all`. */
function feedLabel(
  front: GraphBuilder,
  prefix: string,
  all: string,
  { name, type, shape }: DeclaredValue,
  value: 0 | 1,
): void {
  const step = (
    operator: string,
    inputs: string[],
    attributes: Parameters<GraphBuilder["node"]>[2] = {},
    output = `${prefix}label_${operator.toLowerCase()}`,
  ) => front.node(operator, inputs, attributes, { output });
  const first = step("Gather", [all, front.int64s(`${prefix}at_first`, [0])], { axis: { int: 1 } });
  const same = step("Add", [step("Sub", [first, first]), front.floats(`${prefix}label`, [value])]);
  const cast = step("Cast", [same], { to: { int: type! } });
  const dims = front.int64s(`${prefix}label_shape`, shape?.length === 1 ? [-1] : [-1, 1]);
  step("Reshape", [cast, dims], {}, name);
}

function plain(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]/g, "")
    .replace(/^v0+(?=\d)/, "v");
}

/** The position in the scorer's input of a column of this name, however it is spelled; −1 for an unknown one. */
function columnOf(name: string): number {
  return inputNames.findIndex((known) => plain(known) === plain(name));
}

/**
 * The columns that a list in the metadata names (JSON or commas), in its order.
 *
 * @param width how many it must be, −1 for any number
 * @returns undefined when there is no such list
 */
function namedOrder(metadata: ReadonlyMap<string, string>, width: number): number[] | undefined {
  for (const text of metadata.values()) {
    const order = (text.match(/[\w-]+/g) ?? []).map(columnOf);
    const fits = width < 0 ? order.length > 1 : order.length === width;
    if (!fits || order.includes(-1) || new Set(order).size !== order.length) continue;
    return order;
  }
  return undefined;
}

/** The order that a person gives. @throws DomainError `invalid_argument` for unknown names, or one twice */
function saidOrder(columns: readonly string[]): number[] {
  const order = columns.map(columnOf);
  const wrong = columns.find((_, i) => order[i]! < 0 || order.indexOf(order[i]!) !== i);
  if (wrong === undefined && order.length > 0) return order;
  const why = wrong !== undefined && columnOf(wrong) >= 0 ? "stands there twice" : "is no column";
  throw new DomainError(
    "invalid_argument",
    `--columns: ${JSON.stringify(wrong ?? "")} ${why}: each of Time, V1 to V28, Amount that the model reads, once, in its order`,
  );
}

/** Whether an order is the scorer's own. */
function isOurs(order: readonly number[]): boolean {
  return order.length === inputNames.length && order.every((column, i) => column === i);
}

function refuse(inputs: readonly DeclaredValue[]): never {
  const shown = inputs.slice(0, 5).map(describeValue);
  const more = inputs.length > shown.length ? ` and ${inputs.length - shown.length} more` : "";
  throw new DomainError(
    "invalid_argument",
    `it reads ${shown.join("; ") || "nothing"}${more}. It must have ${wanted}`,
  );
}
