import { afterAll, beforeAll, expect, test } from "vitest";
import { FeatureEngine } from "../../features/engine/engine.ts";
import { StateStore } from "../../features/online/state-store.ts";
import { parseSchema } from "../../features/schema/read.ts";
import { startTestRedis, type TestRedis } from "../../platform/embedded/testing/redis.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { connectRedis, type RedisConnection } from "../../platform/process/redis.ts";
import { forgetEntity } from "./forget.ts";

const SCHEMA = `schema: 1
name: own
currency: EUR
fields:
  amount: { type: number, required: true }
entities:
  customer: { required: true }
  terminal: {}
features:
  count_1d: { aggregate: count, by: customer, window: 1d }
  pair_1d: { aggregate: count, by: [customer, terminal], window: 1d }
  terminal_1d: { aggregate: count, by: terminal, window: 1d }
inputs: [amount, count_1d, pair_1d, terminal_1d]
`;

let server: TestRedis;
let redis: RedisConnection;
beforeAll(async () => {
  server = await startTestRedis();
  redis = connectRedis(server.url, "producer", createLogger("test", "silent"));
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

test("an entity's states go, alone and in pairs; others with a like name stay", async () => {
  const engine = new FeatureEngine(parseSchema(SCHEMA));
  const store = new StateStore(redis, "{test}");
  const [alone = "", pair = "", terminal = ""] = engine.identities;
  const keys = (identity: string, ids: readonly string[]) => ids.map((id) => store.stateKey(identity, id));
  const stay = [
    ...keys(alone, ["c-*", "c-12"]),
    ...keys(pair, ["c-12\u001ft-1", "t-1\u001fc-1"]),
    ...keys(terminal, ["c-1"]),
  ];
  const go = [...keys(alone, ["c-1"]), ...keys(pair, ["c-1\u001ft-1", "c-1\u001ft-2"])];
  for (const key of [...stay, ...go]) await redis.set(key, "x");
  const schemas = { engines: async () => [engine] };
  expect(await forgetEntity(store, schemas, { entity: "customer", id: "c-1" })).toBe(3);
  expect((await redis.keys("*")).toSorted()).toEqual(stay.toSorted());
  expect(await forgetEntity(store, schemas, { entity: "customer", id: "c-*" })).toBe(1);
  expect(await redis.exists(store.stateKey(alone, "c-12"))).toBe(1);
});
