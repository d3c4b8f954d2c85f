import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { credentials, Metadata, makeGenericClientConstructor, status } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hashKey } from "../../platform/credentials/api-key.ts";
import { FILE_SCOPES, type FileScope } from "../../platform/credentials/key-file.ts";
import { contractTypes, loadContract } from "../../proto/loader.ts";
import { type ScorerFixture, startScorerFixture } from "../testing/scorer-fixture.ts";

const { scoring, admin } = {
  scoring: contractTypes(loadContract()).paysecure.scoring.v1,
  admin: contractTypes(loadContract()).paysecure.admin.v1,
};
const infer = contractTypes(loadContract()).inference;

let folder: string;
let scorer: ScorerFixture;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "paysecure-scopes-"));
  const file = join(folder, "keys.json");
  const keys = FILE_SCOPES.map((scope) => ({
    name: scope,
    sha256: hashKey(`key-${scope}`),
    scopes: [scope],
  }));
  const both = { name: "all-but-admin", sha256: hashKey("key-all"), scopes: ["score", "explain", "record"] };
  await writeFile(file, JSON.stringify([...keys, both]));
  scorer = await startScorerFixture({ SCORER_API_KEYS_FILE: file });
});
afterAll(async () => {
  await scorer.stop();
  await rm(folder, { recursive: true, force: true });
});

const SCORING = "paysecure.scoring.v1.ScoringService";
const INFERENCE = "inference.GRPCInferenceService";
const transaction = { transactionId: "a", time: 3_600, v: new Array<number>(28).fill(0), amount: 12.5 };

interface Call {
  readonly service: string;
  readonly method: string;
  readonly bytes: Buffer;
  readonly needs: readonly FileScope[];
}

const score = (options: object, needs: readonly FileScope[]): Call => ({
  service: SCORING,
  method: "Score",
  bytes: scoring.ScoreRequest.serialize({ transaction, ...options }),
  needs,
});
const batch = (options: object, needs: readonly FileScope[]): Call => ({
  service: SCORING,
  method: "ScoreBatch",
  bytes: scoring.ScoreBatchRequest.serialize({ transactions: [transaction], ...options }),
  needs,
});
const tensor = {
  name: "input",
  datatype: "FP32",
  shape: [1, 30],
  contents: { fp32Contents: new Array(30).fill(0) },
};

/** Every call with every option that does more than the call alone, and the scopes that it takes. */
const CALLS: Readonly<Record<string, Call>> = {
  Score: score({}, ["score"]),
  "Score explain": score({ explain: true }, ["score", "explain"]),
  "Score record": score({ record: true }, ["score", "record"]),
  "Score explain record": score({ explain: true, record: true }, ["score", "explain", "record"]),
  "Score model": score({ model: "champion" }, ["score"]),
  ScoreBatch: batch({}, ["score"]),
  "ScoreBatch explain_from_tier": batch({ explainFromTier: 4 }, ["score", "explain"]),
  "ScoreBatch record": batch({ record: true }, ["score", "record"]),
  "ScoreBatch model": batch({ model: "champion" }, ["score"]),
  Explain: {
    service: SCORING,
    method: "Explain",
    bytes: scoring.ExplainRequest.serialize({ transaction }),
    needs: ["explain"],
  },
  GetModel: { service: SCORING, method: "GetModel", bytes: Buffer.alloc(0), needs: ["score"] },
  ModelInfer: {
    service: INFERENCE,
    method: "ModelInfer",
    bytes: infer.ModelInferRequest.serialize({ modelName: "champion", inputs: [tensor] }),
    needs: ["score"],
  },
  ModelMetadata: {
    service: INFERENCE,
    method: "ModelMetadata",
    bytes: infer.ModelMetadataRequest.serialize({ name: "champion" }),
    needs: ["score"],
  },
  ListModels: {
    service: "paysecure.admin.v1.AdminService",
    method: "ListModels",
    bytes: Buffer.alloc(0),
    needs: ["admin"],
  },
  PromoteModel: {
    service: "paysecure.admin.v1.AdminService",
    method: "PromoteModel",
    bytes: admin.PromoteModelRequest.serialize({ model: "champion" }),
    needs: ["admin"],
  },
};

const identity = (bytes: Buffer): Buffer => bytes;
const Generic = makeGenericClientConstructor({}, "scopes");

function call({ service, method, bytes }: Call, key: string): Promise<status> {
  const client = new Generic(scorer.address, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${key}`);
  return new Promise((resolve) => {
    client.makeUnaryRequest(`/${service}/${method}`, identity, identity, bytes, metadata, {}, (error) => {
      client.close();
      resolve(error?.code ?? status.OK);
    });
  });
}

/** A key of the first release that may score may have it recorded. */
const given = (scope: FileScope): readonly FileScope[] => (scope === "score" ? ["score", "record"] : [scope]);

test.each(Object.entries(CALLS))("%s takes its scopes and no fewer", async (_, made) => {
  for (const scope of FILE_SCOPES) {
    const allowed = made.needs.every((needed) => given(scope).includes(needed));
    const code = await call(made, `key-${scope}`);
    if (allowed) expect([scope, code]).not.toEqual([scope, status.PERMISSION_DENIED]);
    else expect([scope, code]).toEqual([scope, status.PERMISSION_DENIED]);
  }
  const code = await call(made, "key-all");
  expect(code === status.PERMISSION_DENIED).toBe(made.needs.includes("admin"));
});

test("in a stream a transaction that asks for more than the key may fails alone", async () => {
  const client = new Generic(scorer.address, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set("authorization", "Bearer key-score");
  const stream = client.makeBidiStreamRequest(`/${SCORING}/ScoreStream`, identity, identity, metadata, {});
  const answers: boolean[] = [];
  const done = new Promise((resolve) => stream.on("end", resolve));
  stream.on("data", (bytes: Buffer) => answers.push(scoring.ScoreResponse.deserialize(bytes).error != null));
  for (const options of [{}, { explain: true }, { record: true }, {}]) {
    stream.write(scoring.ScoreRequest.serialize({ transaction, ...options }));
  }
  stream.end();
  await done;
  client.close();
  expect(answers).toEqual([false, true, false, false]);
});

test("who shows wrong keys is slowed down; a right one from the same address is served", async () => {
  const plain = CALLS["Score"] as Call;
  const codes: status[] = [];
  for (let i = 0; i < 50; i++) codes.push(await call(plain, `guess-${i}`));
  expect(codes[0]).toBe(status.UNAUTHENTICATED);
  expect(codes.at(-1)).toBe(status.RESOURCE_EXHAUSTED);
  expect(await call(plain, "key-score")).toBe(status.OK);
});
