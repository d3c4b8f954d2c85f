import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { enqueueTransactions, openTransactionShards, type QueuedTransaction } from "../../pipeline/queues.ts";
import { startTestCluster } from "../../platform/embedded/testing/redis-cluster.ts";
import type { RedisNode } from "../../platform/embedded/testing/redis-node.ts";
import { startTestSentinels } from "../../platform/embedded/testing/redis-sentinel.ts";
import { freePort } from "../../platform/process/free-port.ts";
import { inTime } from "../../platform/process/in-time.ts";
import { keySlot } from "../../platform/process/key-slot.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { connectRedis } from "../../platform/process/redis.ts";
import { bodyOf, paymentSource } from "../pipeline/payments.ts";
import { hasPostgres, startBenchPostgres, startEmbeddedPostgres } from "../servers/postgres.ts";
import { prepareSchema } from "../servers/schema.ts";
import { ADMIN_KEY, Kept, PREFIX } from "./house.ts";
import { drained, judge } from "./verdict.ts";

export interface FailOverOptions {
  readonly kind: "cluster" | "sentinel";
  /** How long primaries are killed. */
  readonly seconds: number;
  /** Payments a second, through both doors together. */
  readonly rate: number;
  /** Queues that payments are dealt out into, by card. */
  readonly shards: number;
  /** PGlite also where there is a PostgreSQL. */
  readonly embedded: boolean;
}

/** Several servers of Redis, one of whose primaries can be killed and comes back as a replica. */
interface Servers {
  readonly url: string;
  /** The one to be killed for the n-th time. */
  victim(n: number): Promise<RedisNode>;
  back(node: RedisNode): Promise<void>;
  whole(): Promise<void>;
  stop(): Promise<void>;
}

const EVERY_MS = 5_000;
const AWAY_MS = 2_000;
const FIRST_MS = 2_000;
const CHUNK = 50;
const SENDERS = 24;
const ADD_LIMIT_MS = 5_000;
const REST_MS = 100;
const DRAIN_LIMIT_MS = 120_000;
/** Beyond the time of the kills: what is not taken or whole by then is stuck. */
const STUCK_MS = 60_000;
const WORKERS = 3;

async function openServers(kind: FailOverOptions["kind"]): Promise<Servers> {
  if (kind === "sentinel") {
    const sentinels = await startTestSentinels();
    return { ...sentinels, victim: () => sentinels.primary(), back: (node) => sentinels.startReplica(node) };
  }
  const cluster = await startTestCluster();
  return {
    ...cluster,
    // Twice the one that has our keys, then another.
    victim: async (n) => {
      const ours = await cluster.primaryOf(keySlot(PREFIX));
      const others = (await cluster.primaries()).filter((node) => node !== ours);
      return (n % 3 === 2 ? others[0] : ours) ?? cluster.nodes[0]!;
    },
    back: (node) => node.start(),
  };
}

/**
 * Kills primaries of Redis under load, and holds the store against what was acknowledged. Whoever is told that a chunk is
 * not taken sends it again, as producers do.
 *
 * @returns whether nothing was lost or doubled
 */
export async function failOver({ kind, seconds, rate, shards, embedded }: FailOverOptions): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), "paysecure-fail-over-"));
  const [servers, postgres, scorerPort, webPort] = await inTime(
    Promise.all([
      openServers(kind),
      hasPostgres() && !embedded ? startBenchPostgres() : startEmbeddedPostgres(folder),
      freePort(),
      freePort(),
    ]),
    STUCK_MS,
    "starting the servers",
  );
  const env = {
    ...{
      DATA_DIR: folder,
      REDIS_PREFIX: PREFIX,
      LOG_LEVEL: "info",
      RECONCILE_SECONDS: "2",
      QUEUE_SHARDS: String(shards),
    },
    ...{ REDIS_URL: servers.url, DATABASE_URL: postgres.url, SCORER_ADDRESS: `127.0.0.1:${scorerPort}` },
  };
  await inTime(prepareSchema(postgres.url), STUCK_MS, "making the schema");
  const scorer = new Kept("scorer", "scorer/main.ts", { ...env, SCORER_PORT: String(scorerPort) });
  const web = new Kept("web", "web/main.ts", { ...env, PORT: String(webPort), ADMIN_API_KEY: ADMIN_KEY });
  const workers = Array.from(
    { length: WORKERS },
    (_, i) => new Kept(`worker-${i + 1}`, "pipeline/workers/main.ts", { ...env, WORKER_LOCK_SECONDS: "5" }),
  );
  const redis = connectRedis(servers.url, "producer", createLogger("chaos", "silent"));
  const queue = openTransactionShards(redis, PREFIX, { QUEUE_SHARDS: shards, QUEUE_SHARD_BY: "card" });
  for (const one of queue.queues) one.on("error", () => {});
  const taken = new Set<string>();
  const waits: number[] = [];
  let refused = 0;

  const byQueue = async (transactions: readonly QueuedTransaction[], chunkId: string): Promise<boolean> => {
    await inTime(enqueueTransactions(queue, { chunkId, source: "chaos", transactions }), ADD_LIMIT_MS);
    return true;
  };
  const byHttp = async (transactions: readonly QueuedTransaction[]): Promise<boolean> => {
    const response = await fetch(`http://127.0.0.1:${webPort}/api/v1/transactions`, {
      method: "POST",
      headers: { authorization: `Bearer ${ADMIN_KEY}`, "content-type": "application/json" },
      body: JSON.stringify(transactions.map(bodyOf)),
      signal: AbortSignal.timeout(10_000),
    });
    await response.arrayBuffer();
    return response.status === 202;
  };
  const handIn = async (transactions: readonly QueuedTransaction[], door: typeof byQueue): Promise<void> => {
    const [chunkId, since] = [randomUUID(), performance.now()];
    let why = "";
    const told = (error: unknown): false => {
      why = String(error);
      return false;
    };
    while (!(await door(transactions, chunkId).catch(told))) {
      if (performance.now() - since > STUCK_MS)
        throw new Error(`${door.name} takes nothing any more: ${why}`);
      refused++;
      await sleep(REST_MS);
    }
    waits.push(performance.now() - since);
    for (const { transactionId } of transactions) taken.add(transactionId);
  };

  const stopped = async (): Promise<void> => {
    const all = Promise.all([scorer, web, ...workers].map((process) => process.stop()));
    await inTime(all, STUCK_MS, "stopping the processes").catch((error) => console.log(String(error)));
  };

  let sound = true;
  try {
    const up = scorer.start().then(() => Promise.all([web, ...workers].map((process) => process.start())));
    await inTime(up, STUCK_MS, "starting the processes");
    const payments = await paymentSource(`fail-over-${Date.now().toString(36)}`);
    const began = performance.now();
    const ends = began + seconds * 1_000;
    let chunks = 0;
    const sender = async (): Promise<void> => {
      while (performance.now() < ends) {
        const mine = chunks++;
        const due = began + (mine * CHUNK * 1_000) / rate;
        await sleep(Math.max(0, due - performance.now()));
        await handIn(payments(CHUNK), mine % 2 === 0 ? byHttp : byQueue);
      }
    };
    const senders = Array.from({ length: SENDERS }, sender);
    let kills = 0;
    const backs: Promise<void>[] = [];
    for (let due = began + FIRST_MS; due < ends - AWAY_MS; due += EVERY_MS) {
      await sleep(Math.max(0, due - performance.now()));
      const node = await inTime(servers.victim(kills++), STUCK_MS, "finding whom to kill");
      await inTime(node.kill(), STUCK_MS, "killing a server");
      backs.push(sleep(AWAY_MS).then(() => servers.back(node)));
    }
    await inTime(
      Promise.all([...senders, ...backs]),
      seconds * 1_000 + STUCK_MS,
      "sending, and servers' way back",
    );
    const took = (performance.now() - began) / 1_000;
    await inTime(servers.whole(), STUCK_MS, "waiting for servers to be whole");
    const house = { redis: { url: servers.url }, postgres, workers };
    await inTime(drained(house, DRAIN_LIMIT_MS), DRAIN_LIMIT_MS + STUCK_MS, "draining the queues");
    await stopped();
    waits.sort((a, b) => a - b);
    const at = (share: number): string =>
      `${(waits[Math.floor((waits.length - 1) * share)] ?? 0).toFixed(0)} ms`;
    console.log(
      `${kind}: ${kills} primaries killed in ${took.toFixed(0)} s, ${taken.size} payments acknowledged (${(taken.size / took).toFixed(0)}/s), ` +
        `${refused} chunks refused and sent again; acknowledged after ${at(0.5)} at the median, ${at(0.99)} at p99, ${at(1)} at most`,
    );
    const promised = { taken, conflicts: new Set<string>(), verdicts: new Map<number, string>() };
    const checks = await inTime(judge(house, promised), STUCK_MS, "looking at what is stored");
    for (const { name, looked, wrong, example } of checks) {
      if (wrong > 0) sound = false;
      console.log(
        `${wrong === 0 ? "ok   " : "WRONG"} ${name}: ${wrong} of ${looked}${example ? ` (${example})` : ""}`,
      );
    }
    console.log(sound ? `${kills} fail-overs, nothing lost or doubled` : "something is wrong");
  } catch (error) {
    console.log(`stuck: ${error}`);
    await stopped();
    for (const { name, log } of [scorer, web, ...workers])
      console.log(`${name}:\n${log.slice(-20).join("\n")}`);
    throw error;
  } finally {
    await stopped();
    redis.disconnect();
    const closed = Promise.all(queue.queues.map((one) => one.close().catch(() => {})));
    await inTime(closed, STUCK_MS, "closing the queues").catch((error) => console.log(String(error)));
    await servers.stop();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  return sound;
}
