import { Queue } from "bullmq";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { JOB_RETRIES } from "../../domain/jobs.ts";
import { startTestRedis, type TestRedis } from "../../platform/embedded/testing/redis.ts";
import { createMetrics } from "../../platform/process/metrics.ts";
import { connectRedis } from "../../platform/process/redis.ts";
import { Alone } from "./alone.ts";
import { consume } from "./consume.ts";
import { createWorkerMetrics } from "./worker-metrics.ts";

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis?.stop());

const QUEUE = "tried";

test("a job is tried as often as the house tries, however often it asks for; each time and the last are said and counted", async () => {
  const lines: Record<string, unknown>[] = [];
  const logger = pino({ level: "warn" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const registry = createMetrics("test");
  const producing = connectRedis(redis.url, "producer", logger);
  const consuming = connectRedis(redis.url, "worker", logger);
  const queue = new Queue(QUEUE, { connection: producing, prefix: "tries" });
  let tries = 0;
  const worker = consume(
    QUEUE,
    {
      redis: consuming,
      prefix: "tries",
      logger,
      metrics: createWorkerMetrics(registry),
      concurrency: 1,
      lockMs: 5_000,
      alone: new Alone(),
    },
    async () => {
      tries++;
      throw new Error("not today");
    },
  );
  try {
    // As before 0.2.0, without its 36 hours.
    const greedy = await queue.add("job", {}, { attempts: 20, backoff: { type: "fixed", delay: 1 } });
    await vi.waitFor(async () => expect(await queue.getFailedCount()).toBe(1), 60_000);
    expect(tries).toBe(JOB_RETRIES.attempts);
    const said = lines.filter(({ jobId }) => jobId === greedy.id);
    expect(said.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(said.slice(0, -1).every(({ msg }) => msg === "job failed, to be tried again")).toBe(true);
    expect(said.at(-1)?.["msg"]).toContain("dead letters");
    const once = await queue.add("job", {});
    await vi.waitFor(async () => expect(await queue.getFailedCount()).toBe(2), 60_000);
    expect(lines.filter(({ jobId }) => jobId === once.id)).toHaveLength(1);
    const metrics = await registry.metrics();
    expect(metrics).toMatch(/paysecure_jobs_total\{.*outcome="retried".*\} 7/);
    expect(metrics).toMatch(/paysecure_jobs_total\{.*outcome="given_up".*\} 2/);
  } finally {
    await Promise.all([worker.close(true), queue.close()]);
    producing.disconnect();
    consuming.disconnect();
  }
});

test("what is tried and fails for good has had about a minute", () => {
  const { attempts, backoff } = JOB_RETRIES;
  const longest = Array.from({ length: attempts - 1 }, (_, i) => backoff.delay * 2 ** i);
  const total = longest.reduce((sum, delay) => sum + delay, 0);
  expect(total).toBeGreaterThanOrEqual(45_000);
  expect(total).toBeLessThanOrEqual(90_000);
});
