import { Queue } from "bullmq";
import { messageOf } from "../../platform/process/errors.ts";
import type { Logger } from "../../platform/process/logger.ts";
import { connectRedis } from "../../platform/process/redis.ts";
import { DECISIONS_QUEUE, type RecordedDecision, type RecordedDecisions } from "../client/types.ts";
import type { Recorder } from "./recorder.ts";

export interface QueueRecorderOptions {
  readonly redisUrl: string;
  /** What our names in Redis begin with. */
  readonly prefix: string;
  readonly logger: Logger;
  /** Decisions that may wait to be sent; beyond it they are dropped, and said to be. */
  readonly maxWaiting: number;
}

/** Decisions of one job. */
const JOB_SIZE = 500;
/** How long the first decision of a job waits for others, milliseconds. */
const LINGER_MS = 20;
const RETRY_MS = 500;
/** How long draining may take, milliseconds. */
const CLOSE_LIMIT_MS = 5_000;

/**
 * Hands decisions to the queue in batches, off the answer's path. A decision is taken only while Redis is reachable and
 * there is room; once taken it is kept until Redis has it.
 */
export class QueueRecorder implements Recorder {
  readonly #options: QueueRecorderOptions;
  readonly #connection: ReturnType<typeof connectRedis>;
  readonly #queue: Queue<RecordedDecisions>;
  #waiting: RecordedDecision[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #closed = false;
  /** Decisions that Redis has. */
  recorded = 0;
  /** Decisions that were not taken. */
  dropped = 0;

  constructor(options: QueueRecorderOptions) {
    this.#options = options;
    this.#connection = connectRedis(options.redisUrl, "producer", options.logger);
    this.#queue = new Queue<RecordedDecisions>(DECISIONS_QUEUE, {
      connection: this.#connection,
      prefix: options.prefix,
    });
    // BullMQ repeats the connection's errors, which connectRedis has logged.
    this.#queue.on("error", () => {});
  }

  /** Decisions taken and not sent yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  offer(decision: RecordedDecision): boolean {
    if (
      this.#closed ||
      this.#connection.status !== "ready" ||
      this.#waiting.length >= this.#options.maxWaiting
    ) {
      this.dropped++;
      return false;
    }
    this.#waiting.push(decision);
    if (!this.#sending) {
      if (this.#waiting.length >= JOB_SIZE) this.#start();
      else this.#timer ??= setTimeout(() => this.#start(), LINGER_MS);
    }
    return true;
  }

  /** Sends what is left, as long as Redis takes it within a few seconds. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#start();
    const limit = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_LIMIT_MS).unref());
    await Promise.race([this.#sending, limit]);
    if (this.#waiting.length > 0) {
      this.#options.logger.error(
        { decisions: this.#waiting.length },
        "decisions lost: Redis did not take them",
      );
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
    while (this.#waiting.length > 0) {
      const decisions = this.#waiting.slice(0, JOB_SIZE);
      try {
        await this.#queue.add(
          DECISIONS_QUEUE,
          { decisions },
          {
            attempts: 20,
            backoff: { type: "exponential", delay: 500 },
            removeOnComplete: true,
            removeOnFail: 1_000,
          },
        );
        this.recorded += decisions.length;
        this.#waiting = this.#waiting.slice(decisions.length);
      } catch (error) {
        this.#options.logger.warn({ err: messageOf(error) }, "decisions wait for Redis");
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        if (this.#closed && this.#connection.status !== "ready") return;
      }
    }
  }
}
