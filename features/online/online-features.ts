import type { Logger } from "../../platform/process/logger.ts";
import type { FeatureEngine, Reading } from "../engine/engine.ts";
import type { EntityState } from "../engine/entity-state.ts";
import { BlobError, decodeState } from "./blob.ts";
import type { StateStore } from "./state-store.ts";

export interface OnlineOptions {
  /** How long the states of a batch are waited for, milliseconds. */
  readonly budgetMs: number;
  readonly logger: Logger;
}

/** A payment whose row is wanted. */
export interface RowRequest {
  readonly engine: FeatureEngine;
  readonly reading: Reading;
  /** Gets the engine's columns, from `offset` on. */
  readonly into: Float32Array | Float64Array;
  readonly offset: number;
}

interface Waiting {
  readonly request: RowRequest;
  readonly tell: (known: boolean) => void;
  readonly fail: (error: unknown) => void;
}

/** Late reads that Redis may owe us: beyond, nobody waits for it. */
const MOST_OWED = 8;
/** Reads for single rows that are under way at once; meanwhile others gather for the next. */
const MOST_READING = 4;
/** How often the log says that states could not be read, milliseconds. */
const SAID_EVERY_MS = 60_000;

/**
 * The features of payments that are to be decided now: the states of a batch's entities out of Redis in one round trip,
 * and the same engine as offline. When Redis is away or does not answer in time, entities are taken for unknown, so every
 * aggregate is what its definition says of no payments; that is counted, logged and told to the caller.
 */
export class OnlineFeatures {
  readonly #store: StateStore | undefined;
  readonly #options: OnlineOptions;
  #said = Number.NEGATIVE_INFINITY;
  #waiting: Waiting[] = [];
  #reading = 0;
  /** Late reads that Redis has not answered yet. */
  owed = 0;
  /** Rows with what is known of their entities. */
  known = 0;
  /** Rows that were computed as if nothing were known. */
  byDefault = 0;
  /** Round trips that ended in time, and what they took together, milliseconds. */
  reads = 0;
  readMs = 0;
  /** Blobs that could not be read: of another version, or cut off. */
  unreadable = 0;

  /** @param store undefined for a process without Redis: nothing is ever known there */
  constructor(store: StateStore | undefined, options: OnlineOptions) {
    this.#store = store;
    this.#options = options;
  }

  /**
   * Writes the rows of a batch.
   *
   * @returns false when they were computed as if nothing were known; never fails for Redis
   */
  async rows(requests: readonly RowRequest[]): Promise<boolean> {
    const wanted = this.#keysOf(requests);
    const blobs = wanted.size === 0 ? NOTHING : await this.#read([...wanted.keys()]);
    const states = new Map<string, EntityState>();
    if (blobs) {
      let i = 0;
      for (const [key, { engine, stream }] of wanted) {
        const blob = blobs[i++];
        const state = blob ? this.#decode(blob, engine, stream) : undefined;
        if (state) states.set(key, state);
      }
    }
    for (const { engine, reading, into, offset } of requests) {
      const ofStreams = engine.identities.map((identity, stream) => {
        const entity = reading.keys[stream];
        return entity === undefined ? undefined : states.get(this.#keyOf(identity, entity));
      });
      engine.features(reading, ofStreams, into, offset);
    }
    if (blobs) this.known += requests.length;
    else this.byDefault += requests.length;
    return blobs !== undefined;
  }

  /** As {@link rows}, together with all others that are asked for at the same time. */
  row(request: RowRequest): Promise<boolean> {
    return new Promise((tell, fail) => {
      if (this.#waiting.push({ request, tell, fail }) === 1) this.#gather();
    });
  }

  #gather(): void {
    if (this.#waiting.length > 0 && this.#reading < MOST_READING) setImmediate(this.#flush);
  }

  #flush = (): void => {
    const waiting = this.#waiting;
    if (waiting.length === 0 || this.#reading >= MOST_READING) return;
    this.#waiting = [];
    this.#reading++;
    this.rows(waiting.map(({ request }) => request))
      .finally(() => {
        this.#reading--;
        this.#gather();
      })
      .then(
        (known) => {
          for (const { tell } of waiting) tell(known);
        },
        (error: unknown) => {
          for (const { fail } of waiting) fail(error);
        },
      );
  };

  #keyOf(identity: string, entity: string): string {
    return this.#store ? this.#store.stateKey(identity, entity) : `${identity}:${entity}`;
  }

  #keysOf(requests: readonly RowRequest[]): Map<string, { engine: FeatureEngine; stream: number }> {
    const keys = new Map<string, { engine: FeatureEngine; stream: number }>();
    for (const { engine, reading } of requests) {
      for (let stream = 0; stream < engine.identities.length; stream++) {
        const entity = reading.keys[stream];
        if (entity === undefined) continue;
        const key = this.#keyOf(engine.identities[stream] as string, entity);
        if (!keys.has(key)) keys.set(key, { engine, stream });
      }
    }
    return keys;
  }

  #decode(blob: Buffer, engine: FeatureEngine, stream: number): EntityState | undefined {
    try {
      return decodeState(blob, engine.streams[stream]!.layout);
    } catch (error) {
      if (!(error instanceof BlobError)) throw error;
      this.unreadable++;
      return undefined;
    }
  }

  /** @returns undefined when Redis is away, or late */
  async #read(keys: readonly string[]): Promise<readonly (Buffer | null)[] | undefined> {
    const store = this.#store;
    if (!store?.reachable || this.owed >= MOST_OWED) return this.#unknown("Redis is away");
    const asked = performance.now();
    const answer = store.read(keys).then(
      (blobs) => blobs,
      () => undefined,
    );
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<"late">((resolve) => {
      // An answer that has come while this process was busy is read before the immediate: it is not late.
      timer = setTimeout(() => setImmediate(resolve, "late"), this.#options.budgetMs);
    });
    const blobs = await Promise.race([answer, late]);
    clearTimeout(timer);
    if (blobs === "late") {
      this.owed++;
      void answer.then(() => {
        this.owed--;
      });
      return this.#unknown(`Redis did not answer in ${this.#options.budgetMs} ms`);
    }
    if (!blobs) return this.#unknown("Redis is away");
    this.reads++;
    this.readMs += performance.now() - asked;
    return blobs;
  }

  #unknown(why: string): undefined {
    const now = performance.now();
    if (now - this.#said > SAID_EVERY_MS) {
      this.#said = now;
      this.#options.logger.warn({ why }, "aggregates are unknown: features are those of entities never seen");
    }
    return undefined;
  }
}

const NOTHING: readonly (Buffer | null)[] = [];
