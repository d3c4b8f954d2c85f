import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { enqueueTransactions, openTransactionsQueue, type QueuedTransaction } from "../../pipeline/queues.ts";
import { inTime } from "../../platform/process/in-time.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { connectRedis } from "../../platform/process/redis.ts";
import { createScorerClient } from "../../scorer/client.ts";
import { bodyOf, paymentSource } from "../pipeline/payments.ts";
import { ADMIN_KEY, type ChaosHouse, PREFIX } from "./house.ts";

/** What the outside was promised. */
export interface Promised {
  /** Ids of payments that were taken: the queue had them, 202, `recorded: true`. */
  readonly taken: Set<string>;
  /** Ids that were sent again with another content, and taken. */
  readonly conflicts: Set<string>;
  /** Case → verdict that was answered with 200. */
  readonly verdicts: Map<number, string>;
}

export interface Load {
  readonly promised: Promised;
  /** Sends nothing more and waits until what is under way has been answered. */
  pause(): Promise<void>;
  resume(): void;
  stop(): Promise<void>;
}

const CHUNK = 20;
const REST_MS = 40;

/** Payments through three doors and verdicts by the API, as long as it is not stopped; what fails is not promised. */
export async function startLoad(house: ChaosHouse, random: () => number): Promise<Load> {
  const promised: Promised = { taken: new Set(), conflicts: new Set(), verdicts: new Map() };
  const payments = await paymentSource(`chaos-${Date.now().toString(36)}`);
  const redis = connectRedis(house.redis.url, "producer", createLogger("chaos", "silent"));
  const queue = openTransactionsQueue(redis, PREFIX);
  queue.on("error", () => {});
  const scorer = createScorerClient({ address: house.scorerAddress, deadlineMs: 3_000 });
  let paused = false;
  let stopping = false;
  let sending = 0;

  /** Some are clearly fraud, so that there is something to review. */
  const next = (): QueuedTransaction[] =>
    payments(CHUNK).map((payment, i) =>
      i % 10 === 3
        ? { ...payment, v: payment.v?.map((value, k) => ([13, 11, 9, 16].includes(k) ? -9 : value)) }
        : payment,
    );

  const doors: Record<string, (chunk: readonly QueuedTransaction[]) => Promise<string[]>> = {
    queue: async (chunk) => {
      await inTime(
        enqueueTransactions(queue, { chunkId: randomUUID(), source: "chaos", transactions: chunk }),
        ADD_LIMIT_MS,
      );
      return chunk.map((payment) => payment.transactionId);
    },
    http: async (chunk) => {
      const response = await call("/api/v1/transactions", chunk.map(bodyOf));
      return response.status === 202 ? chunk.map((payment) => payment.transactionId) : [];
    },
    grpc: async (chunk) => {
      const results = await scorer.scoreBatch(
        chunk.map(({ truth: _, eventTime, eventTimeAssumed: __, ...payment }) => ({
          ...payment,
          eventTime: eventTime === undefined ? undefined : new Date(eventTime),
        })),
        { record: true },
      );
      return results.flatMap((result) =>
        result.ok && result.decision.recorded ? [result.transactionId] : [],
      );
    },
  };
  const names = Object.keys(doors);
  const pick = (): ((chunk: readonly QueuedTransaction[]) => Promise<string[]>) =>
    doors[names[Math.floor(random() * names.length)]!]!;
  const call = (path: string, body: unknown): Promise<Response> =>
    fetch(`${house.webUrl}${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${ADMIN_KEY}`, "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(5_000),
    });

  const send = async (): Promise<void> => {
    const chunk = next();
    for (const id of await pick()(chunk)) promised.taken.add(id);
    // Again, by any door: repeats.
    if (random() < 0.2) await pick()(chunk);
    const first = chunk[0]!;
    if (random() < 0.1 && promised.taken.has(first.transactionId) && (await isDecided(first.transactionId))) {
      const [taken] = await pick()([{ ...first, amount: first.amount + 1 }]);
      if (taken !== undefined) promised.conflicts.add(taken);
    }
  };
  const isDecided = async (id: string): Promise<boolean> => {
    for (let tries = 0; tries < 20; tries++) {
      const found = await read(`/api/v1/transactions?search=${encodeURIComponent(id)}`).catch(
        () => undefined,
      );
      if (Array.isArray(found?.["items"]) && found["items"].length > 0) return true;
      await sleep(200);
    }
    return false;
  };
  const read = async (path: string): Promise<Record<string, unknown>> => {
    const response = await fetch(`${house.webUrl}${path}`, {
      headers: { authorization: `Bearer ${ADMIN_KEY}` },
      signal: AbortSignal.timeout(5_000),
    });
    return (await response.json()) as Record<string, unknown>;
  };
  const review = async (): Promise<void> => {
    const { items } = (await read("/api/v1/reviews?limit=5")) as { items: { case_id: number }[] };
    const found = items[Math.floor(random() * items.length)];
    if (!found) return;
    if (random() < 0.5) await call(`/api/v1/reviews/${found.case_id}/claim`, {});
    const verdict = random() < 0.7 ? "fraud" : "legitimate";
    const answer = await call(`/api/v1/reviews/${found.case_id}/decide`, { verdict, note: "chaos" });
    if (answer.status === 200) promised.verdicts.set(found.case_id, verdict);
  };

  const loop = async (work: () => Promise<void>, restMs: number): Promise<void> => {
    while (!stopping) {
      if (!paused) {
        sending++;
        // What could not be handed over was not promised.
        await work().catch(() => {});
        sending--;
      }
      await sleep(restMs);
    }
  };
  const loops = [loop(send, REST_MS), loop(send, REST_MS), loop(review, 100)];
  const pause = async (): Promise<void> => {
    paused = true;
    while (sending > 0) await sleep(20);
  };
  return {
    promised,
    pause,
    resume: () => {
      paused = false;
    },
    stop: async () => {
      stopping = true;
      await Promise.all(loops);
      scorer.close();
      redis.disconnect();
      await queue.close().catch(() => {});
    },
  };
}

/** Adding to a Redis that is away would wait for ever; what comes late is a repeat nobody was promised. Milliseconds. */
const ADD_LIMIT_MS = 3_000;
