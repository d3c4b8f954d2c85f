import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hashKey } from "../../platform/credentials/api-key.ts";
import { startTestIssuer, type TestIssuer } from "../../platform/credentials/testing/issuer.ts";
import type { DomainError } from "../../platform/process/errors.ts";
import { openAdmin } from "../admin/admin-client.ts";
import { createScorerClient, type ScorerClient } from "../client.ts";
import { type ScorerFixture, startScorerFixture, transaction } from "../testing/scorer-fixture.ts";

let folder: string;
let issuer: TestIssuer;
let scorer: ScorerFixture;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "paysecure-jwt-"));
  const file = join(folder, "keys.json");
  await writeFile(file, JSON.stringify([{ name: "old", sha256: hashKey("k-old"), scopes: ["score"] }]));
  issuer = await startTestIssuer();
  scorer = await startScorerFixture({
    SCORER_API_KEYS_FILE: file,
    JWT_ISSUER: issuer.url,
    JWT_AUDIENCE: "paysecure",
  });
});
afterAll(async () => {
  issuer.stop();
  await scorer.stop();
  await rm(folder, { recursive: true, force: true });
});

async function codeOf(apiKey: string, call: (client: ScorerClient) => Promise<unknown>): Promise<string> {
  const client = createScorerClient({ address: scorer.address, apiKey });
  try {
    await call(client);
    return "ok";
  } catch (error) {
    return (error as DomainError).code;
  } finally {
    client.close();
  }
}

const score = (client: ScorerClient): Promise<unknown> => client.score(transaction("a"));
const stream = async (client: ScorerClient): Promise<void> => {
  for await (const result of client.scoreStream([transaction("a"), transaction("b")])) {
    if (!result.ok) throw result.error;
  }
};

test("a machine calls with its issuer's token, beside keys, for what the token says", async () => {
  const token = await issuer.token({ scope: "transactions.score" });
  for (const call of [score, stream, score]) expect(await codeOf(token, call)).toBe("ok");
  expect(await codeOf(token, (client) => client.explain(transaction("a")))).toBe("permission_denied");
  expect(await codeOf(token, (client) => client.score(transaction("a"), { record: true }))).toBe(
    "permission_denied",
  );
  expect(await codeOf("k-old", score)).toBe("ok");
  const streamed = await issuer.token({ sub: "first-seen-in-a-stream" });
  expect(await codeOf(streamed, stream)).toBe("ok");
});

test("a token that is not right is refused in calls and streams", async () => {
  for (const wrong of [
    await issuer.token({ aud: "another" }),
    await issuer.token({ exp: 1 }),
    `${await issuer.token()}x`,
  ]) {
    for (const call of [score, stream]) expect(await codeOf(wrong, call)).toBe("unauthenticated");
  }
});

test("a token may administer when it says so", async () => {
  const admin = openAdmin(scorer.address, await issuer.token({ scope: "models.manage", sub: "ci" }));
  try {
    await expect(admin.call("ListModels", {})).resolves.toBeDefined();
  } finally {
    admin.close();
  }
});
