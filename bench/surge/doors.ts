import { setTimeout as sleep } from "node:timers/promises";
import { enqueueTransactions, openTransactionsQueue, type QueuedTransaction } from "../../pipeline/queues.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { connectRedis } from "../../platform/process/redis.ts";
import { bodyOf } from "../pipeline/payments.ts";

/** A chunk of payments with an id of its own. */
export interface Chunk {
  readonly id: string;
  readonly payments: readonly QueuedTransaction[];
}

/** One of the ways in, as a client uses it: sends until it is acknowledged. */
export interface Door {
  readonly name: string;
  /** Sends a chunk until it is taken. */
  send(chunk: Chunk): Promise<void>;
  close(): Promise<void>;
}

/** What a door was like from outside. */
export interface Seen {
  /** How long each answer took, milliseconds. */
  readonly answers: number[];
  /** 503s with a time to come again: the queue was full. */
  slowed: number;
  /** Anything else that was no 202, and calls that failed. */
  readonly broken: string[];
}

/** Waits no longer than this between two tries, milliseconds. */
const LONGEST_WAIT_MS = 1_000;

export function httpDoor(origin: string, key: string, seen: Seen): Door {
  const tryOnce = async (body: string): Promise<number | undefined> => {
    const started = performance.now();
    const answer = await fetch(`${origin}/api/v1/transactions`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body,
    });
    const text = await answer.text();
    seen.answers.push(performance.now() - started);
    if (answer.status === 202) return undefined;
    const after = Number(answer.headers.get("retry-after"));
    if (answer.status === 503 && after > 0) seen.slowed++;
    else seen.broken.push(`${answer.status} ${text.slice(0, 200)}`);
    return Math.min(LONGEST_WAIT_MS, after * 1_000 || LONGEST_WAIT_MS);
  };
  return {
    name: "HTTP",
    send: async ({ payments }) => {
      const body = JSON.stringify(payments.map(bodyOf));
      for (;;) {
        const waitMs = await tryOnce(body).catch((error: unknown) => {
          seen.broken.push(String(error));
          return LONGEST_WAIT_MS;
        });
        if (waitMs === undefined) return;
        await sleep(waitMs);
      }
    },
    close: async () => {},
  };
}

export function queueDoor(redisUrl: string, prefix: string): Door {
  const redis = connectRedis(redisUrl, "producer", createLogger("surge", "silent"));
  const queue = openTransactionsQueue(redis, prefix);
  queue.on("error", () => {});
  return {
    name: "queue",
    send: async ({ id, payments }) => {
      await enqueueTransactions(queue, { chunkId: id, source: "surge", transactions: payments });
    },
    close: async () => {
      await queue.close();
      redis.disconnect();
    },
  };
}
