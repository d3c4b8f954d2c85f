import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Actor } from "../domain/actors.ts";
import { makeApiKey, revokeApiKey, rotateApiKey } from "../pipeline/keys/api-keys.ts";
import { keyCourier, tellOfKeys } from "../pipeline/keys/publish.ts";
import { startTestIssuer, type TestIssuer } from "../platform/credentials/testing/issuer.ts";
import type { DomainError } from "../platform/process/errors.ts";
import { createScorerClient } from "../scorer/client.ts";
import { type ScorerFixture, startScorerFixture, transaction } from "../scorer/testing/scorer-fixture.ts";
import { startTestConsole, type TestConsole } from "./testing/console.ts";

const ANN: Actor = { kind: "user", id: "1", name: "ann" };
/** What a revocation may take to reach everybody. */
const WITHIN_MS = 5_000;

let it: TestConsole;
let base: string;
let scorer: ScorerFixture;
let folder: string;
let issuer: TestIssuer;
let courier: NodeJS.Timeout;

const startScorer = (): Promise<ScorerFixture> =>
  startScorerFixture({
    SCORER_REQUIRE_KEYS: "true",
    SCORER_REFRESH_MS: "2000",
    REDIS_URL: it.redis.url,
    DATA_DIR: folder,
  });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "paysecure-keys-"));
  issuer = await startTestIssuer();
  it = await startTestConsole({ JWT_ISSUER: issuer.url, JWT_AUDIENCE: "paysecure" });
  base = await it.listen();
  const carry = keyCourier(it.db, it.deps.redis, it.deps.config.REDIS_PREFIX);
  courier = setInterval(() => void carry().catch(() => {}), 2_000);
  scorer = await startScorer();
});
afterAll(async () => {
  clearInterval(courier);
  await scorer.stop();
  await it.stop();
  issuer.stop();
  await rm(folder, { recursive: true, force: true });
});

/** As the page does it. */
const tell = (): Promise<void> => tellOfKeys(it.db, it.deps.redis, it.deps.config.REDIS_PREFIX);

const overHttp = async (key: string, path = "/api/v1/transactions?limit=1"): Promise<number> =>
  (await fetch(base + path, { headers: { authorization: `Bearer ${key}` } })).status;

async function overGrpc(key: string, options: { record?: boolean; explain?: boolean } = {}): Promise<string> {
  const client = createScorerClient({ address: scorer.address, apiKey: key });
  try {
    await client.score(transaction("t", 0), options);
    return "ok";
  } catch (error) {
    return (error as DomainError).code;
  } finally {
    client.close();
  }
}

test("one key opens HTTP and gRPC for what it was given, and neither a few seconds after it is revoked", async () => {
  const { key, apiKey } = await makeApiKey(it.db, ANN, {
    name: "gateway",
    scopes: ["transactions.read", "transactions.score"],
  });
  await tell();
  expect(await overHttp(key)).toBe(200);
  expect(await overHttp(key, "/api/v1/reviews")).toBe(403);
  await expect.poll(() => overGrpc(key), { timeout: WITHIN_MS }).toBe("ok");
  expect(await overGrpc(key, { record: true })).toBe("permission_denied");
  expect(await overGrpc(key, { explain: true })).toBe("permission_denied");
  expect(await overHttp(`${key}x`)).toBe(401);
  expect(await overGrpc(`${key}x`)).toBe("unauthenticated");

  const refused = await fetch(`${base}/api/v1/reviews`, { headers: { "x-api-key": key } });
  expect((await refused.json()) as object).toMatchObject({
    detail: expect.stringContaining("reviews.read"),
  });

  // By somebody who tells nobody: the worker finds out.
  const revoked = Date.now();
  await revokeApiKey(it.db, ANN, apiKey.keyId);
  await expect.poll(() => overHttp(key), { timeout: WITHIN_MS, interval: 100 }).toBe(401);
  await expect.poll(() => overGrpc(key), { timeout: WITHIN_MS, interval: 100 }).toBe("unauthenticated");
  expect(Date.now() - revoked).toBeLessThan(WITHIN_MS);
});

test("both keys of a rotation work until the overlap is over", async () => {
  const first = await makeApiKey(it.db, ANN, {
    name: "feed",
    scopes: ["transactions.read", "transactions.score"],
  });
  const second = await rotateApiKey(it.db, ANN, first.apiKey.keyId, 5 / 3_600);
  await tell();
  expect(await Promise.all([overHttp(first.key), overHttp(second.key)])).toEqual([200, 200]);
  await expect.poll(() => overGrpc(second.key), { timeout: WITHIN_MS }).toBe("ok");
  await expect.poll(() => overGrpc(first.key), { timeout: 10_000 }).toBe("unauthenticated");
  await expect.poll(() => overHttp(first.key), { timeout: 10_000 }).toBe(401);
  expect(await overHttp(second.key)).toBe(200);
  expect(await overGrpc(second.key)).toBe("ok");
});

test("a Redis that lost everything takes no key from anybody, and one that is away not from a scorer that starts", async () => {
  const { key, apiKey } = await makeApiKey(it.db, ANN, { name: "steady", scopes: ["transactions.score"] });
  await tell();
  await expect.poll(() => overGrpc(key), { timeout: WITHIN_MS }).toBe("ok");
  await it.deps.redis.flushall();
  expect(await overGrpc(key)).toBe("ok");
  const kept = join(folder, "security", "api-keys.json");
  expect((await stat(kept)).mode & 0o077).toBe(0);

  // The worker tells it again, and what was used is written down.
  const { keyId } = apiKey;
  const lastUse = async () =>
    (await it.db.selectFrom("api_keys").select("last_used_at").where("key_id", "=", keyId).executeTakeFirst())
      ?.last_used_at;
  await expect.poll(lastUse, { timeout: 10_000 }).toBeInstanceOf(Date);

  await scorer.stop();
  scorer = await startScorerFixture({
    SCORER_REQUIRE_KEYS: "true",
    REDIS_URL: "redis://127.0.0.1:1",
    DATA_DIR: folder,
  });
  expect(await overGrpc(key)).toBe("ok");
  expect(await overGrpc("ps_00000000_wrong")).toBe("unauthenticated");
  await scorer.stop();
  scorer = await startScorer();
}, 120_000);

test("a machine's token opens HTTP for what it says, and an issuer that is away is not the caller's fault", async () => {
  const token = await issuer.token({ scope: "transactions.read" });
  issuer.setAway(true);
  expect(await overHttp(token)).toBe(503);
  issuer.setAway(false);
  await expect.poll(() => overHttp(token), { timeout: 10_000, interval: 500 }).toBe(200);
  expect(await overHttp(token, "/api/v1/reviews")).toBe(403);
  expect(await overHttp(await issuer.token({ iss: "https://evil.example" }))).toBe(401);
  issuer.setAway(true);
  expect(await overHttp(token)).toBe(200);
  expect(await overHttp(await issuer.token({ scope: "transactions.read", sub: "another" }))).toBe(200);
}, 30_000);
