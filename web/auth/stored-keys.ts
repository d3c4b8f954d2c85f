import { setTimeout as sleep } from "node:timers/promises";
import type { Kysely } from "kysely";
import { noteKeyUse, readActiveKeys } from "../../pipeline/keys/publish.ts";
import type { Database } from "../../pipeline/store/schema.ts";
import { hashKey, type KnownKey, looksLikeApiKey } from "../../platform/credentials/api-key.ts";
import { messageOf } from "../../platform/process/errors.ts";
import { inTime } from "../../platform/process/in-time.ts";
import type { Logger } from "../../platform/process/logger.ts";

/** What is known is asked for again after so long: a key that is revoked elsewhere opens nothing after that. */
const FRESH_MS = 2_000;
/** A key that is not known may have been made a moment ago; so often at most, unknown keys make us look. */
const LOOK_AGAIN_MS = 100;
/** While the database is away nobody can revoke a key either; what is known goes on for so long. */
const KEEP_WHILE_AWAY_MS = 60_000;
const WAIT_LIMIT_MS = 1_000;
const NOTE_USE_EVERY_MS = 60_000;

/** The keys of the store in this process's memory: who shows one costs no query, nor who shows a wrong one. */
export class StoredKeys {
  readonly #db: Kysely<Database>;
  readonly #logger: Logger;
  #byHash: ReadonlyMap<string, KnownKey> = new Map();
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;
  readonly #notedAt = new Map<string, number>();

  constructor(db: Kysely<Database>, logger: Logger) {
    this.#db = db;
    this.#logger = logger;
  }

  /**
   * The active key that was shown.
   *
   * @throws the database's error when it is away and what is known is too old
   */
  async find(key: string): Promise<KnownKey | undefined> {
    if (!looksLikeApiKey(key)) return undefined;
    const hash = hashKey(key);
    await this.#refresh(FRESH_MS);
    if (!this.#byHash.has(hash)) {
      const age = performance.now() - this.#readAt;
      if (age <= LOOK_AGAIN_MS) await sleep(LOOK_AGAIN_MS - age + 1);
      await this.#refresh(LOOK_AGAIN_MS);
    }
    const found = this.#byHash.get(hash);
    if (!found || (found.expiresAt ?? 0) <= Date.now()) return undefined;
    this.#noteUse(found.id);
    return found;
  }

  /** After a change made by this process: the next one who asks sees it. */
  forget(): void {
    this.#readAt = Number.NEGATIVE_INFINITY;
  }

  async #refresh(maxAgeMs: number): Promise<void> {
    const age = performance.now() - this.#readAt;
    if (age <= maxAgeMs) return;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    try {
      await inTime(this.#reading, WAIT_LIMIT_MS);
    } catch (error) {
      if (age > KEEP_WHILE_AWAY_MS) throw error;
    }
  }

  async #read(): Promise<void> {
    const begun = performance.now();
    const { keys } = await readActiveKeys(this.#db);
    this.#byHash = new Map(keys.map((key) => [key.sha256, key]));
    this.#readAt = begun;
    for (const id of this.#notedAt.keys()) if (!keys.some((key) => key.id === id)) this.#notedAt.delete(id);
  }

  #noteUse(id: string): void {
    const now = Date.now();
    if (now - (this.#notedAt.get(id) ?? 0) < NOTE_USE_EVERY_MS) return;
    this.#notedAt.set(id, now);
    noteKeyUse(this.#db, id, new Date(now)).catch((error: unknown) =>
      this.#logger.warn({ err: messageOf(error) }, "the use of an API key was not noted"),
    );
  }
}
