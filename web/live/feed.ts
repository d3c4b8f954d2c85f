import type { HourReport } from "../../domain/hour.ts";
import type { TierRule } from "../../domain/policy/decision-policy.ts";
import type { ByTier } from "../../domain/tiers.ts";
import type { AlertCounts } from "../../pipeline/alerts/lists.ts";
import { parseLive } from "../../pipeline/live.ts";
import type { QueueItem } from "../../pipeline/review/queue.ts";
import type { DecisionSummary } from "../../pipeline/store/decision-list.ts";
import type { LiveStats, MinutePoint } from "../../pipeline/store/stats.ts";
import { messageOf } from "../../platform/process/errors.ts";
import type { Logger } from "../../platform/process/logger.ts";

/** What every live page draws from, read from the database in one go. */
export interface LiveSnapshot {
  readonly takenAt: Date;
  readonly stats: LiveStats;
  readonly latest: readonly DecisionSummary[];
  readonly minutes: readonly MinutePoint[];
  readonly nextCases: readonly QueueItem[];
  /** What the active policy asks for by tier, before any rule. */
  readonly tiers: ByTier<TierRule>;
  /** Without the scorer nothing is decided, and every figure stands still. */
  readonly scorerServes: boolean;
  /** What nobody has acknowledged. */
  readonly alerts: AlertCounts;
  /** The last hour beside the same hour of past weeks. */
  readonly hour: HourReport;
  /** `push`: Redis says when something changed. `poll`: Redis is away, the database is asked every 2 s. */
  readonly mode: "push" | "poll";
}

/** The channel's news; ioredis fits it. */
export interface LiveChannel {
  readonly connected: () => boolean;
  onMessage(listener: (text: string) => void): void;
  /** Calls when the connection was lost or came back: what was said in between was not heard. */
  onChange(listener: () => void): void;
}

export interface LiveFeedOptions {
  readonly read: () => Promise<Omit<LiveSnapshot, "takenAt" | "mode">>;
  readonly channel: LiveChannel;
  readonly logger: Logger;
  /** Changes closer together than this are shown together, milliseconds. Default 1,000. */
  readonly coalesceMs?: number;
  /** Without Redis the database is asked this often. Default 2,000. */
  readonly pollMs?: number;
  /** With Redis and no news it is read anyway after this long: rates fall and deadlines pass. Default 5,000. */
  readonly idleMs?: number;
  /** A read that takes longer is taken for a database that does not answer, milliseconds. Default 4,000. */
  readonly hungMs?: number;
  /** When it aborts nothing more is read unasked: the database is about to be closed. */
  readonly stopping?: AbortSignal;
}

/** How old the figures around a page may be, and how long after a page was drawn the next is expected, milliseconds. */
const AROUND_MS = 5_000;

type Listener = () => void;

/**
 * One reader for all connected browsers: it reads the database when Redis says that something changed (at most once
 * in `coalesceMs`), or every `pollMs` while Redis is away, and wakes the streams. It rests while nobody watches or opens pages.
 */
export class LiveFeed {
  readonly #options: Required<Omit<LiveFeedOptions, "stopping">> & Pick<LiveFeedOptions, "stopping">;
  readonly #listeners = new Set<Listener>();
  readonly #onRead: ((snapshot: LiveSnapshot) => void)[] = [];
  #snapshot: LiveSnapshot | null = null;
  #reading: Promise<LiveSnapshot> | null = null;
  #timer: NodeJS.Timeout | null = null;
  /** Something changed since it was last read. */
  #dirty = false;
  /** How often a person did something, who looks for it in the next page … */
  #done = 0;
  /** … and as far as the snapshot knows of it. */
  #seen = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  #failing = false;
  #hung = false;
  #queueVersion = 0;
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(options: LiveFeedOptions) {
    this.#options = { coalesceMs: 1_000, pollMs: 2_000, idleMs: 5_000, hungMs: 4_000, ...options };
    options.channel.onChange(() => this.nudge());
    options.channel.onMessage((text) => {
      const message = parseLive(text);
      if (message === null) return;
      if (message.type === "review" || (message.type === "decisions" && message.flagged > 0))
        this.#queueVersion += 1;
      if (message.type === "review") this.#done += 1;
      this.#dirty = true;
      this.#schedule();
    });
  }

  /** The newest snapshot; null until something was read. */
  get snapshot(): LiveSnapshot | null {
    return this.#snapshot;
  }

  /** Whether the last read of the database failed, or the present one hangs: what is shown is old. */
  get failing(): boolean {
    return this.#failing || this.#hung;
  }

  /** Rises whenever a review case may have changed; what draws cases need not read them again while it stands still. */
  get queueVersion(): number {
    return this.#queueVersion;
  }

  /**
   * A snapshot no older than twice `coalesceMs`, nor than what this process or a reviewer did, for a page that is being
   * drawn. Payments do not make it old: they come hundreds a second, and each page would read all of it again. While they
   * come it is read every `coalesceMs`, and nobody waits for the next.
   */
  async current(): Promise<LiveSnapshot> {
    return await this.#since(2 * this.#options.coalesceMs);
  }

  /**
   * A snapshot for what stands around a page, as the number of open cases: up to 5 s old, unless this process or a
   * reviewer did something since. The page's stream brings it up to date as soon as the browser has opened it.
   */
  async recent(): Promise<LiveSnapshot> {
    return await this.#since(AROUND_MS);
  }

  async #since(ageMs: number): Promise<LiveSnapshot> {
    const now = performance.now();
    this.#askedAt = now;
    const done = this.#done;
    if (this.#snapshot && now - this.#readAt < ageMs && this.#seen === done) {
      this.#schedule();
      return this.#snapshot;
    }
    const read = await this.#read();
    // What was being read already may not know of it.
    return this.#seen < done ? await this.#read() : read;
  }

  /** Wakes `listener` after each new snapshot (or failed read, or when one hangs); keeps the feed running until the returned function is called. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    this.#schedule();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0 && this.#timer) {
        clearTimeout(this.#timer);
        this.#timer = null;
      }
    };
  }

  /** Calls with each new snapshot, whoever wanted it. */
  onRead(listener: (snapshot: LiveSnapshot) => void): void {
    this.#onRead.push(listener);
  }

  /** Reads soon, as if Redis had spoken: after this process changed something itself, or may have missed something. */
  nudge(): void {
    this.#queueVersion += 1;
    this.#dirty = true;
    this.#done += 1;
    this.#schedule();
  }

  /** Somebody watches, or has just opened a page and is likely to open another. */
  get #wanted(): boolean {
    return this.#listeners.size > 0 || performance.now() - this.#askedAt < AROUND_MS;
  }

  #schedule(): void {
    if (!this.#wanted || this.#options.stopping?.aborted) return;
    const { coalesceMs, pollMs, idleMs, channel } = this.#options;
    const every = this.#dirty ? coalesceMs : channel.connected() ? idleMs : pollMs;
    const wait = Math.max(0, this.#readAt + every - performance.now());
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (!this.#wanted || this.#options.stopping?.aborted) return;
      this.#read().then(
        () => {},
        () => {},
      );
    }, wait).unref();
  }

  #read(): Promise<LiveSnapshot> {
    if (this.#reading) return this.#reading;
    const hung = setTimeout(() => {
      this.#hung = true;
      this.#options.logger.warn("live feed waits for the database");
      this.#wake();
    }, this.#options.hungMs);
    this.#reading = this.#readNow().finally(() => {
      clearTimeout(hung);
      this.#hung = false;
      this.#reading = null;
      this.#wake();
      this.#schedule();
    });
    return this.#reading;
  }

  #wake(): void {
    for (const listener of this.#listeners) listener();
  }

  async #readNow(): Promise<LiveSnapshot> {
    this.#dirty = false;
    this.#readAt = performance.now();
    const done = this.#done;
    try {
      const mode = this.#options.channel.connected() ? "push" : "poll";
      if (mode === "poll") this.#queueVersion += 1;
      this.#snapshot = { ...(await this.#options.read()), takenAt: new Date(), mode };
      this.#seen = done;
      for (const listener of this.#onRead) listener(this.#snapshot);
      if (this.#failing) this.#options.logger.info("live feed reads again");
      this.#failing = false;
      return this.#snapshot;
    } catch (error) {
      if (!this.#failing)
        this.#options.logger.warn({ err: messageOf(error) }, "live feed cannot read the database");
      this.#failing = true;
      throw error;
    }
  }
}
