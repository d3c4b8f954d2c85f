import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestRedis, type TestRedis } from "../../platform/embedded/testing/redis.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { connectRedis } from "../../platform/process/redis.ts";
import { enqueueTransactions, openTransactionsQueue } from "../queues.ts";
import { startProcess } from "../testing/started-process.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";
import { sweepFailedJobs } from "./failed-jobs.ts";

const PREFIX = "{test}";
const MAX_STALLED = 3;
let server: TestRedis;
let store: TestStore;
beforeAll(async () => {
  [server, store] = await Promise.all([startTestRedis(), openTestStore()]);
});
afterAll(() => Promise.all([server?.stop(), store?.close()]));

test("a job that ends its worker each time becomes a dead letter, and takes no other job with it", {
  timeout: 300_000,
}, async () => {
  const redis = connectRedis(server.url, "producer", createLogger("test", "silent"));
  const queue = openTransactionsQueue(redis, PREFIX);
  const hand = (source: string, id: string) =>
    enqueueTransactions(queue, {
      ...{ chunkId: id, source, transactions: [{ transactionId: id, amount: 1 }] },
    });
  await hand("api", "before-1");
  await hand("poison", "poison-1");
  for (let i = 2; i < 10; i++) await hand("api", `beside-${i}`);
  let killed = 0;
  for (;;) {
    const worker = await startProcess("pipeline/testing/poisoned-worker.ts", {}, [
      ...[server.url, PREFIX, queue.name, String(MAX_STALLED)],
    ]);
    const over = async (): Promise<boolean> => (await queue.getFailedCount()) > 0;
    let ended = false;
    void worker.ended.then(() => {
      ended = true;
    });
    while (!ended && !(await over())) await new Promise((resolve) => setTimeout(resolve, 100));
    if (await over()) {
      await worker.stop();
      break;
    }
    killed++;
  }
  expect(killed).toBe(MAX_STALLED + 1);
  expect(await queue.getJobCounts("failed", "waiting", "prioritized", "active")).toEqual({
    ...{ failed: 1, waiting: 0, prioritized: 0, active: 0 },
  });
  expect(await queue.getCompletedCount()).toBe(9);
  expect(await sweepFailedJobs(store.db, queue)).toBe(1);
  const letters = await store.db
    .selectFrom("dead_letters")
    .select(["transaction_id", "error_code", "error", "state"])
    .execute();
  expect(letters).toMatchObject([{ transaction_id: "poison-1", error_code: "internal", state: "waiting" }]);
  expect(letters[0]?.error).toMatch(/its worker died \d+ times while it was in work/);
  await queue.close();
  redis.disconnect();
});
