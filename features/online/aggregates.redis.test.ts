import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { startTestRedis, type TestRedis } from "../../platform/embedded/testing/redis.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { connectRedis, type RedisConnection } from "../../platform/process/redis.ts";
import { FeatureEngine } from "../engine/engine.ts";
import { parseSchema } from "../schema/read.ts";
import { difference, EVERY_AGGREGATE, MemoryStates, somePayments } from "../testing/payments.ts";
import { moveAggregates, type RecordedPayment } from "./aggregates.ts";
import { completeness, markBuilding, markComplete } from "./marks.ts";
import { OnlineFeatures } from "./online-features.ts";
import { StateStore } from "./state-store.ts";

const logger = createLogger("test", "silent");
const engine = new FeatureEngine(parseSchema(EVERY_AGGREGATE));
const FEW = { customers: 20, terminals: 30, kinds: 5 };
let server: TestRedis;
let redis: RedisConnection;
let store: StateStore;
beforeAll(async () => {
  server = await startTestRedis();
  redis = connectRedis(server.url, "producer", logger);
  store = new StateStore(redis, "{test}");
});
afterAll(async () => {
  redis?.disconnect();
  await server?.stop();
});
beforeEach(async () => {
  await redis.flushall();
});

const online = (budgetMs = 1_000) => new OnlineFeatures(store, { budgetMs, logger });

async function rowsOf(payments: readonly RecordedPayment[], features = online()): Promise<Float64Array[]> {
  const memory = new MemoryStates(engine);
  const requests = payments.map(({ payment }) => ({
    ...{ engine, reading: memory.read(payment), offset: 0 },
    into: new Float64Array(engine.columns.length),
  }));
  await features.rows(requests);
  return requests.map(({ into }) => into);
}

function expectSame(
  rows: readonly Float64Array[],
  memory: MemoryStates,
  payments: readonly RecordedPayment[],
) {
  for (const [i, { payment }] of payments.entries()) {
    expect(difference(rows[i]!, memory.features(payment)), `row ${i}`).toBeLessThan(1e-9);
  }
}

test("what was moved in jobs gives the features of the offline run, also when jobs come twice", async () => {
  const all = somePayments(1_200, FEW);
  const memory = new MemoryStates(engine);
  const done: RecordedPayment[] = [];
  for (let from = 0; from < 1_000; from += 100) {
    const job = all.slice(from, from + 100);
    const next = all.slice(from, from + 20);
    expectSame(await rowsOf(next), memory, next);
    const moved = await moveAggregates(store, [engine], job);
    expect(moved.taken).toBeGreaterThan(0);
    expect(moved.refused).toBe(0);
    for (const one of job) memory.record(one);
    done.push(...job);
    if (from % 300 === 0) {
      const again = await moveAggregates(store, [engine], done.slice(-150));
      expect([again.taken, again.late]).toEqual([0, 0]);
    }
  }
  const last = all.slice(1_000);
  expectSame(await rowsOf(last), memory, last);
});

test("of several that write the same entities at once none is lost", async () => {
  const all = somePayments(600, { ...FEW, customers: 3 });
  const connections = [1, 2, 3].map(() => connectRedis(server.url, "producer", logger));
  const stores = connections.map((connection) => new StateStore(connection, "{test}"));
  const writers = stores.map(async (each, w) => {
    for (let i = 0; i < all.length; i += 2) {
      if ((i / 2) % stores.length === w) {
        await moveAggregates(each, [engine], [...all.slice(i, i + 2), all[(i * 7) % all.length]!]);
      }
    }
  });
  await Promise.all(writers);
  for (const connection of connections) connection.disconnect();
  const memory = new MemoryStates(engine);
  for (const one of all) memory.record(one);
  const next = somePayments(650, { ...FEW, customers: 3 }).slice(600);
  expectSame(await rowsOf(next), memory, next);
});

test("schemas that agree on a stream share its states, others have their own", async () => {
  const retitled = EVERY_AGGREGATE.replace("name: every-aggregate", "name: other\ndescription: the same")
    .replace("large: { expression", "large: { title: Large, expression")
    .replace('"amount / usual_30d"', '"usual_30d / 2"');
  const same = new FeatureEngine(parseSchema(retitled));
  expect(same.identities).toEqual(engine.identities);
  const longer = new FeatureEngine(
    parseSchema(
      EVERY_AGGREGATE.replace(
        "pair_30d: { aggregate: count, by: [customer, terminal], window: 30d",
        "pair_30d: { aggregate: count, by: [customer, terminal], window: 31d",
      ),
    ),
  );
  const pair = engine.streams.findIndex(({ id }) => id === "customer+terminal");
  expect(longer.identities.filter((identity, i) => identity !== engine.identities[i])).toEqual([
    longer.identities[pair],
  ]);
  const read = new FeatureEngine(
    parseSchema(EVERY_AGGREGATE.replace("km / (amount + 1)", "km / (amount + 2)")),
  );
  const customer = engine.streams.findIndex(({ id }) => id === "customer");
  expect(read.identities.filter((identity, i) => identity !== engine.identities[i])).toEqual([
    read.identities[customer],
  ]);
  const [one] = somePayments(1, FEW);
  const moved = await moveAggregates(store, [engine, same], [one!]);
  expect(moved.taken).toBeLessThanOrEqual(2 * engine.streams.length);
  expect(moved.repeated).toBeLessThanOrEqual(engine.streams.length);
});

test("a payment that the schema does not read is counted and moves nothing", async () => {
  const [one] = somePayments(1, FEW);
  const { payment } = one!;
  const foreign = { ...payment, fields: { ...payment.fields, currency: "USD" } };
  const nobody = { ...payment, entities: {} };
  const moved = await moveAggregates(
    store,
    [engine],
    [foreign, nobody].map((each) => ({ payment: each, word: undefined })),
  );
  expect(moved).toEqual({ taken: 0, repeated: 0, late: 0, refused: 2 });
  expect(await redis.dbsize()).toBe(0);
});

test("states go by themselves when no window reaches them any more", async () => {
  await moveAggregates(store, [engine], somePayments(1, FEW));
  const keys = await redis.keys("{test}:features:*");
  expect(keys.length).toBeGreaterThanOrEqual(3);
  for (const key of keys) {
    const days = (await redis.pttl(key)) / 86_400_000;
    expect(days).toBeGreaterThan(30);
    expect(days).toBeLessThan(40);
  }
});

test("Redis that forgot its scripts, or a blob that is none, keeps nobody from going on", async () => {
  const all = somePayments(50, FEW);
  await moveAggregates(store, [engine], all.slice(0, 20));
  await redis.script("FLUSH");
  await moveAggregates(store, [engine], all.slice(20, 40));
  const memory = new MemoryStates(engine);
  for (const one of all.slice(0, 40)) memory.record(one);
  const next = all.slice(40);
  expectSame(await rowsOf(next), memory, next);
  const features = online();
  for (const key of await redis.keys("{test}:features:*")) await redis.set(key, "?");
  expectSame(await rowsOf(next, features), new MemoryStates(engine), next);
  expect(features.unreadable).toBeGreaterThan(0);
  await moveAggregates(store, [engine], all.slice(0, 40));
  const again = new MemoryStates(engine);
  for (const one of all.slice(0, 40)) again.record(one);
  for (const key of await redis.keys("{test}:features:*")) {
    if ((await redis.strlen(key)) === 1) await redis.del(key);
  }
  expectSame(await rowsOf(next), again, next);
});

test("a Redis that says nothing costs no more than the budget, and nobody who comes later", async () => {
  await moveAggregates(store, [engine], somePayments(50, FEW));
  const next = somePayments(51, FEW).slice(50);
  const features = online(30);
  const other = connectRedis(server.url, "producer", logger);
  await other.call("CLIENT", "PAUSE", "600", "ALL");
  const start = performance.now();
  const unknown = await rowsOf(next, features);
  expect(performance.now() - start).toBeLessThan(300);
  expectSame(unknown, new MemoryStates(engine), next);
  await Promise.all(Array.from({ length: 40 }, () => rowsOf(next, features)));
  expect(features.byDefault).toBe(41);
  expect(performance.now() - start).toBeLessThan(500);
  await vi.waitFor(() => expect(features.owed).toBe(0));
  other.disconnect();
  const memory = new MemoryStates(engine);
  for (const one of somePayments(50, FEW)) memory.record(one);
  const last = await rowsOf(next, features);
  expect([features.known, features.byDefault]).toEqual([1, 41]);
  expectSame(last, memory, next);
});

test("without Redis, and while it is down, every entity is unknown", async () => {
  const next = somePayments(3, FEW);
  const without = new OnlineFeatures(undefined, { budgetMs: 10, logger });
  expectSame(await rowsOf(next, without), new MemoryStates(engine), next);
  expect([without.known, without.byDefault]).toEqual([0, 3]);
  await server.kill();
  const features = online();
  expectSame(await rowsOf(next, features), new MemoryStates(engine), next);
  expect(features.byDefault).toBe(3);
  await server.start();
});

test("rows that are asked for one by one are read together", async () => {
  const all = somePayments(60, FEW);
  await moveAggregates(store, [engine], all.slice(0, 40));
  const memory = new MemoryStates(engine);
  for (const one of all.slice(0, 40)) memory.record(one);
  const features = online();
  const next = all.slice(40);
  const rows = next.map(() => new Float64Array(engine.columns.length));
  const known = await Promise.all(
    next.map(({ payment }, i) =>
      features.row({ engine, reading: memory.read(payment), into: rows[i]!, offset: 0 }),
    ),
  );
  expect(known).toEqual(next.map(() => true));
  expect(features.reads).toBe(1);
  expectSame(rows, memory, next);
});

test("a stream's states are complete, being built, or nobody knows", async () => {
  const { identities } = engine;
  const said = () => completeness(store, identities);
  const all = (word: string) => identities.map(() => word);
  expect(await said()).toEqual(all("unknown"));
  await markBuilding(store, identities, "me");
  expect(await said()).toEqual(all("building"));
  await markComplete(store, identities);
  expect(await said()).toEqual(all("complete"));
  await moveAggregates(store, [engine], somePayments(50, FEW));
  let dropped = 0;
  for (const identity of identities) dropped += await store.drop(identity);
  expect(dropped).toBeGreaterThan(50);
  expect(await redis.dbsize()).toBe(identities.length);
});
