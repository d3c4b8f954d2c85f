import { afterAll, beforeAll, expect, test } from "vitest";
import type { Actor } from "../../domain/actors.ts";
import { hashKey } from "../../platform/credentials/api-key.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";
import { listApiKeys, makeApiKey, revokeApiKey, rotateApiKey, stateOf } from "./api-keys.ts";
import { noteKeyUse, readActiveKeys } from "./publish.ts";

const ANN: Actor = { kind: "user", id: "7", name: "ann" };
let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const actsOf = (keyId: string) =>
  store.db
    .selectFrom("audit_log")
    .select(["act", "actor", "detail"])
    .where("subject", "=", `api_key:${keyId}`)
    .orderBy("audit_id")
    .execute();

test("a key is shown once, stored as a hash, and opens what it was made for until it ends", async () => {
  const { key, apiKey } = await makeApiKey(store.db, ANN, {
    name: " gateway ",
    scopes: ["transactions.record", "transactions.score"],
    ratePerSecond: 500,
  });
  expect(key).toMatch(new RegExp(`^ps_${apiKey.keyId}_[A-Za-z0-9_-]{43}$`));
  expect(JSON.stringify(await store.db.selectFrom("api_keys").selectAll().execute())).not.toContain(key);
  expect(apiKey).toMatchObject({ name: "gateway", owner: ANN, ratePerSecond: 500 });
  expect((apiKey.expiresAt.getTime() - apiKey.createdAt.getTime()) / 86_400_000).toBeCloseTo(90, 2);
  const { keys } = await readActiveKeys(store.db);
  expect(keys).toEqual([
    {
      id: apiKey.keyId,
      name: "gateway",
      sha256: hashKey(key),
      rights: ["transactions.score", "transactions.record"],
      expiresAt: apiKey.expiresAt.getTime(),
      ratePerSecond: 500,
    },
  ]);
  expect(await actsOf(apiKey.keyId)).toMatchObject([
    { act: "api_key.made", actor: ANN, detail: { before: null, after: { name: "gateway" } } },
  ]);
  await revokeApiKey(store.db, ANN, apiKey.keyId);
  expect(await readActiveKeys(store.db)).toMatchObject({ version: 2, keys: [] });
  await revokeApiKey(store.db, ANN, apiKey.keyId);
  expect((await actsOf(apiKey.keyId)).map(({ act }) => act)).toEqual(["api_key.made", "api_key.revoked"]);
});

test("a successor has the same scopes, and the earlier key goes on for the overlap alone", async () => {
  const first = await makeApiKey(store.db, ANN, { name: "feed", scopes: ["transactions.record"], days: 30 });
  const second = await rotateApiKey(store.db, ANN, first.apiKey.keyId, 2);
  expect(second.apiKey).toMatchObject({
    name: "feed",
    scopes: ["transactions.record"],
    rotatedFrom: first.apiKey.keyId,
  });
  const both = (await readActiveKeys(store.db)).keys.filter(({ name }) => name === "feed");
  expect(both.map(({ sha256 }) => sha256).toSorted()).toEqual(
    [hashKey(first.key), hashKey(second.key)].toSorted(),
  );
  const earlier = both.find(({ id }) => id === first.apiKey.keyId)?.expiresAt ?? 0;
  expect((earlier - Date.now()) / 3_600_000).toBeCloseTo(2, 1);
  await expect(rotateApiKey(store.db, ANN, first.apiKey.keyId)).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringContaining(second.apiKey.keyId),
  });
  await rotateApiKey(store.db, ANN, second.apiKey.keyId, 0);
  expect((await readActiveKeys(store.db)).keys.map(({ id }) => id)).not.toContain(second.apiKey.keyId);
  expect(await actsOf(second.apiKey.keyId)).toMatchObject([
    { act: "api_key.rotated", detail: { before: { name: "feed" }, successor: expect.any(String) } },
  ]);
});

test("what a key may not be is named, and makes none", async () => {
  const before = (await listApiKeys(store.db)).length;
  const bad = { name: "4111 1111 1111 1111", scopes: ["keys.manage"], days: 366, ratePerSecond: 0.5 };
  await expect(makeApiKey(store.db, ANN, bad)).rejects.toMatchObject({
    code: "invalid_argument",
    violations: [{ field: "name" }, { field: "scopes" }, { field: "days" }, { field: "rate" }],
  });
  await expect(makeApiKey(store.db, ANN, { name: "x", scopes: [] })).rejects.toMatchObject({
    violations: [{ field: "scopes" }],
  });
  const handedOn = makeApiKey(
    store.db,
    ANN,
    { name: "x", scopes: ["audit.read"] },
    new Set(["figures.read"]),
  );
  await expect(handedOn).rejects.toMatchObject({ code: "permission_denied" });
  await expect(revokeApiKey(store.db, ANN, "nothere0")).rejects.toMatchObject({ code: "not_found" });
  const gone = await makeApiKey(store.db, ANN, { name: "gone", scopes: ["figures.read"] });
  const revoked = await revokeApiKey(store.db, ANN, gone.apiKey.keyId);
  expect(stateOf(revoked)).toBe("revoked");
  await expect(rotateApiKey(store.db, ANN, gone.apiKey.keyId)).rejects.toMatchObject({ code: "conflict" });
  await expect(rotateApiKey(store.db, ANN, gone.apiKey.keyId, Number.NaN)).rejects.toMatchObject({
    code: "invalid_argument",
  });
  expect(await listApiKeys(store.db)).toHaveLength(before + 1);
});

test("when a key was used is written forward once a minute at most", async () => {
  const { apiKey } = await makeApiKey(store.db, ANN, { name: "used", scopes: ["figures.read"] });
  const lastUse = async () =>
    (await listApiKeys(store.db)).find(({ keyId }) => keyId === apiKey.keyId)?.lastUsedAt?.toISOString();
  const at = (time: string) => noteKeyUse(store.db, apiKey.keyId, new Date(`2026-11-26T${time}Z`));
  await at("10:00:00");
  await at("10:00:59");
  expect(await lastUse()).toBe("2026-11-26T10:00:00.000Z");
  await at("10:01:01");
  expect(await lastUse()).toBe("2026-11-26T10:01:01.000Z");
  await at("10:00:00");
  expect(await lastUse()).toBe("2026-11-26T10:01:01.000Z");
});
