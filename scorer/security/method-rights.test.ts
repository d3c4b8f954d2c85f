import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ServiceDefinition } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hashKey } from "../../platform/credentials/api-key.ts";
import { FILE_SCOPES, type FileScope } from "../../platform/credentials/key-file.ts";
import type { DomainError } from "../../platform/process/errors.ts";
import { loadContract } from "../../proto/loader.ts";
import { createScorerClient } from "../client.ts";
import { type ScorerFixture, startScorerFixture, transaction } from "../testing/scorer-fixture.ts";
import { METHOD_RIGHTS } from "./method-rights.ts";

const SERVICES = [
  "paysecure.scoring.v1.ScoringService",
  "paysecure.admin.v1.AdminService",
  "inference.GRPCInferenceService",
];

let folder: string;
let scorer: ScorerFixture;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "paysecure-rights-"));
  const file = join(folder, "keys.json");
  const keys = FILE_SCOPES.map((scope) => ({ name: scope, sha256: hashKey(`k-${scope}`), scopes: [scope] }));
  await writeFile(file, JSON.stringify(keys));
  scorer = await startScorerFixture({ SCORER_API_KEYS_FILE: file });
});
afterAll(async () => {
  await scorer.stop();
  await rm(folder, { recursive: true, force: true });
});

test("every method of the contract has its row, and no row is without a method", () => {
  const contract = loadContract();
  const methods = SERVICES.flatMap((name) => Object.keys(contract[name] as ServiceDefinition));
  expect(methods.toSorted()).toEqual(Object.keys(METHOD_RIGHTS).toSorted());
});

const ITEM = transaction("t-1", -10);
const CALLS: Readonly<Record<string, (client: ScorerFixture["client"]) => Promise<unknown>>> = {
  Score: (client) => client.score(ITEM),
  "Score, model": (client) => client.score(ITEM, { model: "fixture@1" }),
  "Score, record": (client) => client.score(ITEM, { record: true }),
  "Score, explain": (client) => client.score(ITEM, { explain: true }),
  "ScoreBatch, record": (client) => client.scoreBatch([ITEM], { record: true }),
  "ScoreBatch, explain": (client) => client.scoreBatch([ITEM], { explainFrom: "critical" }),
  "ScoreStream, explain": async (client) => {
    for await (const result of client.scoreStream([ITEM], { explain: true })) {
      if (!result.ok) throw result.error;
    }
  },
  Explain: (client) => client.explain(ITEM),
  GetModel: (client) => client.getModel(),
};

test.each<[FileScope, readonly string[]]>([
  ["score", ["Score", "Score, model", "Score, record", "ScoreBatch, record", "GetModel"]],
  ["explain", ["Explain"]],
  ["record", []],
  ["admin", []],
])("a key with the scope %s does by no option what it may not by a call", async (scope, allowed) => {
  const client = createScorerClient({ address: scorer.address, apiKey: `k-${scope}` });
  try {
    for (const [name, call] of Object.entries(CALLS)) {
      const code = await call(client).then(
        () => "ok",
        (error: DomainError) => error.code,
      );
      expect(`${name}: ${code}`).toBe(`${name}: ${allowed.includes(name) ? "ok" : "permission_denied"}`);
    }
  } finally {
    client.close();
  }
});
