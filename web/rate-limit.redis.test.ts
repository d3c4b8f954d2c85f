import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestRedis, type TestRedis } from "../platform/embedded/testing/redis.ts";
import { createLogger } from "../platform/process/logger.ts";
import { connectRedis } from "../platform/process/redis.ts";
import { perSecond, RateLimiter } from "./rate-limit.ts";

let server: TestRedis;
let redis: ReturnType<typeof connectRedis>;

beforeAll(async () => {
  server = await startTestRedis();
  redis = connectRedis(server.url, "producer", createLogger("test", "silent"));
  await redis.ping();
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

const limiter = (name: string, points: number, seconds = 60): RateLimiter =>
  new RateLimiter(redis, "{test}", { name, points, seconds });

async function takes(from: RateLimiter, key: string, times: number): Promise<boolean[]> {
  const passed: boolean[] = [];
  for (let i = 0; i < times; i++) passed.push((await from.take(key)) === 0);
  return passed;
}

test("a caller has its points in a window, others have theirs, and it is told when to come again", async () => {
  const one = limiter("a", 3, 2);
  expect(await takes(one, "ann", 5)).toEqual([true, true, true, false, false]);
  expect(await takes(one, "bob", 1)).toEqual([true]);
  const wait = await one.take("ann");
  expect(wait).toBeGreaterThan(0);
  expect(wait).toBeLessThanOrEqual(2_000);
  await new Promise((resolve) => setTimeout(resolve, wait + 50));
  expect(await one.take("ann")).toBe(0);
});

test("two processes count together", async () => {
  expect(await takes(limiter("b", 3), "ann", 2)).toEqual([true, true]);
  expect(await takes(limiter("b", 3), "ann", 2)).toEqual([true, false]);
});

test("zero is no limit; less than one a second has a window of its own", async () => {
  expect(await takes(limiter("c", 0), "ann", 50)).not.toContain(false);
  expect(perSecond("x", 0.2)).toEqual({ name: "x", points: 1, seconds: 5 });
  expect(perSecond("x", 100)).toEqual({ name: "x", points: 100, seconds: 1 });
});

test("while Redis is away each process counts by itself", async () => {
  const one = limiter("d", 2);
  redis.disconnect();
  expect(await takes(one, "ann", 4)).toEqual([true, true, false, false]);
  await redis.connect();
});
