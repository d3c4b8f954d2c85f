import protobuf from "protobufjs";
import { expect, test } from "vitest";
import { inputNames } from "../data/dataset.ts";
import { newMatrix } from "../features/matrix.ts";
import { GraphBuilder } from "../graph/graph-builder.ts";
import { withExternalData } from "./external-data.ts";
import { scoreOnnx } from "./parity.ts";

/** The tag of a length-delimited field. */
const tag = (field: number) => (field << 3) | 2;

/** The mean of the inputs, its weights in a file of that name from byte 8 on. */
function external(location: string, length = 120): Uint8Array {
  const graph = new GraphBuilder("external");
  graph.node("MatMul", [graph.input("x", ["n", 30]), "weights"], {}, { output: "probability" });
  graph.output("probability", ["n", 1]);
  const tensor = protobuf.Writer.create()
    .uint32(1 << 3)
    .int64(30)
    .uint32(1 << 3)
    .int64(1);
  tensor
    .uint32(2 << 3)
    .int32(1)
    .uint32(tag(8))
    .string("weights");
  for (const [key, value] of Object.entries({ location, offset: "8", length: String(length) })) {
    tensor.uint32(tag(13)).fork().uint32(tag(1)).string(key).uint32(tag(2)).string(value).ldelim();
  }
  tensor.uint32(14 << 3).int32(1);
  const constant = protobuf.Writer.create().uint32(tag(5)).bytes(tensor.finish()).finish();
  // A graph's fields may come in two pieces.
  return Buffer.concat([graph.finish(), protobuf.Writer.create().uint32(tag(7)).bytes(constant).finish()]);
}

const weights = Buffer.concat([Buffer.alloc(8), Buffer.from(new Float32Array(30).fill(1 / 30).buffer)]);
const beside = async (name: string): Promise<Uint8Array> => {
  if (name === "model.onnx.data") return weights;
  throw Object.assign(new Error(`no such file: /somewhere/${name}`), { code: "ENOENT" });
};

test("weights of a second file are taken in", async () => {
  const bytes = await withExternalData(external("model.onnx.data"), beside);
  const rows = newMatrix(2, inputNames);
  rows.values.fill(0.25, 30);
  expect(Array.from(await scoreOnnx(bytes, rows), (p) => p.toFixed(5))).toEqual(["0.00000", "0.25000"]);
});

test("a file that is whole stays as it is", async () => {
  const graph = new GraphBuilder("whole");
  graph.output(graph.node("Sigmoid", [graph.input("x", ["n", 30])]), ["n", 30]);
  const bytes = graph.finish();
  expect(await withExternalData(bytes, beside)).toBe(bytes);
});

test.each([
  [
    "elsewhere.data",
    120,
    'second file, "elsewhere.data", which cannot be read (ENOENT): put both into one folder',
  ],
  ["../model.onnx.data", 120, "which is not beside it"],
  ["/etc/passwd", 120, "which is not beside it"],
  ["model.onnx.data", 1_200, "which is too short"],
])("%s with %i bytes is refused", async (location, length, why) => {
  await expect(withExternalData(external(location, length), beside)).rejects.toMatchObject({
    code: "invalid_argument",
    message: expect.stringContaining(why),
  });
});

test("bytes that are no model are refused", async () => {
  await expect(withExternalData(Buffer.from("no model"), beside)).rejects.toThrow("not an ONNX model");
});
