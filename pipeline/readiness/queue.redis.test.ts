import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "bullmq";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { ensureRedisServer } from "../../platform/embedded/redis-server.ts";
import { startTestRedis, type TestRedis } from "../../platform/embedded/testing/redis.ts";
import { freePort } from "../../platform/process/free-port.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { connectRedis, type RedisConnection } from "../../platform/process/redis.ts";
import { openTransactionsQueue } from "../queues.ts";
import { queueTrouble } from "./queue.ts";

const PREFIX = "{paysecure}";
const logger = createLogger("test", "silent");

let server: TestRedis;
let admin: Redis;
const opened: RedisConnection[] = [];

/** A connection as the web has it. */
function connect(url: string): RedisConnection {
  const redis = connectRedis(url, "producer", logger);
  opened.push(redis);
  return redis;
}

beforeAll(async () => {
  server = await startTestRedis();
  admin = new Redis(server.url);
});
afterEach(async () => {
  for (const redis of opened.splice(0)) redis.disconnect();
  await admin.config("SET", "maxmemory", "0");
  await admin.config("SET", "maxmemory-policy", "noeviction");
  await admin.replicaof("NO", "ONE");
});
afterAll(async () => {
  admin.disconnect();
  await server.stop();
});

test("a Redis that takes jobs is in no trouble, and the trial leaves nothing of the queue's", async () => {
  const redis = connect(server.url);
  expect(await queueTrouble(redis, PREFIX)).toBeUndefined();
  const [key, ...others] = await admin.keys("*");
  expect([key, others]).toEqual(["{paysecure}:trial", []]);
  expect(await admin.pttl("{paysecure}:trial")).toBeGreaterThan(0);
});

test("a replica takes no jobs; when it is the master again it does", async () => {
  const redis = connect(server.url);
  await admin.replicaof("127.0.0.1", 1);
  expect(await queueTrouble(redis, PREFIX)).toBe("is a replica, which takes no writes");
  await admin.replicaof("NO", "ONE");
  expect(await queueTrouble(redis, PREFIX)).toBeUndefined();
});

test("a full Redis takes no jobs", async () => {
  await admin.config("SET", "maxmemory", "1");
  expect(await queueTrouble(connect(server.url), PREFIX)).toContain("is full");
});

test("a user with rights to other keys alone is said to lack them; one with rights to ours is let in", async () => {
  await admin.call("ACL", "SETUSER", "theirs", "on", ">pw", "+@all", "-role", "~theirs:*", "&*");
  await admin.call("ACL", "SETUSER", "ours", "on", ">pw", "+@all", "-role", `~${PREFIX}:*`, "&*");
  const url = (user: string): string => `redis://${user}:pw@127.0.0.1:${server.port}`;
  expect(await queueTrouble(connect(url("theirs")), PREFIX)).toContain("under REDIS_PREFIX");
  expect(await queueTrouble(connect(url("ours")), PREFIX)).toBeUndefined();
  await admin.call("ACL", "SETUSER", "deaf", "on", ">pw", "+@all", "-role", `~${PREFIX}:*`, "resetchannels");
  expect(await queueTrouble(connect(url("deaf")), PREFIX)).toContain("channels under REDIS_PREFIX");
});

test.each([
  ["allkeys-lru", "throws jobs away when it is full (maxmemory-policy allkeys-lru): set noeviction"],
  ["volatile-ttl", undefined],
])("a Redis that makes room by %s, with a limit, is said to lose jobs or is not", async (policy, words) => {
  await admin.config("SET", "maxmemory-policy", policy);
  expect(await queueTrouble(connect(server.url), PREFIX)).toBeUndefined();
  await admin.config("SET", "maxmemory", "1gb");
  expect(await queueTrouble(connect(server.url), PREFIX)).toBe(words);
});

test("a user without INFO, ROLE and CONFIG hands jobs in, and works on them", async () => {
  const rights = [
    "+@read",
    "+@write",
    "+@blocking",
    "+@pubsub",
    "+@transaction",
    "+@scripting",
    "+@connection",
  ];
  const denied = ["-@admin", "-@dangerous"];
  await admin.call(
    "ACL",
    "SETUSER",
    "narrow",
    "on",
    ">pw",
    ...rights,
    ...denied,
    `~${PREFIX}:*`,
    `&${PREFIX}:*`,
  );
  const url = `redis://narrow:pw@127.0.0.1:${server.port}`;
  const redis = connect(url);
  expect(await queueTrouble(redis, PREFIX)).toBeUndefined();
  const queue = openTransactionsQueue(redis, PREFIX);
  const waiting = connectRedis(url, "worker", logger);
  opened.push(waiting);
  const done: unknown[] = [];
  const worker = new Worker("transactions", async (job) => void done.push(job.id), {
    ...{ connection: waiting, prefix: PREFIX, skipVersionCheck: true },
  });
  try {
    await queue.add("chunk", {}, { jobId: "narrow" });
    await expect.poll(() => done, { timeout: 10_000 }).toEqual(["narrow"]);
  } finally {
    await worker.close();
    await queue.close();
  }
});

test("fewer replicas than it has to be on is said", async () => {
  const redis = connectRedis({ REDIS_URL: server.url, REDIS_WAIT_REPLICAS: 1 }, "producer", logger);
  opened.push(redis);
  expect(await queueTrouble(redis, PREFIX)).toBe("has fewer replicas than REDIS_WAIT_REPLICAS asks for");
});

test("a master that wants replicas and has none takes nothing, and it is said", async () => {
  await admin.config("SET", "min-replicas-to-write", "1");
  expect(await queueTrouble(connect(server.url), PREFIX)).toBe(
    "has fewer replicas than it needs to take writes",
  );
  await admin.config("SET", "min-replicas-to-write", "0");
});

test("a replica whose user may not ask for its role is found out by the write", async () => {
  await admin.call("ACL", "SETUSER", "ours", "on", ">pw", "+@all", "-role", `~${PREFIX}:*`, "&*");
  // Without the house's connection, which would go looking for the master for ever.
  const redis = new Redis(`redis://ours:pw@127.0.0.1:${server.port}`);
  opened.push(redis);
  await admin.replicaof("127.0.0.1", 1);
  expect(await queueTrouble(redis, PREFIX)).toBe("is a replica, which takes no writes");
});

test("a Redis that is away does not answer", async () => {
  expect(await queueTrouble(connect("redis://127.0.0.1:1"), PREFIX)).toBe("does not answer");
});

test("of a cluster the node that holds our slot takes jobs, when our names are in one slot", async () => {
  const folder = await mkdtemp(join(tmpdir(), "paysecure-cluster-"));
  const port = await freePort();
  const { file, env } = await ensureRedisServer();
  const args = [
    "--port",
    `${port}`,
    "--cluster-enabled",
    "yes",
    "--dir",
    folder,
    "--save",
    "",
    "--bind",
    "127.0.0.1",
  ];
  const child: ChildProcess = spawn(file, args, { stdio: "ignore", env: { ...env } });
  const node = new Redis({ port, maxRetriesPerRequest: null, enableReadyCheck: false });
  node.on("error", () => {});
  opened.push(node);
  try {
    await node.ping();
    const redis = new Redis({ port, enableReadyCheck: false });
    opened.push(redis);
    expect(await queueTrouble(redis, PREFIX)).toContain("is a cluster");
    await node.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
    await expect.poll(() => queueTrouble(redis, PREFIX), { timeout: 10_000 }).toBeUndefined();
    const queue = openTransactionsQueue(redis, PREFIX);
    await queue.add("chunk", {});
    await queue.close();
    expect(await queueTrouble(redis, "without-braces")).toContain("REDIS_PREFIX must keep them in one slot");
  } finally {
    child.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  }
});
