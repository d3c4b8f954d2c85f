import {
  noteUses,
  type PublishedKeys,
  parsePublished,
  readPublished,
} from "../../platform/credentials/published-keys.ts";
import { Followed } from "../../platform/process/followed.ts";
import { inTime } from "../../platform/process/in-time.ts";
import type { Logger } from "../../platform/process/logger.ts";
import { connectRedis, type RedisAddress } from "../../platform/process/redis.ts";
import type { KeyAuthority } from "./authority.ts";

/** Redis is not waited for longer. */
const REDIS_LIMIT_MS = 1_000;

export interface StoredKeysOptions {
  readonly redis: RedisAddress;
  readonly prefix: string;
  /** Where the last known state is kept, so that a start needs no Redis. */
  readonly file: string;
  readonly authority: KeyAuthority;
  readonly logger: Logger;
}

/** The keys made in the console, followed through Redis: the scorer needs no database. */
export class StoredKeys {
  readonly #options: StoredKeysOptions;
  readonly #redis: ReturnType<typeof connectRedis>;
  readonly #keys: Followed<PublishedKeys>;

  private constructor(
    options: StoredKeysOptions,
    redis: ReturnType<typeof connectRedis>,
    keys: Followed<PublishedKeys>,
  ) {
    this.#options = options;
    this.#redis = redis;
    this.#keys = keys;
  }

  /** Begins with what was known last, and asks Redis once. */
  static async open(options: StoredKeysOptions): Promise<StoredKeys> {
    const { redis: address, prefix, file, authority, logger } = options;
    const redis = connectRedis(address, "producer", logger);
    const keys = await Followed.open<PublishedKeys>({
      ...{ what: "API keys", file, logger, parse: parsePublished },
      async ask() {
        const text = await readPublished(redis, prefix);
        return text === null ? null : { mark: text, text: () => Promise.resolve(text) };
      },
      use: (published) => authority.replace("store", published.keys),
    });
    return new StoredKeys(options, redis, keys);
  }

  /** Looks whether the keys have changed, and notes which were used. While Redis is away, those that are known go on. */
  async refresh(): Promise<void> {
    if (await this.#keys.refresh()) await this.#tellUses();
  }

  close(): void {
    this.#redis.disconnect();
  }

  async #tellUses(): Promise<void> {
    const { authority, prefix } = this.#options;
    try {
      await inTime(noteUses(this.#redis, prefix, authority.takeUsed()), REDIS_LIMIT_MS);
    } catch {
      // When a key was last used is worth no more than this try.
    }
  }
}
