import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { freePort } from "../../process/free-port.ts";
import { inTime } from "../../process/in-time.ts";
import { ensureRedisServer } from "../redis-server.ts";
import { DATA_LINES, type RedisNode, redisNode } from "./redis-node.ts";

/** A real Redis Cluster: three primaries, each with a replica. */
export interface TestCluster {
  /** As `REDIS_URL` takes it. */
  readonly url: string;
  readonly nodes: readonly RedisNode[];
  /** The node that serves a slot now, as those that live agree; undefined while none does. */
  primaryOf(slot: number): Promise<RedisNode | undefined>;
  /** The nodes that serve slots now. */
  primaries(): Promise<RedisNode[]>;
  /** Waits until every slot is served, and every primary has a replica that has all it has. */
  whole(): Promise<void>;
  stop(): Promise<void>;
}

const PRIMARIES = 3;
const LAST_SLOT = 16_383;
/** So soon a silent node counts as failed, milliseconds. */
const NODE_TIMEOUT_MS = 1_000;
const LOOK_MS = 100;
/** A node that was not shaken hands with by then is asked again: Redis forgets a handshake after the node timeout. */
const MEET_AGAIN_MS = 2_000;
/** Longer than a busy machine takes to join six nodes. */
const JOIN_LIMIT_MS = 60_000;

/** Starts six nodes and joins them. @throws Error when they do not find each other within a minute */
export async function startTestCluster(): Promise<TestCluster> {
  const folder = await mkdtemp(join(tmpdir(), "paysecure-redis-cluster-"));
  const program = await ensureRedisServer();
  const ports = await Promise.all(Array.from({ length: PRIMARIES * 2 }, () => freePort()));
  const buses = await Promise.all(ports.map(() => freePort()));
  const nodes = ports.map((port, i) =>
    redisNode(program, port, join(folder, String(port)), [
      ...DATA_LINES,
      ...["cluster-enabled yes", `cluster-port ${buses[i]}`, `cluster-node-timeout ${NODE_TIMEOUT_MS}`],
    ]),
  );
  await Promise.all(nodes.map((node) => node.start()));
  await inTime(joinNodes(ports, buses), JOIN_LIMIT_MS, "joining the nodes of a cluster");

  const shape = async (): Promise<Shard[]> => {
    const views = await Promise.all(ports.map((port) => ask(port, shards)));
    return views.find((view) => view !== undefined && view.length > 0) ?? [];
  };
  const nodeOf = (port: number | undefined): RedisNode | undefined =>
    nodes.find((node) => node.port === port);
  const cluster: TestCluster = {
    url: `redis+cluster://${ports.map((port) => `127.0.0.1:${port}`).join(",")}`,
    nodes,
    primaryOf: async (slot) =>
      nodeOf((await shape()).find(({ first, last }) => first <= slot && slot <= last)?.primary),
    primaries: async () => (await shape()).flatMap(({ primary }) => nodeOf(primary) ?? []),
    whole: async () => {
      for (;;) {
        const roles = await Promise.all(ports.map((port) => ask(port, (redis) => redis.role())));
        const states = await Promise.all(ports.map((port) => ask(port, (redis) => redis.cluster("INFO"))));
        const leading = roles.filter((role) => role?.[0] === "master");
        const followed = leading.every((role) => ((role?.[2] as unknown[]) ?? []).length === 1);
        const up = states.every((state) => state?.includes("cluster_state:ok"));
        if (up && followed && leading.length === PRIMARIES) return;
        await sleep(LOOK_MS);
      }
    },
    stop: async () => {
      await Promise.all(nodes.map((node) => node.kill()));
      await rm(folder, { recursive: true, force: true });
    },
  };
  await inTime(cluster.whole(), JOIN_LIMIT_MS, "waiting for a cluster to be whole");
  return cluster;
}

interface Shard {
  readonly first: number;
  readonly last: number;
  readonly primary: number;
}

async function shards(redis: Redis): Promise<Shard[]> {
  const slots = await redis.cluster("SLOTS");
  return slots.map(([first, last, primary]) => ({ first, last, primary: primary?.[1] ?? 0 }));
}

/** What one node says; undefined when it is away. */
async function ask<T>(port: number, question: (redis: Redis) => Promise<T>): Promise<T | undefined> {
  const redis = new Redis(port, "127.0.0.1", {
    ...{ lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 },
    ...{ enableReadyCheck: false, commandTimeout: 1_000 },
  });
  redis.on("error", () => {});
  try {
    await redis.connect();
    return await question(redis);
  } catch {
    return undefined;
  } finally {
    redis.disconnect();
  }
}

/** What `redis-cli --cluster create` does. */
async function joinNodes(ports: readonly number[], buses: readonly number[]): Promise<void> {
  const each = ports.map((port) => new Redis(port, "127.0.0.1", { enableReadyCheck: false }));
  const meet = (redis: Redis): Promise<unknown> =>
    redis.call("CLUSTER", "MEET", "127.0.0.1", ports[0]!, buses[0]!);
  try {
    const width = Math.ceil((LAST_SLOT + 1) / PRIMARIES);
    for (const [i, redis] of each.entries()) {
      if (i < PRIMARIES) {
        await redis.call("CLUSTER", "ADDSLOTSRANGE", i * width, Math.min((i + 1) * width - 1, LAST_SLOT));
      }
      await redis.call("CLUSTER", "SET-CONFIG-EPOCH", i + 1);
      if (i > 0) await meet(redis);
    }
    const ids = await Promise.all(each.map((redis) => redis.call("CLUSTER", "MYID") as Promise<string>));
    for (const [i, redis] of each.entries()) {
      const known = async (): Promise<boolean> => {
        const list = String(await redis.call("CLUSTER", "NODES"));
        return ids.every((id) => list.includes(id)) && !list.includes("handshake");
      };
      for (let looks = 1; !(await known()); looks++) {
        await sleep(LOOK_MS);
        if ((looks * LOOK_MS) % MEET_AGAIN_MS === 0) await Promise.all(each.slice(1).map(meet));
      }
      if (i >= PRIMARIES) await redis.call("CLUSTER", "REPLICATE", ids[i - PRIMARIES]!);
    }
  } finally {
    for (const redis of each) redis.disconnect();
  }
}
