import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { startTestCluster } from "../embedded/testing/redis-cluster.ts";
import { startTestSentinels } from "../embedded/testing/redis-sentinel.ts";
import { keySlot } from "./key-slot.ts";
import { createLogger } from "./logger.ts";
import { connectRedis } from "./redis.ts";
import { primaryOf, replicated } from "./replicated.ts";
import { ReplicatedQueue } from "./replicated-queue.ts";

const logger = createLogger("test", "silent");
const PREFIX = "{several}";

/** Adds a job until it is taken. */
async function add(queue: ReplicatedQueue, id: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await queue.add("chunk", {}, { jobId: id });
      return;
    } catch (error) {
      if (tries > 100) throw error;
      await sleep(100);
    }
  }
}

test("slots are those of the cluster's own", async () => {
  expect(["123456789", "{user1000}.following", "foo{}{bar}", "foo{{bar}}zap", ""].map(keySlot)).toEqual([
    0x31c3,
    keySlot("user1000"),
    keySlot("foo{}{bar}"),
    keySlot("{bar"),
    0,
  ]);
});

test("a cluster takes jobs, keeps them on a replica, and has them all after the primary of our slot was killed", async () => {
  const cluster = await startTestCluster();
  const redis = connectRedis(cluster.url, "producer", logger);
  const queue = new ReplicatedQueue("transactions", redis, { prefix: PREFIX });
  queue.on("error", () => {});
  try {
    const slot = keySlot(PREFIX);
    await add(queue, "first");
    expect(await redis.cluster("KEYSLOT", PREFIX)).toBe(slot);
    const taken: string[] = [];
    const primary = (await cluster.primaryOf(slot))!;
    let back: Promise<void> | undefined;
    expect(primaryOf(redis, PREFIX)?.options.port).toBe(primary.port);
    for (let i = 0; i < 40; i++) {
      // The one that took over has no replica, and takes nothing, until the other is back.
      if (i === 20) back = primary.kill().then(() => sleep(2_000).then(() => primary.start()));
      const id = randomUUID();
      await add(queue, id);
      taken.push(id);
    }
    await back;
    const kept = await Promise.all(taken.map((id) => queue.getJobState(id)));
    expect(new Set(kept)).toEqual(new Set(["waiting"]));
    expect(await queue.getWaitingCount()).toBe(41);
    expect((await cluster.primaryOf(slot))?.port).not.toBe(primary.port);
  } finally {
    redis.disconnect();
    await queue.close().catch(() => {});
    await cluster.stop();
  }
}, 120_000);

test("sentinels name the primary; what is taken is on a replica, and outlives it", async () => {
  const sentinels = await startTestSentinels();
  const redis = connectRedis(sentinels.url, "producer", logger);
  const queue = new ReplicatedQueue("transactions", redis, { prefix: PREFIX });
  queue.on("error", () => {});
  try {
    const primary = await sentinels.primary();
    const taken: string[] = [];
    for (let i = 0; i < 40; i++) {
      if (i === 20) void primary.kill();
      const id = randomUUID();
      await add(queue, id);
      taken.push(id);
    }
    expect(await queue.getWaitingCount()).toBe(40);
    expect((await sentinels.primary()).port).not.toBe(primary.port);
    await sentinels.startReplica(primary);
    await sentinels.whole();
  } finally {
    redis.disconnect();
    await queue.close().catch(() => {});
    await sentinels.stop();
  }
}, 120_000);

test("what too few replicas have is not taken, and it is said", async () => {
  const sentinels = await startTestSentinels();
  const redis = connectRedis({ REDIS_URL: sentinels.url, REDIS_WAIT_REPLICAS: 3 }, "producer", logger);
  try {
    await expect(replicated(redis, PREFIX, () => redis.set(PREFIX, "1"))).rejects.toThrow(
      "on 2 replicas, of 3 that it must be on",
    );
  } finally {
    redis.disconnect();
    await sentinels.stop();
  }
}, 60_000);
