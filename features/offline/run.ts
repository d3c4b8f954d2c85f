import type { FieldViolation } from "../../platform/process/errors.ts";
import type { FeatureEngine } from "../engine/engine.ts";
import type { EntityState } from "../engine/entity-state.ts";
import { TIME } from "../engine/layout.ts";
import type { Payment } from "../engine/payment.ts";
import type { Label } from "./payments.ts";

/** States of a stream below which nobody looks for those that are over. */
const LOOKED_THROUGH_FROM = 100_000;

/**
 * The features of payments in the order of their recording, each as of the moment when it came: what was recorded later,
 * and labels that were not known, are in none. In memory: a bounded state for each entity of the schema's longest
 * window, whatever the number of payments.
 */
export class OfflineRun {
  readonly engine: FeatureEngine;
  readonly #states: readonly Map<string, EntityState>[];
  readonly #lookAt: number[];
  readonly #row: (EntityState | undefined)[];

  constructor(engine: FeatureEngine) {
    this.engine = engine;
    this.#states = engine.streams.map(() => new Map());
    this.#lookAt = engine.streams.map(() => LOOKED_THROUGH_FROM);
    this.#row = engine.streams.map(() => undefined);
  }

  /** States that are kept now. */
  get entities(): number {
    return this.#states.reduce((sum, { size }) => sum + size, 0);
  }

  /**
   * The features of the next payment; then it is taken in, with what is known of it.
   *
   * @param into gets `engine.columns.length` values from `offset` on; left out, the payment is only taken in
   * @returns what the schema refuses in it: then nothing was written or taken in
   */
  next(
    payment: Payment,
    label: Label | undefined,
    into?: Float64Array | Float32Array,
    offset = 0,
  ): readonly FieldViolation[] | undefined {
    const reading = this.engine.read(payment);
    if (!("scope" in reading)) return reading;
    const { keys, events } = reading;
    for (let s = 0; s < keys.length; s++) {
      const key = keys[s];
      this.#row[s] = key === undefined ? undefined : this.#states[s]!.get(key);
    }
    if (into) this.engine.features(reading, this.#row, into, offset);
    for (let s = 0; s < keys.length; s++) {
      const key = keys[s];
      if (key === undefined) continue;
      const event = events[s]!;
      const state = this.#row[s] ?? this.#newState(s, key, event[TIME]!);
      const outcome = state.insert(event);
      // Of a payment that is there again the label may be new, or taken back.
      if (label && outcome !== "late" && (label.fraud || outcome === "repeated")) {
        state.label(event, label.fraud, label.knownAtMs);
      }
    }
    return undefined;
  }

  #newState(stream: number, key: string, now: number): EntityState {
    const states = this.#states[stream]!;
    if (states.size >= this.#lookAt[stream]!) this.#dropOld(stream, now);
    const state = this.engine.newState(stream);
    // A copy: a text cut out of a file's line keeps the whole part of the file in memory.
    states.set(Buffer.from(key).toString(), state);
    return state;
  }

  /** Lets go of entities whose every payment has left the longest window. */
  #dropOld(stream: number, now: number): void {
    const states = this.#states[stream]!;
    const until = now - this.engine.streams[stream]!.layout.keptMs;
    for (const [key, state] of states) if (state.newest <= until) states.delete(key);
    this.#lookAt[stream] = Math.max(LOOKED_THROUGH_FROM, 2 * states.size);
  }
}
