import { setTimeout as sleep } from "node:timers/promises";
import type { Queue } from "bullmq";
import { DomainError } from "../../platform/process/errors.ts";
import { inTime } from "../../platform/process/in-time.ts";
import { type ClosedDoors, closedDoors } from "../door-state.ts";
import { redisOf } from "../lanes.ts";
import { countAllWaiting, queuesOf, type TransactionShards } from "../shards.ts";

/** A count is believed for so long, milliseconds. */
const BELIEVED_MS = 250;
/** A count is waited for so long, milliseconds. */
const COUNT_LIMIT_MS = 2_000;
/** When to come again to a full queue: workers take some hundred jobs meanwhile. */
const RETRY_MS = 5_000;

/** When to come again to closed doors: what is drained is drained for a reason. */
const CLOSED_RETRY_MS = 30_000;

/** Whether a queue has room for more: what waits lies in Redis' memory. Doors that somebody closed have none. */
export class QueueRoom {
  readonly #queue: Queue | TransactionShards;
  readonly #most: number;
  #waiting = 0;
  #closed: ClosedDoors | undefined;
  #countedAt = Number.NEGATIVE_INFINITY;

  /** @param most jobs that may wait; 0 is no limit */
  constructor(queue: Queue | TransactionShards, most: number) {
    this.#queue = queue;
    this.#most = most;
  }

  /** @throws DomainError `unavailable` with the time to come again when the queue is full or the doors are closed; Redis' error */
  async demand(): Promise<void> {
    if (!(await this.#isFull())) return;
    if (this.#closed) {
      throw new DomainError(
        "unavailable",
        `no payments are taken to be decided later: the queue is being drained, since ${this.#closed.closedAt}`,
        { retryAfterMs: CLOSED_RETRY_MS },
      );
    }
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
    if (performance.now() - this.#countedAt > BELIEVED_MS) {
      this.#countedAt = performance.now();
      const [first] = queuesOf(this.#queue);
      [this.#waiting, this.#closed] = await Promise.all([
        this.#most === 0 ? 0 : countAllWaiting(this.#queue),
        closedDoors(redisOf(first), first.opts.prefix ?? ""),
      ]);
    }
    return this.#closed !== undefined || (this.#most > 0 && this.#waiting >= this.#most);
  }
}
