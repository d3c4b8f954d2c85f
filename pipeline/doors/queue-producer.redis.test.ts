import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestRedis, type TestRedis } from "../../platform/embedded/testing/redis.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { connectRedis } from "../../platform/process/redis.ts";
import { openTransactionsQueue } from "../queues.ts";
import { parseTransactions } from "../record/parse.ts";
import { jobJsonSchema } from "./job-schema.ts";

const file = (path: string): URL => new URL(`../../docs/${path}`, import.meta.url);

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());

test("the published schema of a job is what jobs are read with: npm run job-schema > docs/queue-job.schema.json", async () => {
  expect(JSON.parse(await readFile(file("queue-job.schema.json"), "utf8"))).toEqual(jobJsonSchema());
});

test("the example of a producer hands payments in as workers read them, once however often it runs", async () => {
  const payments = Array.from({ length: 450 }, (_, i) => ({
    ...{ transactionId: `n-${i}`, amount: i, eventTime: "2026-11-25T08:00:00Z", cardToken: "tok" },
    ...{ fields: { items: 2 }, entities: { customer: "c-1" }, storeName: "North" },
  }));
  const produce = () =>
    new Promise<void>((resolve, reject) => {
      const env = { PATH: process.env["PATH"] ?? "", REDIS_URL: redis.url };
      const path = file("examples/queue-producer.mjs").pathname;
      const child = execFile(process.execPath, [path], { env }, (error) => {
        if (error) reject(error);
        else resolve();
      });
      child.stdin?.end(payments.map((each) => `${JSON.stringify(each)}\n`).join(""));
    });
  await produce();
  await produce();
  const connection = connectRedis(redis.url, "producer", createLogger("test", "silent"));
  const queue = openTransactionsQueue(connection, "{paysecure}");
  const jobs = await queue.getJobs(["waiting", "prioritized"]);
  const parsed = jobs.map((job) =>
    parseTransactions({ queue: "transactions", id: job.id ?? "", data: job.data }),
  );
  expect(parsed.map(({ source, items, rejected }) => [source, items.length, rejected.length]).sort()).toEqual(
    [
      ["nightly", 200, 0],
      ["nightly", 200, 0],
      ["nightly", 50, 0],
    ],
  );
  expect(parsed[0]?.items[0]?.extra).toEqual({ storeName: "North" });
  await queue.close();
  connection.disconnect();
});
