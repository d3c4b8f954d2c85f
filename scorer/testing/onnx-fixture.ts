import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import protobuf from "protobufjs/minimal.js";
import { DEFAULT_EDGES } from "../../domain/policy/decision-policy.ts";
import { CONTRACT_INPUTS } from "../../domain/transaction.ts";

/** Small models for this room's tests, written byte by byte after onnx.proto3; the product's writer is models/onnx. */

const bytesTag = (field: number): number => (field << 3) | 2;
const varintTag = (field: number): number => field << 3;
const FLOAT = 1;

/** probability = link(weights · features(inputs) + bias). */
export interface LinearModel {
  /** One for each input; 30 in the order Time, V1…V28, Amount unless the card says otherwise. */
  readonly weights: readonly number[];
  readonly bias: number;
  /** The ONNX operator that makes a probability of the sum; "Sigmoid" when left out. Others do not always make one. */
  readonly link?: "Sigmoid" | "Sqrt" | "Identity";
  /** The ONNX operator that makes features of the inputs; "Identity" when left out. */
  readonly features?: "Identity" | "Exp";
  /** Rows whose sum is not below this are missing from the answer, so that a run with one of them fails. */
  readonly drops?: number;
  /** Leaves out the outputs that explanations need, as an imported model may. */
  readonly probabilityOnly?: boolean;
}

/** A linear model's bytes. */
export function linearModel({
  weights,
  bias,
  link = "Sigmoid",
  features = "Identity",
  drops,
  probabilityOnly = false,
}: LinearModel): Uint8Array {
  const width = weights.length;
  const model = protobuf.Writer.create().uint32(varintTag(1)).int64(8);
  const graph = model.uint32(bytesTag(7)).fork();
  const node = (op: string, inputs: readonly string[], output: string): void => {
    const writer = graph.uint32(bytesTag(1)).fork();
    for (const input of inputs) writer.uint32(bytesTag(1)).string(input);
    writer.uint32(bytesTag(2)).string(output).uint32(bytesTag(4)).string(op).ldelim();
  };
  const constant = (name: string, type: number, dims: readonly number[], data: Uint8Array): void => {
    const writer = graph.uint32(bytesTag(5)).fork();
    for (const dim of dims) writer.uint32(varintTag(1)).int64(dim);
    writer.uint32(varintTag(2)).int32(type).uint32(bytesTag(8)).string(name);
    writer.uint32(bytesTag(9)).bytes(data).ldelim();
  };
  node(features, ["input"], "features");
  node("MatMul", ["features", "weights"], "product");
  node("Add", ["product", "bias"], "shifted");
  node("Reshape", ["shifted", "flat"], "raw");
  node(link, ["raw"], drops === undefined ? "probability" : "all");
  if (drops !== undefined) {
    node("Less", ["raw", "limit"], "kept");
    node("Compress", ["all", "kept"], "probability");
  }
  graph.uint32(bytesTag(2)).string("fixture");
  constant("weights", FLOAT, [width, 1], new Uint8Array(Float32Array.from(weights).buffer));
  constant("bias", FLOAT, [1], new Uint8Array(Float32Array.of(bias).buffer));
  if (drops !== undefined) constant("limit", FLOAT, [1], new Uint8Array(Float32Array.of(drops).buffer));
  constant("flat", 7, [1], new Uint8Array(BigInt64Array.of(-1n).buffer));
  const value = (field: number, name: string, shape: readonly (number | string)[]): void => {
    const writer = graph.uint32(bytesTag(field)).fork().uint32(bytesTag(1)).string(name);
    const tensor = writer.uint32(bytesTag(2)).fork().uint32(bytesTag(1)).fork();
    tensor.uint32(varintTag(1)).int32(FLOAT);
    const dims = tensor.uint32(bytesTag(2)).fork();
    for (const dim of shape) {
      const entry = dims.uint32(bytesTag(1)).fork();
      if (typeof dim === "number") entry.uint32(varintTag(1)).int64(dim);
      else entry.uint32(bytesTag(2)).string(dim);
      entry.ldelim();
    }
    dims.ldelim();
    tensor.ldelim().ldelim();
    writer.ldelim();
  };
  value(11, "input", ["n", width]);
  value(12, "probability", ["n"]);
  if (!probabilityOnly) {
    value(12, "raw", ["n"]);
    value(12, "features", ["n", width]);
  }
  graph.ldelim();
  model.uint32(bytesTag(8)).fork().uint32(varintTag(2)).int64(17).ldelim();
  return model.finish();
}

/** A model that only looks at V14: the lower, the more it is fraud. V14 = 0 gives about 0.018. */
export const V14_MODEL: LinearModel = {
  weights: Array.from({ length: 30 }, (_, i) => (i === 14 ? -1 : 0)),
  bias: -4,
};

/** A team's own model: it reads the amount and four fields, and no V. */
export const OWN_INPUTS = ["amount", "items", "account_age_days", "new_device", "distance_km"];
/** The more items, the more it is fraud; 4 of them give 0.5. */
export const OWN_MODEL: LinearModel = { weights: [0, 1, 0, 2, 0], bias: -4 };
export const OWN_CARD = { inputs: OWN_INPUTS, features: OWN_INPUTS.map(plainFeature) };

/** A card for a model that reads these columns as they are. */
export function plainCard(inputs: readonly string[]) {
  return { inputs, features: inputs.map(plainFeature) };
}

/** A model that says the same of everything. */
export function constantModel(probability: number): LinearModel {
  return { weights: new Array<number>(30).fill(0), bias: Math.log(probability / (1 - probability)) };
}

function plainFeature(input: string) {
  return { name: input, transform: "identity", input, center: 0, scale: 1 };
}

/** A card for a fixture's bytes. */
export function fixtureCard(name: string, version: string, bytes: Uint8Array): Record<string, unknown> {
  return {
    schema: 1,
    name,
    version,
    created_at: "2026-11-22T12:00:00.000Z",
    algorithm: "linear fixture",
    sha256: createHash("sha256").update(bytes).digest("hex"),
    inputs: CONTRACT_INPUTS,
    features: CONTRACT_INPUTS.map(plainFeature),
    thresholds: { ...DEFAULT_EDGES, fraud: 0.5 },
    parameters: {},
    data: { sha256: "0".repeat(64), rows: 1 },
    split: { protocol: "none" },
    seed: 1,
    libraries: {},
    metrics: [
      { name: "auprc", protocol: "fixture", value: 0.5, low: 0.4, high: 0.6 },
      { name: "auc", protocol: "fixture", value: 0.9, low: 0.8, high: 0.95 },
    ],
    parity: { rows: 1, max_abs_diff: 0 },
    limits: ["a test's model"],
    link: "logistic",
  };
}

/** A registry in a temporary folder. */
export interface FixtureRegistry {
  readonly root: string;
  /** Writes a version, its card a fixture's but for `card`, perhaps a schema.yaml, and returns "name@version". */
  add(
    name: string,
    version: string,
    model: LinearModel,
    card?: Readonly<Record<string, unknown>>,
    schema?: string,
  ): Promise<string>;
  setAliases(aliases: Readonly<Record<string, string>>, shadows?: readonly string[]): Promise<void>;
  remove(): Promise<void>;
}

/** A registry whose champion is `fixture@1` with {@link V14_MODEL}. */
export async function createFixtureRegistry(): Promise<FixtureRegistry> {
  const root = await mkdtemp(join(tmpdir(), "paysecure-registry-"));
  const registry: FixtureRegistry = {
    root,
    async add(name, version, model, card = {}, schema) {
      const bytes = linearModel(model);
      const folder = join(root, name, version);
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, "model.onnx"), bytes);
      await writeFile(
        join(folder, "card.json"),
        JSON.stringify({ ...fixtureCard(name, version, bytes), ...card }),
      );
      if (schema !== undefined) await writeFile(join(folder, "schema.yaml"), schema);
      return `${name}@${version}`;
    },
    setAliases: ({ champion = "" }, shadows = []) =>
      writeFile(join(root, "serving.json"), JSON.stringify({ champion, challenger: null, shadows })),
    remove: () => rm(root, { recursive: true, force: true }),
  };
  const champion = await registry.add("fixture", "1", V14_MODEL);
  await registry.setAliases({ champion });
  return registry;
}
