import { type Kysely, sql } from "kysely";
import { messageOf } from "../../platform/process/errors.ts";
import { inTime } from "../../platform/process/in-time.ts";
import type { Logger } from "../../platform/process/logger.ts";
import type { QueuedTransaction } from "../queues.ts";
import { queuedContent } from "../record/queued-content.ts";
import type { Database } from "../store/schema.ts";

/** How a payment stands to what came before it under its id: nothing, the same content, another one. */
export type Standing = "new" | "duplicate" | "conflict";

/** A door waits so long for the store's word, milliseconds … */
const LIMIT_MS = 1_000;
/** … and, when there was none, does not ask again for so long: payments are taken while the store is away. */
const REST_MS = 5_000;

/**
 * Tells callers of a door what the pipeline would find out later. What still lies in a queue is known to nobody: it
 * counts as new, and the pipeline records it once.
 */
export class KnownBefore {
  readonly #db: Kysely<Database>;
  readonly #logger: Logger;
  #restUntil = 0;

  constructor(db: Kysely<Database>, logger: Logger) {
    this.#db = db;
    this.#logger = logger;
  }

  /** Of each transaction, in their order; the first of an id in the list is what later ones are held against. */
  async standings(transactions: readonly QueuedTransaction[]): Promise<Standing[]> {
    const known: Map<string, string | null> = await this.#decided(transactions);
    return transactions.map((transaction): Standing => {
      const id = transaction.transactionId;
      const { hash } = queuedContent(transaction);
      const before = known.get(id);
      if (before === undefined) {
        known.set(id, hash);
        return "new";
      }
      // An earlier version kept no hashes: what it decided stands.
      return before === null || before === hash ? "duplicate" : "conflict";
    });
  }

  /** Hashes of what was decided, by id; none of any while the store is away. */
  async #decided(transactions: readonly QueuedTransaction[]): Promise<Map<string, string | null>> {
    if (transactions.length === 0 || performance.now() < this.#restUntil) return new Map();
    const ids = transactions.map(({ transactionId }) => transactionId);
    try {
      const { rows } = await inTime(
        sql<{ id: string; hash: string | null }>`
          select transaction_id as id, encode(content_hash, 'hex') as hash from transaction_keys
          where transaction_id = any(${ids}::text[])`.execute(this.#db),
        LIMIT_MS,
      );
      return new Map(rows.map(({ id, hash }) => [id, hash]));
    } catch (error) {
      this.#restUntil = performance.now() + REST_MS;
      this.#logger.warn(
        { err: messageOf(error) },
        "the store does not say what was decided: all is taken as new",
      );
      return new Map();
    }
  }
}
