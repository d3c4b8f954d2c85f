import { randomBytes } from "node:crypto";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestRedis, type TestRedis } from "../../platform/embedded/testing/redis.ts";
import { readAllowed } from "../../platform/outgoing/addresses.ts";
import type { FailPoint } from "../../platform/process/fail-point.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { connectRedis } from "../../platform/process/redis.ts";
import { SecretBox } from "../accounts/secret-box.ts";
import { enqueueTransactions, openTransactionsQueue } from "../queues.ts";
import { ANN } from "../store/testing.ts";
import { type FakeScorer, startFakeScorer } from "../testing/fake-scorer.ts";
import { eventually, startProcess } from "../testing/started-process.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";
import { addEndpoint } from "./endpoints.ts";
import { type Receiver, startReceiver } from "./testing/receiver.ts";

const PREFIX = "{test}";
const key = randomBytes(32);
let redisServer: TestRedis;
let store: TestStore;
let scorer: FakeScorer;
let to: Receiver;
beforeAll(async () => {
  [redisServer, store, scorer, to] = await Promise.all([
    ...([startTestRedis(), openTestStore()] as const),
    ...([startFakeScorer(), startReceiver()] as const),
  ]);
  const { secret } = await addEndpoint(
    { db: store.db, secrets: new SecretBox(key), allowed: readAllowed("127.0.0.1") },
    ANN,
    { url: to.url, description: "", events: ["decision.recorded", "decision.flagged"], tiers: [] },
  );
  to.trust(secret);
});
afterAll(async () => {
  to?.close();
  scorer?.stop();
  await Promise.all([store?.close(), redisServer?.stop()]);
});

const startWorker = (failPoints = "") =>
  startProcess("pipeline/workers/main.ts", {
    REDIS_URL: redisServer.url,
    REDIS_PREFIX: PREFIX,
    DATABASE_URL: store.url,
    SCORER_ADDRESS: scorer.address,
    SECRET_KEY: key.toString("base64"),
    OUTGOING_ALLOW: "127.0.0.1",
    WORKER_LOCK_SECONDS: "1",
    FAIL_POINTS: failPoints,
  });

async function enqueue(name: string): Promise<void> {
  const redis = connectRedis(redisServer.url, "producer", createLogger("test", "silent"));
  const queue = openTransactionsQueue(redis, PREFIX);
  for (let job = 0; job < 5; job++) {
    await enqueueTransactions(queue, {
      ...{ chunkId: `${name}-${job}`, source: "simulator" },
      transactions: Array.from({ length: 20 }, (_, i) => ({
        ...{ transactionId: `${name}-${job}-${i}`, time: 1_000, amount: 10, cardToken: "tok_x" },
        v: [i === 7 ? 0.9 : 0.05, ...Array(27).fill(0)],
      })),
    });
  }
  await queue.close();
  redis.disconnect();
}

/** Ids of decisions told by events of a type, with the id of the webhook that told each. */
function toldOf(name: string): { recorded: Map<string, Set<string>>; flagged: Map<string, Set<string>> } {
  const recorded = new Map<string, Set<string>>();
  const flagged = new Map<string, Set<string>>();
  const add = (to: Map<string, Set<string>>, transaction: unknown, message: string): void => {
    const id = String(transaction);
    if (id.startsWith(`${name}-`)) to.set(id, (to.get(id) ?? new Set()).add(message));
  };
  for (const { id, type, data } of to.received) {
    if (type === "decision.flagged") add(flagged, data["transaction_id"], id);
    else
      for (const one of data["decisions"] as { transaction_id: string }[])
        add(recorded, one.transaction_id, id);
  }
  return { recorded, flagged };
}

test.each<[where: FailPoint, times: number]>([
  ["record.committed", 2],
  ["webhook.noted", 1],
  ["outbox.delivered", 1],
  ["webhook.claimed", 1],
  ["webhook.sent", 2],
])(
  "kill -9 at %s: every event arrives, and one that comes twice has one id",
  { timeout: 120_000 },
  async (where, times) => {
    const name = where.replace(".", "_");
    const first = await startWorker(`${where}:${times}`);
    await enqueue(name);
    await first.ended;
    const second = await startWorker();
    try {
      await eventually(async () => {
        // As if the claims of the one that died had run out.
        await sql`update webhook_deliveries set next_at = now() where state = 'waiting'`.execute(store.db);
        const { recorded, flagged } = toldOf(name);
        return recorded.size === 100 && flagged.size === 5;
      });
    } finally {
      await second.stop();
    }
    const { recorded, flagged } = toldOf(name);
    for (const messages of [...recorded.values(), ...flagged.values()]) expect(messages.size).toBe(1);
  },
);
