import { mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import {
  noteUses,
  type PublishedKeys,
  parsePublished,
  readPublished,
} from "../../platform/credentials/published-keys.ts";
import { codeOf, messageOf } from "../../platform/process/errors.ts";
import { inTime } from "../../platform/process/in-time.ts";
import type { Logger } from "../../platform/process/logger.ts";
import { connectRedis, type RedisAddress } from "../../platform/process/redis.ts";
import { replaceFile } from "../../platform/process/replace-file.ts";
import type { KeyAuthority } from "./authority.ts";

/** Redis is not waited for longer; what is known goes on. */
const REDIS_LIMIT_MS = 1_000;
/**
 * An earlier version is a replica that lags, and put right within seconds. One that stays is the store's own word: it
 * was restored from a backup.
 */
const BELIEVE_EARLIER_AFTER_MS = 60_000;

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
  #text = "";
  #version = -1;
  #earlierSince: number | undefined;
  #away = false;

  private constructor(options: StoredKeysOptions) {
    this.#options = options;
    this.#redis = connectRedis(options.redis, "producer", options.logger);
  }

  /** Begins with what was known last, and asks Redis once. */
  static async open(options: StoredKeysOptions): Promise<StoredKeys> {
    const stored = new StoredKeys(options);
    await stored.#readFile();
    await stored.refresh();
    return stored;
  }

  /** Looks whether the keys have changed. While Redis is away, empty or wrong, those that are known go on. */
  async refresh(): Promise<void> {
    const { prefix, authority, logger } = this.#options;
    try {
      const text = await inTime(readPublished(this.#redis, prefix), REDIS_LIMIT_MS);
      if (text !== null && text !== this.#text) await this.#take(text);
      else this.#earlierSince = undefined;
      await inTime(noteUses(this.#redis, prefix, authority.takeUsed()), REDIS_LIMIT_MS);
      this.#away = false;
    } catch (error) {
      if (!this.#away) logger.warn({ err: messageOf(error) }, "API keys stay as they were last known");
      this.#away = true;
    }
  }

  close(): void {
    this.#redis.disconnect();
  }

  async #take(text: string): Promise<void> {
    const published = parsePublished(text);
    if (published.version < this.#version) {
      this.#earlierSince ??= Date.now();
      if (Date.now() - this.#earlierSince < BELIEVE_EARLIER_AFTER_MS) return;
    }
    this.#use(text, published);
    this.#options.logger.info({ keys: published.keys.length }, "API keys renewed");
    const { file, logger } = this.#options;
    try {
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      await replaceFile(file, text, "the last known API keys", 0o600);
    } catch (error) {
      logger.error({ err: error }, "API keys cannot be kept: a start without Redis would know earlier ones");
    }
  }

  #use(text: string, { version, keys }: PublishedKeys): void {
    this.#text = text;
    this.#version = version;
    this.#earlierSince = undefined;
    this.#options.authority.replace("store", keys);
  }

  async #readFile(): Promise<void> {
    const { file, logger } = this.#options;
    try {
      const text = await readFile(file, "utf8");
      this.#use(text, parsePublished(text));
    } catch (error) {
      if (codeOf(error) !== "ENOENT")
        logger.error({ err: messageOf(error) }, "the last known API keys cannot be read");
    }
  }
}
