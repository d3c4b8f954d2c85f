import { credentials, type ServiceError } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ModelInferRequest } from "../../proto/gen/inference/ModelInferRequest.ts";
import type { ModelInferResponse__Output } from "../../proto/gen/inference/ModelInferResponse.ts";
import { contractTypes, loadContract } from "../../proto/loader.ts";
import { OWN_CARD, OWN_INPUTS, OWN_MODEL, plainCard } from "../testing/onnx-fixture.ts";
import { type ScorerFixture, startScorerFixture } from "../testing/scorer-fixture.ts";

const { GRPCInferenceService } = contractTypes(loadContract()).inference;
let scorer: ScorerFixture;
let client: InstanceType<typeof GRPCInferenceService>;
beforeAll(async () => {
  scorer = await startScorerFixture();
  client = new GRPCInferenceService(scorer.address, credentials.createInsecure());
});
afterAll(async () => {
  client.close();
  await scorer.stop();
});

type Done<T> = (error: ServiceError | null, value?: T) => void;

function ask<T>(send: (done: Done<T>) => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    send((error, value) => (error ? reject(error) : resolve(value as T)));
  });
}

const infer = (request: ModelInferRequest): Promise<ModelInferResponse__Output> =>
  ask((done) => client.ModelInfer(request, done));

const rows = (count: number): Float32Array => {
  const values = new Float32Array(count * 30);
  for (let i = 0; i < count; i++) values[i * 30 + 14] = -i / 100;
  return values;
};
const expected = (i: number): number => 1 / (1 + Math.exp(4 - i / 100));

it("says whether server and models are ready and what they take", async () => {
  expect(await ask((done) => client.ServerLive({}, done))).toEqual({ live: true });
  expect(await ask((done) => client.ServerReady({}, done))).toEqual({ ready: true });
  expect(await ask((done) => client.ModelReady({ name: "fixture" }, done))).toEqual({ ready: true });
  expect(await ask((done) => client.ModelReady({ name: "nobody" }, done))).toEqual({ ready: false });
  expect(await ask((done) => client.ModelMetadata({ name: "fixture", version: "1" }, done))).toMatchObject({
    versions: ["1"],
    inputs: [{ name: "input", datatype: "FP32", shape: ["-1", "30"] }],
    outputs: [{ name: "probability", datatype: "FP32", shape: ["-1"] }],
  });
});

it("infers from typed and from raw contents", async () => {
  const values = rows(1_500);
  const tensor = { name: "input", datatype: "FP32", shape: [1_500, 30] };
  const typed = await infer({
    modelName: "fixture",
    id: "call-1",
    inputs: [{ ...tensor, contents: { fp32Contents: Array.from(values) } }],
  });
  expect(typed).toMatchObject({ modelName: "fixture", modelVersion: "1", id: "call-1" });
  const answers = typed.outputs[0]?.contents?.fp32Contents ?? [];
  expect(answers).toHaveLength(1_500);
  answers.forEach((answer, i) => void expect(answer).toBeCloseTo(expected(i), 5));

  const raw = await infer({
    modelName: "fixture",
    modelVersion: "1",
    inputs: [tensor],
    outputs: [{ name: "probability" }],
    rawInputContents: [Buffer.from(values.buffer)],
  });
  const bytes = raw.rawOutputContents[0] as Buffer;
  expect(bytes.length).toBe(6_000);
  expect(bytes.readFloatLE(4 * 1_499)).toBeCloseTo(expected(1_499), 5);
});

type Tensors = NonNullable<ModelInferRequest["inputs"]>;

describe("a model of a team's own", () => {
  const NAMED: Tensors = [
    { name: "items", datatype: "INT64", shape: [2], contents: { int64Contents: [4, "1"] } },
    { name: "amount", datatype: "FP64", shape: [2, 1], contents: { fp64Contents: [1, 2.5] } },
    { name: "new_device", datatype: "BOOL", shape: [2], contents: { boolContents: [false, true] } },
    { name: "distance_km", datatype: "INT32", shape: [2], contents: { intContents: [0, -3] } },
    { name: "account_age_days", datatype: "FP32", shape: [2], contents: { fp32Contents: [0, 0] } },
  ];
  const own = (inputs: Tensors, more: ModelInferRequest = {}) => infer({ modelName: "own", inputs, ...more });
  beforeAll(() => scorer.registry.add("own", "1", OWN_MODEL, OWN_CARD));

  it("names its inputs, and takes them by name or in one tensor of its width", async () => {
    expect(await ask((done) => client.ModelMetadata({ name: "own" }, done))).toMatchObject({
      inputs: OWN_INPUTS.map((name) => ({ name, datatype: "FP32", shape: ["-1"] })),
    });
    const one = await own([
      {
        name: "input",
        datatype: "FP32",
        shape: [2, 5],
        contents: { fp32Contents: [1, 4, 0, 0, 0, 2.5, 1, 0, 1, -3] },
      },
    ]);
    const named = await own(NAMED);
    const raw = await own(
      NAMED.map(({ contents: _, ...tensor }) => tensor),
      {
        rawInputContents: [
          Buffer.from(BigInt64Array.of(4n, 1n).buffer),
          Buffer.from(Float64Array.of(1, 2.5).buffer),
          Buffer.of(0, 1),
          Buffer.from(Int32Array.of(0, -3).buffer),
          Buffer.from(new Float32Array(2).buffer),
        ],
      },
    );
    const answers = [0.5, 1 / (1 + Math.exp(1))];
    for (const answer of [one, named]) {
      const given = answer.outputs[0]?.contents?.fp32Contents ?? [];
      expect(given).toEqual(answers.map((p) => expect.closeTo(p, 5)));
    }
    expect(raw.rawOutputContents[0]?.readFloatLE(4)).toBeCloseTo(answers[1] as number, 5);
  });

  it.each<[string, Tensors, string]>([
    ["a missing input", NAMED.slice(1), 'tensor "items"'],
    ["an input that comes twice", [...NAMED, NAMED[0] as object], 'no "items", or it came twice'],
    ["an unknown one", [{ ...NAMED[0], name: "itmes" }], 'no "itmes"'],
    ["another number of rows", [NAMED[0] as object, { ...NAMED[1], shape: [3] }], "inputs[1].shape"],
    ["a text", [{ ...NAMED[0], datatype: "BYTES" }], "must be FP32, FP64"],
    ["too few values", [{ ...NAMED[0], contents: { int64Contents: [1] } }], "must hold 2 values"],
    [
      "a number that is none",
      NAMED.with(0, { ...NAMED[0], datatype: "FP64", contents: { fp64Contents: [1, Number.NaN] } }),
      'row 1, fields["items"]',
    ],
    ["another width", [{ name: "input", datatype: "FP32", shape: [1, 30] }], "[n,5]"],
  ])("refuses %s by name", async (_, inputs, why) => {
    await expect(own(inputs)).rejects.toMatchObject({ code: 3, details: expect.stringContaining(why) });
  });
});

describe("a model with a schema", () => {
  const SCHEMA = `
schema: 1
name: own
currency: EUR
fields:
  amount: { type: number, min: 0 }
  items: { type: number, default: 1 }
  gift: { type: flag, default: false }
  channel: { type: text, default: chip }
  event_time: { type: timestamp }
  opened: { type: timestamp, default: "2026-01-01T00:00:00Z" }
entities:
  customer: {}
features:
  how: { one_hot: channel, values: [chip, online] }
  night: { expression: "event_time.getHours() < 6" }
  old: { expression: "event_time - opened > duration('24h')" }
  count_1d: { aggregate: count, by: customer, window: 1d }
inputs: [amount, items, gift, how, night, old, count_1d]
`;
  const COLUMNS = [
    ...["amount", "items", "gift", "how=chip", "how=online", "how=other", "night", "old", "count_1d"],
  ];
  const WEIGHTS = [1, 10, 100, 0.1, 0.2, 0.4, 1_000, 2_000, 0];
  const texts = (...all: string[]) => ({ bytesContents: all.map((text) => Buffer.from(text)) });
  const PAYMENTS: Tensors = [
    { name: "amount", datatype: "FP64", shape: [2], contents: { fp64Contents: [1, 2] } },
    { name: "items", datatype: "INT64", shape: [2], contents: { int64Contents: [3, 1] } },
    { name: "gift", datatype: "BOOL", shape: [2], contents: { boolContents: [true, false] } },
    { name: "channel", datatype: "BYTES", shape: [2], contents: texts("online", "") },
    {
      ...{ name: "event_time", datatype: "BYTES", shape: [2] },
      contents: texts("2026-01-01T03:00:00Z", "2026-01-05T12:00:00+01:00"),
    },
    { name: "customer", datatype: "BYTES", shape: [2], contents: texts("c-1", "c-2") },
  ];
  /** Row 0: 1 + 30 + 100 + 0.2 + 1000; row 1: 2 + 10 + 0.1 + 2000. */
  const ANSWERS = [1_131.2, 2_012.1].map((sum) => 1 / (1 + Math.exp(-(sum - 1_500) / 1_000)));
  const given = (inputs: Tensors, more: ModelInferRequest = {}) =>
    infer({ modelName: "shop", inputs, ...more });
  const close = ANSWERS.map((p) => expect.closeTo(p, 5));
  beforeAll(() =>
    scorer.registry.add(
      "shop",
      "1",
      { weights: WEIGHTS.map((weight) => weight / 1_000), bias: -1.5 },
      plainCard(COLUMNS),
      SCHEMA,
    ),
  );

  it("names its fields and entities, and takes them by name, typed or raw", async () => {
    expect(await ask((done) => client.ModelMetadata({ name: "shop" }, done))).toMatchObject({
      inputs: [
        ["amount", "FP64"],
        ["items", "FP64"],
        ["gift", "BOOL"],
        ["channel", "BYTES"],
        ["event_time", "BYTES"],
        ["opened", "BYTES"],
        ["customer", "BYTES"],
      ].map(([name, datatype]) => ({ name, datatype, shape: ["-1"] })),
    });
    const typed = await given(PAYMENTS);
    expect(typed.outputs[0]?.contents?.fp32Contents).toEqual(close);
    const packed = (...all: string[]) =>
      Buffer.concat(
        all.flatMap((text) => [
          Buffer.from(Uint32Array.of(Buffer.byteLength(text)).buffer),
          Buffer.from(text),
        ]),
      );
    const raw = await given(
      PAYMENTS.map(({ contents: _, ...tensor }) => tensor),
      {
        rawInputContents: [
          Buffer.from(Float64Array.of(1, 2).buffer),
          Buffer.from(BigInt64Array.of(3n, 1n).buffer),
          Buffer.of(1, 0),
          packed("online", ""),
          packed("2026-01-01T03:00:00Z", "2026-01-05T12:00:00+01:00"),
          packed("c-1", "c-2"),
        ],
      },
    );
    const answers = raw.rawOutputContents[0] as Buffer;
    expect([answers.readFloatLE(0), answers.readFloatLE(4)]).toEqual(close);
  });

  it("takes computed columns as ever", async () => {
    const columns = [
      [1, 2],
      [3, 1],
      [1, 0],
      [0, 1],
      [1, 0],
      [0, 0],
      [1, 0],
      [0, 1],
      [1, 1],
    ];
    const tensors = COLUMNS.map((name, c) => ({
      ...{ name, datatype: "FP32", shape: [2], contents: { fp32Contents: columns[c] as number[] } },
    }));
    expect((await given(tensors)).outputs[0]?.contents?.fp32Contents).toEqual(close);
    await expect(given(tensors.slice(1))).rejects.toMatchObject({
      details: expect.stringContaining('must have a tensor "amount"'),
    });
  });

  it("scores thousands of payments at once", async () => {
    const count = 3_000;
    const answer = await given([
      {
        ...{ name: "amount", datatype: "FP64", shape: [count] },
        contents: { fp64Contents: Array.from({ length: count }, (_, i) => i) },
      },
      {
        ...{ name: "event_time", datatype: "BYTES", shape: [count] },
        contents: texts(...new Array<string>(count).fill("2026-01-01T12:00:00Z")),
      },
      {
        ...{ name: "customer", datatype: "BYTES", shape: [count] },
        contents: texts(...Array.from({ length: count }, (_, i) => `c-${i}`)),
      },
    ]);
    const answers = answer.outputs[0]?.contents?.fp32Contents ?? [];
    expect(answers).toHaveLength(count);
    expect(answers[2_000]).toBeCloseTo(1 / (1 + Math.exp(-(2_010.1 - 1_500) / 1_000)), 5);
  });

  const replaced = (name: string, more: object) =>
    PAYMENTS.map((tensor) => (tensor.name === name ? { ...tensor, ...more } : tensor));
  it.each<[string, Tensors, string]>([
    [
      "an unknown name",
      replaced("channel", { name: "chanel" }),
      'there is no "chanel": the schema own has the fields amount, items, gift, channel, event_time, opened, the ' +
        "entities customer, and every payment may have transaction_id, currency",
    ],
    ["a missing field", PAYMENTS.slice(1), 'must have a tensor "amount": the model needs it'],
    ["a missing entity", PAYMENTS.slice(0, -1), 'row 0, entities["customer"]'],
    ["a name that comes twice", [...PAYMENTS, PAYMENTS[0] as object], '"amount" came twice'],
    ["a text for a number", replaced("amount", { datatype: "BYTES" }), "must be FP32, FP64, INT32, INT64"],
    ["a number for a text", replaced("channel", { datatype: "FP32" }), "must be BYTES, got FP32"],
    ["an id that is too long", replaced("customer", { contents: texts("c", "x".repeat(129)) }), "row 1"],
    ["a card number", replaced("channel", { contents: texts("4111111111111111", "") }), "card number"],
    [
      "a moment that is none",
      replaced("event_time", { contents: texts("noon", "noon") }),
      "row 0, event_time",
    ],
    ["a value out of range", replaced("amount", { contents: { fp64Contents: [1, -1] } }), "row 1, amount"],
    ["too few texts", replaced("customer", { contents: texts("c-1") }), "must hold 2 values of BYTES, got 1"],
    [
      "bytes that are no text",
      replaced("channel", { contents: { bytesContents: [Buffer.of(0xff), Buffer.of()] } }),
      "must be UTF-8",
    ],
    [
      "another currency without a rate",
      [...PAYMENTS, { name: "currency", datatype: "BYTES", shape: [2], contents: texts("EUR", "USD") }],
      "row 1, currency",
    ],
  ])("refuses %s", async (_, inputs, why) => {
    await expect(given(inputs)).rejects.toMatchObject({ code: 3, details: expect.stringContaining(why) });
  });

  it("refuses raw texts that are cut off", async () => {
    const request = {
      modelName: "shop",
      inputs: [{ name: "customer", datatype: "BYTES", shape: [1] }],
      rawInputContents: [Buffer.from(Uint32Array.of(100).buffer)],
    };
    await expect(infer(request)).rejects.toMatchObject({
      code: 3,
      details: expect.stringContaining("ends in the middle of text 0"),
    });
  });
});

it.each<[string, ModelInferRequest, number]>([
  [
    "another width",
    { modelName: "fixture", inputs: [{ name: "input", datatype: "FP32", shape: [1, 29] }] },
    3,
  ],
  [
    "another type",
    { modelName: "fixture", inputs: [{ name: "input", datatype: "INT64", shape: [1, 30] }] },
    3,
  ],
  ...[
    { what: "a negative amount", column: 29, value: -1 },
    { what: "an amount that no payment has", column: 29, value: 1e13 },
    { what: "a negative time", column: 0, value: -1 },
    { what: "a time beyond what a float tells", column: 0, value: 1e10 },
    { what: "a value that is no number", column: 14, value: Number.NaN },
  ].map(({ what, column, value }): [string, ModelInferRequest, number] => {
    const values = rows(2);
    values[30 + column] = value;
    const inputs = [{ name: "input", datatype: "FP32", shape: [2, 30] }];
    return [what, { modelName: "fixture", inputs, rawInputContents: [Buffer.from(values.buffer)] }, 3];
  }),
  [
    "contents for tensors that are not there",
    {
      modelName: "fixture",
      inputs: [{ name: "input", datatype: "FP32", shape: [1, 30] }],
      rawInputContents: [Buffer.alloc(120), Buffer.alloc(120)],
    },
    3,
  ],
  [
    "a tensor with a name of megabytes",
    { modelName: "fixture", inputs: [{ name: "😀".repeat(500_000), datatype: "FP32", shape: [1, 30] }] },
    3,
  ],
  [
    "an id of megabytes",
    {
      modelName: "fixture",
      id: "x".repeat(2_000_000),
      inputs: [{ name: "input", datatype: "FP32", shape: [1, 30] }],
      rawInputContents: [Buffer.alloc(120)],
    },
    3,
  ],
  ["no tensor", { modelName: "fixture" }, 3],
  [
    "missing contents",
    { modelName: "fixture", inputs: [{ name: "input", datatype: "FP32", shape: [1, 30] }] },
    3,
  ],
  [
    "an unknown model",
    {
      modelName: "nobody",
      inputs: [{ name: "input", datatype: "FP32", shape: [1, 30] }],
      rawInputContents: [Buffer.alloc(120)],
    },
    5,
  ],
])("refuses %s", async (_what, request, code) => {
  await expect(infer(request)).rejects.toMatchObject({ code });
});
