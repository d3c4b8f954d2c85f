import { randomUUID } from "node:crypto";
import { DECISIONS_QUEUE, JOB_RETRIES, MAX_DECISIONS, type RecordedDecision } from "../../domain/jobs.ts";
import { messageOf } from "../../platform/process/errors.ts";
import { failPoint } from "../../platform/process/fail-point.ts";
import type { Logger } from "../../platform/process/logger.ts";
import {
  connectRedis,
  leaveServer,
  type RedisAddress,
  type RedisConnection,
} from "../../platform/process/redis.ts";
import { ReplicatedQueue } from "../../platform/process/replicated-queue.ts";
import type { Recorder } from "./recorder.ts";

export interface QueueRecorderOptions {
  readonly redis: RedisAddress;
  /** What our names in Redis begin with. */
  readonly prefix: string;
  readonly logger: Logger;
  /** Decisions that may wait to be sent; beyond it they are dropped, and said to be. */
  readonly maxWaiting: number;
}

/** How long the first decision of a job waits for others, milliseconds; while a job is on its way they gather anyway. */
const LINGER_MS = 1;
/** Jobs that are sent in one round trip. */
const MAX_JOBS = 20;
const RETRY_MS = 500;
/** An answer waits so long for Redis to say that it has the decision, milliseconds. */
const ANSWER_LIMIT_MS = 1_000;
/** A batch that could not be sent takes in others for so long: the limit of an answer is counted from its first. */
const GATHER_MS = 200;
/** A connection on which Redis has said nothing for so long is given up for a new one, milliseconds. */
const SILENCE_MS = 5_000;
/** How long draining may take, milliseconds. */
const CLOSE_LIMIT_MS = 5_000;

/** Decisions that become one job, and those who wait to hear of it. */
interface Batch {
  readonly decisions: RecordedDecision[];
  /** As `performance.now()`. */
  readonly since: number;
  readonly taken: Promise<boolean>;
  readonly tell: (taken: boolean) => void;
  readonly limit: NodeJS.Timeout;
}

/**
 * Hands decisions to the queue in jobs. A decision is taken only while Redis is reachable and there is room; once taken
 * it is kept until Redis has it, also when whoever asked has been told that nobody knows yet.
 */
export class QueueRecorder implements Recorder {
  readonly #options: QueueRecorderOptions;
  readonly #connection: RedisConnection;
  readonly #queue: ReplicatedQueue;
  #batches: Batch[] = [];
  #waiting = 0;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #closed = false;
  /** Decisions that Redis has. */
  recorded = 0;
  /** Decisions that were not taken. */
  dropped = 0;

  constructor(options: QueueRecorderOptions) {
    this.#options = options;
    this.#connection = connectRedis(options.redis, "producer", options.logger);
    this.#queue = new ReplicatedQueue(DECISIONS_QUEUE, this.#connection, {
      prefix: options.prefix,
      defaultJobOptions: { ...JOB_RETRIES, removeOnComplete: true },
    });
    // BullMQ repeats the connection's errors, which connectRedis has logged.
    this.#queue.on("error", () => {});
  }

  /** Decisions taken that Redis has not got yet. */
  get waiting(): number {
    return this.#waiting;
  }

  offer(decision: RecordedDecision): Promise<boolean> {
    if (this.#closed || this.#connection.status !== "ready" || this.#waiting >= this.#options.maxWaiting) {
      this.dropped++;
      return Promise.resolve(false);
    }
    // What is on its way to Redis is out of the list: the last batch in it is still open.
    let batch = this.#batches.at(-1);
    if (!batch || !hasRoom(batch)) {
      batch = newBatch();
      this.#batches.push(batch);
    }
    batch.decisions.push(decision);
    this.#waiting++;
    if (!this.#sending) {
      if (this.#waiting >= MAX_DECISIONS) this.#start();
      else this.#timer ??= setTimeout(() => this.#start(), LINGER_MS);
    }
    return batch.taken;
  }

  /** Sends what is left, as long as Redis takes it within a few seconds. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#start();
    const limit = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_LIMIT_MS).unref());
    await Promise.race([this.#sending, limit]);
    if (this.#waiting > 0) {
      this.#options.logger.error({ decisions: this.#waiting }, "decisions lost: Redis did not take them");
    }
    this.#connection.disconnect();
    await this.#queue.close().catch(() => {});
  }

  #start(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending ??= this.#send().finally(() => {
      this.#sending = undefined;
    });
  }

  async #send(): Promise<void> {
    while (this.#batches.length > 0) {
      const batches = this.#batches.splice(0, MAX_JOBS);
      failPoint("recorder.taken");
      // What was under way on it is sent again on the new one, or fails, and is sent again here.
      const silent = setTimeout(() => leaveServer(this.#connection), SILENCE_MS);
      try {
        await this.#queue.addBulk(
          batches.map(({ decisions }) => ({
            name: DECISIONS_QUEUE,
            data: { decisions },
            // Not BullMQ's count, which begins anew when Redis loses everything: dead letters go by this id.
            opts: { jobId: randomUUID() },
          })),
        );
        failPoint("recorder.sent");
        for (const { decisions, limit, tell } of batches) {
          clearTimeout(limit);
          this.recorded += decisions.length;
          this.#waiting -= decisions.length;
          tell(true);
        }
      } catch (error) {
        // Nobody knows how many Redis has: all are sent again, and those it has are repeats.
        this.#batches.unshift(...batches);
        this.#options.logger.warn({ err: messageOf(error) }, "decisions wait for Redis");
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        if (this.#closed && this.#connection.status !== "ready") return;
      } finally {
        clearTimeout(silent);
      }
    }
  }
}

function hasRoom({ decisions, since }: Batch): boolean {
  return decisions.length < MAX_DECISIONS && performance.now() - since <= GATHER_MS;
}

function newBatch(): Batch {
  let tell: (taken: boolean) => void = () => {};
  const taken = new Promise<boolean>((resolve) => {
    tell = resolve;
  });
  const limit = setTimeout(() => tell(false), ANSWER_LIMIT_MS).unref();
  return { decisions: [], since: performance.now(), taken, tell, limit };
}
