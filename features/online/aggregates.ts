import { setTimeout as sleep } from "node:timers/promises";
import { failPoint } from "../../platform/process/fail-point.ts";
import type { FeatureEngine } from "../engine/engine.ts";
import type { EntityState, Outcome } from "../engine/entity-state.ts";
import type { Payment } from "../engine/payment.ts";
import { BlobError, decodeState, encodeState, nextSequence, sequenceOf } from "./blob.ts";
import type { StateStore, StateWrite } from "./state-store.ts";

/** What is known of a payment by now. */
export interface Word {
  readonly fraud: boolean;
  /** From when on it was known, milliseconds since 1970. */
  readonly knownAtMs: number;
}

/** A payment that was recorded, with what is known of it; `word` undefined where nothing is. */
export interface RecordedPayment {
  readonly payment: Payment;
  readonly word: Word | undefined;
}

/** What became of payments: events and labels of all streams, and payments that a schema does not read. */
export type Moved = Record<Outcome | "refused", number>;

/** Entities that are read and written in one round trip each. */
const SLICE = 1_000;
/** Who loses to another writer reads and tries again; so often, then the whole is put off. */
const MOST_TRIES = 20;
/** A state outlives its last window by this much: a clock may be behind. */
const SLACK_MS = 86_400_000;

const NONE: ReadonlySet<string> = new Set();

/** What is to happen to one state, in order. */
interface Changes {
  readonly engine: FeatureEngine;
  readonly stream: number;
  readonly apply: ((state: EntityState) => Outcome)[];
}

/**
 * Moves the aggregates of schemas: takes recorded payments and what is known of them into the states in Redis. All of it
 * is harmless when it happens twice, and several may do it at once: a state is written only where it is still what was
 * read.
 *
 * @param engines of the schemas; streams that they share are moved once
 * @param payments in the order of recording
 * @param left identities of streams that are left as they are
 * @throws Redis' error; part of it may have happened then, and happens once when it is done again
 */
export async function moveAggregates(
  store: StateStore,
  engines: readonly FeatureEngine[],
  payments: readonly RecordedPayment[],
  left: ReadonlySet<string> = NONE,
): Promise<Moved> {
  const moved: Moved = { taken: 0, repeated: 0, late: 0, refused: 0 };
  const changes = new Map<string, Changes>();
  const seen = new Set(left);
  for (const engine of engines) {
    const streams = engine.identities.flatMap((identity, s) => (seen.has(identity) ? [] : [s]));
    for (const s of streams) seen.add(engine.identities[s] as string);
    if (streams.length > 0) gather(store, engine, streams, payments, changes, moved);
  }
  const entries = [...changes];
  for (let from = 0; from < entries.length; from += SLICE) {
    await applySlice(store, entries.slice(from, from + SLICE), moved);
  }
  return moved;
}

function gather(
  store: StateStore,
  engine: FeatureEngine,
  streams: readonly number[],
  payments: readonly RecordedPayment[],
  changes: Map<string, Changes>,
  moved: Moved,
): void {
  for (const { payment, word } of payments) {
    const reading = engine.read(payment);
    if (!("scope" in reading)) {
      moved.refused++;
      continue;
    }
    for (const stream of streams) {
      const entity = reading.keys[stream];
      if (entity === undefined) continue;
      const key = store.stateKey(engine.identities[stream] as string, entity);
      let found = changes.get(key);
      if (!found) {
        found = { engine, stream, apply: [] };
        changes.set(key, found);
      }
      const event = reading.events[stream] as Float64Array;
      found.apply.push((state) => state.insert(event));
      if (word) found.apply.push((state) => state.label(event, word.fraud, word.knownAtMs));
    }
  }
}

async function applySlice(store: StateStore, entries: readonly Entry[], moved: Moved): Promise<void> {
  let left = entries;
  for (let tries = 0; left.length > 0; tries++) {
    if (tries === MOST_TRIES) throw new Error(`${left.length} aggregates are written by somebody else, too`);
    if (tries > 0) await sleep(Math.random() * 2 ** Math.min(tries, 6));
    const blobs = await store.read(left.map(([key]) => key));
    failPoint("aggregates.read");
    const tried = left.map((entry, i) => applyTo(entry, blobs[i] ?? null));
    const done = await store.write(tried.flatMap(({ write }) => (write ? [write] : [])));
    failPoint("aggregates.moved");
    let next = 0;
    left = tried.flatMap(({ entry, write, counts }) => {
      if (write && !done[next++]) return [entry];
      for (const outcome of OUTCOMES) moved[outcome] += counts[outcome];
      return [];
    });
  }
}

const OUTCOMES: readonly Outcome[] = ["taken", "repeated", "late"];

type Entry = readonly [string, Changes];

interface Tried {
  readonly entry: Entry;
  /** Undefined where all of it counted already. */
  readonly write: StateWrite | undefined;
  readonly counts: Readonly<Record<Outcome, number>>;
}

function applyTo(entry: Entry, blob: Buffer | null): Tried {
  const [key, { engine, stream, apply }] = entry;
  const state = stateOf(engine, stream, blob);
  const counts = { taken: 0, repeated: 0, late: 0 };
  for (const change of apply) counts[change(state)]++;
  if (counts.taken + counts.late === 0) return { entry, write: undefined, counts };
  const write = {
    key,
    expected: sequenceOf(blob),
    blob: encodeState(state, nextSequence(blob)),
    expiresMs: state.layout.keptMs + SLACK_MS,
  };
  return { entry, write, counts };
}

/** A blob that cannot be read is as good as none. */
function stateOf(engine: FeatureEngine, stream: number, blob: Buffer | null): EntityState {
  if (blob === null) return engine.newState(stream);
  try {
    return decodeState(blob, engine.streams[stream]!.layout);
  } catch (error) {
    if (!(error instanceof BlobError)) throw error;
    return engine.newState(stream);
  }
}
