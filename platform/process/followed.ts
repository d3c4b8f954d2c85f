import { mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { codeOf, messageOf } from "./errors.ts";
import { inTime } from "./in-time.ts";
import type { Logger } from "./logger.ts";
import { replaceFile } from "./replace-file.ts";

/** The store is not waited for longer; what is known goes on. */
const ASK_LIMIT_MS = 1_000;
/**
 * An earlier version is a replica that lags, and put right within seconds. One that stays is the store's own word: it
 * was restored from a backup.
 */
const BELIEVE_EARLIER_AFTER_MS = 60_000;

export interface FollowedOptions<T extends { readonly version: number }> {
  /** What it is called in the log: "API keys". */
  readonly what: string;
  /** Where the last known state is kept, so that a start needs no store. */
  readonly file: string;
  readonly logger: Logger;
  /** What the store says now, told apart by its mark; null when it says nothing (it may have been emptied). */
  ask(): Promise<{ readonly mark: string; text(): Promise<string | null> } | null>;
  /** @throws anything for a text that cannot be used: what was known goes on */
  parse(text: string): Promise<T> | T;
  use(value: T): void;
}

/** A state that a process without a database follows; it starts with what it knew last, and outlives the store's absence. */
export class Followed<T extends { readonly version: number }> {
  readonly #options: FollowedOptions<T>;
  /** Of what is used, or of what could not be: that is asked for once. */
  #mark: string | undefined;
  #version = -1;
  #earlierSince: number | undefined;
  #trouble = "";

  private constructor(options: FollowedOptions<T>) {
    this.#options = options;
  }

  /** Begins with what was known last, and asks the store once. */
  static async open<T extends { readonly version: number }>(
    options: FollowedOptions<T>,
  ): Promise<Followed<T>> {
    const followed = new Followed(options);
    await followed.readFile();
    await followed.refresh();
    return followed;
  }

  /**
   * Looks whether the state has changed. While the store is away, empty or wrong, what is known goes on.
   *
   * @returns whether the store answered with something that can be used
   */
  async refresh(): Promise<boolean> {
    const { ask, logger, what } = this.#options;
    try {
      const now = await inTime(ask(), ASK_LIMIT_MS);
      if (now === null || now.mark === this.#mark) this.#earlierSince = undefined;
      else {
        const text = await inTime(now.text(), ASK_LIMIT_MS);
        if (text !== null) await this.#take(now.mark, text);
      }
      this.#trouble = "";
      return true;
    } catch (error) {
      const trouble = messageOf(error);
      if (trouble !== this.#trouble) logger.warn({ err: trouble }, `${what} stay as they were last known`);
      this.#trouble = trouble;
      return false;
    }
  }

  /** Takes the file's state; what is wrong with it is logged. */
  async readFile(): Promise<void> {
    const { file, logger, parse, what } = this.#options;
    try {
      this.#use(await parse(await readFile(file, "utf8")));
    } catch (error) {
      if (codeOf(error) !== "ENOENT")
        logger.error({ err: messageOf(error) }, `the last known ${what} cannot be read`);
    }
  }

  async #take(mark: string, text: string): Promise<void> {
    const { file, logger, parse, what } = this.#options;
    // A text that cannot be used is not parsed again every two seconds.
    let value: T;
    try {
      value = await parse(text);
    } catch (error) {
      this.#mark = mark;
      throw error;
    }
    if (value.version < this.#version) {
      this.#earlierSince ??= Date.now();
      if (Date.now() - this.#earlierSince < BELIEVE_EARLIER_AFTER_MS) return;
    }
    this.#mark = mark;
    this.#use(value);
    logger.info({ version: value.version }, `${what} renewed`);
    try {
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      await replaceFile(file, text, `the last known ${what}`, 0o600);
    } catch (error) {
      logger.error(
        { err: error },
        `${what} cannot be kept: a start without the store would know earlier ones`,
      );
    }
  }

  #use(value: T): void {
    this.#version = value.version;
    this.#earlierSince = undefined;
    this.#options.use(value);
  }
}
