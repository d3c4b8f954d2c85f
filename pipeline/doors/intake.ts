import { randomUUID } from "node:crypto";
import type { Queue } from "bullmq";
import type { Kysely } from "kysely";
import { MAX_CHUNK } from "../../domain/jobs.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { inTime } from "../../platform/process/in-time.ts";
import type { Logger } from "../../platform/process/logger.ts";
import type { Lane } from "../lanes.ts";
import { enqueueTransactions, type QueuedTransaction } from "../queues.ts";
import type { TransactionShards } from "../shards.ts";
import type { Database } from "../store/schema.ts";
import { KnownBefore } from "./known-before.ts";
import { QueueRoom } from "./queue-room.ts";

/** What a door can say of a payment that is right in itself. */
export type Outcome =
  /** Redis has it: it will be decided. */
  | "accepted"
  /** The same payment was decided before, or stands further up in the same list. */
  | "duplicate"
  /** The id is another payment's, which came first and stands. */
  | "conflict"
  /** Nobody knows of it: send it again. Should Redis have it all the same, the repeat counts once. */
  | "not_taken";

export interface Intaken {
  /** In the order of what was handed in. */
  readonly outcomes: readonly Outcome[];
  /** Why some are `not_taken`; absent when none is. */
  readonly failure?: DomainError;
}

export interface IntakeOptions {
  readonly db: Kysely<Database>;
  /** BullMQ `transactions`. */
  readonly queue: Queue | TransactionShards;
  readonly logger: Logger;
  /** Jobs that may wait in the queue before nothing more is taken; 0 is no limit. */
  readonly queueLimit: number;
}

/** A connection that never was, or one that leads to a replica, would otherwise be waited for; milliseconds. */
const LIMIT_MS = 5_000;

/** How payments get from any door into the queue: what was decided before is told at once, and back-pressure is one. */
export class Intake {
  readonly room: QueueRoom;
  readonly #queue: Queue | TransactionShards;
  readonly #known: KnownBefore;

  constructor({ db, queue, logger, queueLimit }: IntakeOptions) {
    this.room = new QueueRoom(queue, queueLimit);
    this.#queue = queue;
    this.#known = new KnownBefore(db, logger);
  }

  /**
   * Hands payments over, chunk by chunk in their order: what is `accepted` is a beginning of what was new.
   *
   * @param source the door's name, e.g. "api"
   */
  async take(
    source: string,
    transactions: readonly QueuedTransaction[],
    lane: Lane = "live",
  ): Promise<Intaken> {
    const standings = await this.#known.standings(transactions);
    const outcomes = standings.map((standing): Outcome => (standing === "new" ? "not_taken" : standing));
    const fresh = standings.flatMap((standing, index) => (standing === "new" ? [index] : []));
    const until = performance.now() + LIMIT_MS;
    try {
      for (let from = 0; from < fresh.length; from += MAX_CHUNK) {
        const chunk = fresh.slice(from, from + MAX_CHUNK);
        const left = () => Math.max(1, until - performance.now());
        await inTime(this.room.demand(), left());
        await inTime(
          enqueueTransactions(this.#queue, {
            chunkId: `${source}-${randomUUID()}`,
            ...{ source, lane },
            transactions: chunk.map((index) => transactions[index]!),
          }),
          left(),
        );
        for (const index of chunk) outcomes[index] = "accepted";
      }
    } catch (error) {
      return { outcomes, failure: failureOf(error) };
    }
    return { outcomes };
  }
}

function failureOf(error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  return new DomainError(
    "unavailable",
    "the queue cannot take transactions right now; send them again, repeats count once",
    { cause: error, retryAfterMs: 2_000 },
  );
}
