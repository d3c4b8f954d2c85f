import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { freePort } from "../../process/free-port.ts";
import { ensureRedisServer } from "../redis-server.ts";
import { DATA_LINES, type RedisNode, redisNode } from "./redis-node.ts";

/** A real primary with two replicas, watched by three sentinels. */
export interface TestSentinels {
  /** As `REDIS_URL` takes it. */
  readonly url: string;
  /** The one that the sentinels name now. */
  primary(): Promise<RedisNode>;
  /** Starts one that was killed as a replica of whoever is the primary by then, as who looks after machines does. */
  startReplica(node: RedisNode): Promise<void>;
  /** Waits until the primary has two replicas that have all it has. */
  whole(): Promise<void>;
  stop(): Promise<void>;
}

const NAME = "house";
const LOOK_MS = 100;

export async function startTestSentinels(): Promise<TestSentinels> {
  const folder = await mkdtemp(join(tmpdir(), "paysecure-redis-sentinel-"));
  const program = await ensureRedisServer();
  const ports = await Promise.all(Array.from({ length: 6 }, () => freePort()));
  const [first = 0] = ports;
  const at = (port: number): string => join(folder, String(port));
  const nodes = ports.slice(0, 3).map((port) => redisNode(program, port, at(port), DATA_LINES));
  const sentinels = ports.slice(3).map((port) =>
    redisNode(
      program,
      port,
      at(port),
      [
        `sentinel monitor ${NAME} 127.0.0.1 ${first} 2`,
        `sentinel down-after-milliseconds ${NAME} 1000`,
        // Twice this is between two fail-overs at least.
        `sentinel failover-timeout ${NAME} 1500`,
        `sentinel parallel-syncs ${NAME} 2`,
      ],
      ["--sentinel"],
    ),
  );
  await nodes[0]?.start();
  await Promise.all(nodes.slice(1).map((node) => node.start([`replicaof 127.0.0.1 ${first}`])));
  await Promise.all(sentinels.map((node) => node.start()));
  const asked = sentinels.map(({ port }) => new Redis(port, "127.0.0.1", { enableReadyCheck: false }));
  for (const redis of asked) redis.on("error", () => {});

  const primary = async (): Promise<RedisNode> => {
    const [, port] = (await asked[0]!.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME)) as string[];
    return nodes.find((node) => node.port === Number(port))!;
  };
  const whole = async (): Promise<void> => {
    const seen = await Promise.all(
      asked.map(async (redis) => {
        const [replicas, others] = (await Promise.all([
          redis.call("SENTINEL", "REPLICAS", NAME),
          redis.call("SENTINEL", "SENTINELS", NAME),
        ])) as unknown[][];
        return (replicas?.length ?? 0) >= 2 && (others?.length ?? 0) >= 2;
      }),
    );
    const redis = new Redis((await primary()).port, "127.0.0.1");
    redis.on("error", () => {});
    const [role, , replicas] = await redis.role().finally(() => redis.disconnect());
    if (seen.every(Boolean) && role === "master" && (replicas as unknown[]).length === 2) return;
    await sleep(LOOK_MS);
    await whole();
  };
  await whole();
  return {
    url: `redis+sentinel://${ports
      .slice(3)
      .map((port) => `127.0.0.1:${port}`)
      .join(",")}/${NAME}`,
    primary,
    startReplica: async (node) => {
      // Before the fail-over it would be told to follow itself, which ends the whole set.
      while ((await primary()) === node) await sleep(LOOK_MS);
      await node.start([`replicaof 127.0.0.1 ${(await primary()).port}`]);
    },
    whole,
    stop: async () => {
      for (const redis of asked) redis.disconnect();
      await Promise.all([...sentinels, ...nodes].map((node) => node.kill()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
