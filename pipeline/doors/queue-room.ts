import { setTimeout as sleep } from "node:timers/promises";
import type { Queue } from "bullmq";
import { DomainError } from "../../platform/process/errors.ts";
import { inTime } from "../../platform/process/in-time.ts";

/** A count is believed for so long, milliseconds. */
const BELIEVED_MS = 250;
/** A count is waited for so long, milliseconds. */
const COUNT_LIMIT_MS = 2_000;
/** When to come again to a full queue: workers take some hundred jobs meanwhile. */
const RETRY_MS = 5_000;

/** Whether a queue has room for more: what waits lies in Redis' memory. */
export class QueueRoom {
  readonly #queue: Pick<Queue, "getWaitingCount">;
  readonly #most: number;
  #waiting = 0;
  #countedAt = Number.NEGATIVE_INFINITY;

  /** @param most jobs that may wait; 0 is no limit */
  constructor(queue: Pick<Queue, "getWaitingCount">, most: number) {
    this.#queue = queue;
    this.#most = most;
  }

  /** @throws DomainError `unavailable` with the time to come again when the queue is full; Redis' error */
  async demand(): Promise<void> {
    if (!(await this.#isFull())) return;
    throw new DomainError(
      "unavailable",
      `${this.#waiting.toLocaleString("en")} jobs wait in the queue already, more than may (QUEUE_LIMIT)`,
      { retryAfterMs: RETRY_MS },
    );
  }

  /** Waits until there is room, or nobody can say, or the time is over, or somebody stops it; {@link demand} says which. */
  async wait(limitMs: number, stopping: AbortSignal): Promise<void> {
    const until = performance.now() + limitMs;
    const full = (): Promise<boolean> => inTime(this.#isFull(), COUNT_LIMIT_MS).catch(() => false);
    while (!stopping.aborted && performance.now() < until && (await full())) await sleep(BELIEVED_MS);
  }

  async #isFull(): Promise<boolean> {
    if (this.#most === 0) return false;
    if (performance.now() - this.#countedAt > BELIEVED_MS) {
      this.#countedAt = performance.now();
      this.#waiting = await this.#queue.getWaitingCount();
    }
    return this.#waiting >= this.#most;
  }
}
