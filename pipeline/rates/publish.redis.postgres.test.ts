import { afterAll, beforeAll, expect, test } from "vitest";
import { ratesPlace, readPublishedRates } from "../../features/exchange/publication.ts";
import { startTestRedis, type TestRedis } from "../../platform/embedded/testing/redis.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { publishedText } from "../../platform/process/published.ts";
import { connectRedis } from "../../platform/process/redis.ts";
import { ANN } from "../store/testing.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";
import { ratesCourier } from "./publish.ts";
import { setRate } from "./set-rate.ts";

let server: TestRedis;
let redis: ReturnType<typeof connectRedis>;
let store: TestStore;
beforeAll(async () => {
  [server, store] = await Promise.all([startTestRedis(), openTestStore()]);
  redis = connectRedis(server.url, "producer", createLogger("test", "silent"));
});
afterAll(async () => {
  redis?.disconnect();
  await Promise.all([server?.stop(), store?.close()]);
});

test("what an operator sets is told to scorers, told again when Redis has lost it, and once otherwise", async () => {
  const tell = ratesCourier(store.db, redis, "test");
  const told = async () => {
    await tell();
    const text = await publishedText(redis, ratesPlace("test"));
    return readPublishedRates(text ?? "");
  };
  const at = Date.parse("2026-11-26T12:00:00Z");
  expect((await told()).rates.convert(10, "USD", "EUR", at)).toBeUndefined();
  const rate = { base: "EUR", currency: "USD", validFrom: "2026-11-01", rate: "0.9" };
  await setRate(store.db, ANN, rate);
  const first = await told();
  expect(first.rates.convert(10, "USD", "EUR", at)?.amount).toBe(9);
  await setRate(store.db, ANN, { ...rate, rate: "0.8" });
  const second = await told();
  expect(second.version).toBeGreaterThan(first.version);
  expect(second.rates.convert(10, "USD", "EUR", at)?.amount).toBe(8);
  await redis.flushall();
  expect((await told()).version).toBe(second.version);
});
