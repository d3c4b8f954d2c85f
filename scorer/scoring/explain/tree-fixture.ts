import protobuf from "protobufjs/minimal.js";

/** Builds model files for this room's tests; the product's writer is models/onnx. */

/** A tree as tests write it. */
export type TestTree =
  | { readonly leaf: number; readonly cover: number }
  | {
      readonly feature: number;
      readonly threshold: number;
      readonly yes: TestTree;
      readonly no: TestTree;
      readonly cover: number;
    };

type Attributes = Readonly<Record<string, number | string | readonly number[] | readonly string[]>>;

/** One operator: lists of floats are told from ints by the attribute's name. */
export interface TestNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Attributes;
}

/** A random tree of at most `depth`, features repeating on a path now and then. */
export function randomTree(random: () => number, features: number, depth: number): TestTree {
  if (depth === 0 || random() < 0.15) return { leaf: random() * 2 - 1, cover: 1 + Math.floor(random() * 50) };
  const yes = randomTree(random, features, depth - 1);
  const no = randomTree(random, features, depth - 1);
  return {
    feature: Math.floor(random() * features),
    threshold: Math.fround(random() * 2 - 1),
    yes,
    no,
    cover: yes.cover + no.cover,
  };
}

/** Seeded uniform numbers on [0, 1) (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A TreeEnsembleRegressor node as ai.onnx.ml 3 writes it. */
export function regressorNode(trees: readonly TestTree[], input: string, output: string): TestNode {
  const columns = {
    treeids: [] as number[],
    nodeids: [] as number[],
    featureids: [] as number[],
    modes: [] as string[],
    values: [] as number[],
    truenodeids: [] as number[],
    falsenodeids: [] as number[],
    hitrates: [] as number[],
  };
  const target = {
    treeids: [] as number[],
    nodeids: [] as number[],
    ids: [] as number[],
    weights: [] as number[],
  };
  trees.forEach((root, treeId) => {
    let nextId = 0;
    const add = (tree: TestTree): number => {
      const id = nextId++;
      const row = columns.treeids.length;
      columns.treeids.push(treeId);
      columns.nodeids.push(id);
      columns.hitrates.push(tree.cover);
      columns.modes.push("leaf" in tree ? "LEAF" : "BRANCH_LEQ");
      columns.featureids.push("leaf" in tree ? 0 : tree.feature);
      columns.values.push("leaf" in tree ? 0 : tree.threshold);
      columns.truenodeids.push(0);
      columns.falsenodeids.push(0);
      if ("leaf" in tree) {
        target.treeids.push(treeId);
        target.nodeids.push(id);
        target.ids.push(0);
        target.weights.push(tree.leaf);
      } else {
        columns.truenodeids[row] = add(tree.yes);
        columns.falsenodeids[row] = add(tree.no);
      }
      return id;
    };
    add(root);
  });
  const attributes: Record<string, number | string | number[] | string[]> = { n_targets: 1 };
  for (const [name, values] of Object.entries(columns)) attributes[`nodes_${name}`] = values;
  for (const [name, values] of Object.entries(target)) attributes[`target_${name}`] = values;
  return { op: "TreeEnsembleRegressor", inputs: [input], outputs: [output], attributes };
}

const FLOAT_LISTS = new Set([
  "nodes_values",
  "nodes_hitrates",
  "target_weights",
  "coefficients",
  "intercepts",
]);

/** A model file of the given operators; constants are float32 initializers. */
export function modelFile(
  nodes: readonly TestNode[],
  constants: Readonly<Record<string, { dims: readonly number[]; data: readonly number[] }>>,
  outputs: readonly string[],
): Uint8Array {
  const model = protobuf.Writer.create().uint32(8).int64(8);
  const graph = model.uint32((7 << 3) | 2).fork();
  for (const node of nodes) writeNode(graph, node);
  for (const [name, tensor] of Object.entries(constants)) {
    const writer = graph.uint32((5 << 3) | 2).fork();
    for (const dim of tensor.dims) writer.uint32(1 << 3).int64(dim);
    writer.uint32(2 << 3).int32(1);
    writer.uint32((8 << 3) | 2).string(name);
    writer.uint32((9 << 3) | 2).bytes(new Uint8Array(Float32Array.from(tensor.data).buffer));
    writer.ldelim();
  }
  for (const name of outputs)
    graph
      .uint32((12 << 3) | 2)
      .fork()
      .uint32((1 << 3) | 2)
      .string(name)
      .ldelim();
  return graph.ldelim().finish();
}

function writeNode(graph: protobuf.Writer, node: TestNode): void {
  const writer = graph.uint32((1 << 3) | 2).fork();
  for (const input of node.inputs) writer.uint32((1 << 3) | 2).string(input);
  for (const output of node.outputs) writer.uint32((2 << 3) | 2).string(output);
  writer.uint32((4 << 3) | 2).string(node.op);
  for (const [name, value] of Object.entries(node.attributes ?? {})) {
    const attribute = writer
      .uint32((5 << 3) | 2)
      .fork()
      .uint32((1 << 3) | 2)
      .string(name);
    for (const item of [value].flat()) {
      if (typeof item === "string")
        attribute.uint32(((typeof value === "string" ? 4 : 9) << 3) | 2).string(item);
      else if (FLOAT_LISTS.has(name)) attribute.uint32((7 << 3) | 5).float(item);
      else attribute.uint32((typeof value === "number" ? 3 : 8) << 3).int64(item);
    }
    attribute.ldelim();
  }
  writer.ldelim();
}
