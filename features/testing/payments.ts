import { Random } from "../../platform/math/random.ts";
import type { FeatureEngine, Reading } from "../engine/engine.ts";
import type { EntityState } from "../engine/entity-state.ts";
import type { Payment } from "../engine/payment.ts";
import type { RecordedPayment } from "../online/aggregates.ts";

/** A schema with every kind of aggregate, by one entity, by a pair, and by a field's value. */
export const EVERY_AGGREGATE = `
schema: 1
name: every-aggregate
currency: EUR
fields:
  amount: { type: number, min: 0 }
  event_time: { type: timestamp }
  channel: { type: text, default: chip }
  shop_kind: { type: text, default: none }
  km: { type: number, default: 0 }
entities:
  customer: {}
  terminal: { required: false }
features:
  large: { expression: "amount > 100" }
  km_per_euro: { expression: "km / (amount + 1)" }
  count_1h: { aggregate: count, by: customer, window: 1h }
  before_1d: { aggregate: count, by: customer, window: 1d, current: false }
  total_7d: { aggregate: sum, of: amount, by: customer, window: 7d }
  usual_30d: { aggregate: mean, of: amount, by: customer, window: 30d }
  least_7d: { aggregate: min, of: km_per_euro, by: customer, window: 7d }
  most_7d: { aggregate: max, of: amount, by: customer, window: 7d }
  spread_7d: { aggregate: std, of: amount, by: customer, window: 7d }
  places_7d: { aggregate: distinct, of: terminal, by: customer, window: 7d }
  idle: { aggregate: since_last, by: customer, window: 30d }
  large_7d: { aggregate: count, by: customer, window: 7d, where: "amount > 100 && channel != 'moto'" }
  risk_7d: { aggregate: fraud_share, by: terminal, window: 7d, delay: 7d }
  risk_30d: { aggregate: fraud_share, by: terminal, window: 30d, delay: 7d }
  frauds_30d: { aggregate: fraud_count, by: customer, window: 30d, delay: 2d }
  pair_30d: { aggregate: count, by: [customer, terminal], window: 30d }
  against_usual: { expression: "amount / usual_30d" }
  how: { one_hot: channel, values: [chip, online] }
  kind_risk: { target: shop_kind, window: 30d, delay: 2d, prior: 0.01, smoothing: 10 }
inputs: [amount, large, km_per_euro, count_1h, before_1d, total_7d, usual_30d, least_7d, most_7d, spread_7d, places_7d,
  idle, large_7d, risk_7d, risk_30d, frauds_30d, pair_30d, against_usual, how, kind_risk]
`;

export interface GeneratorOptions {
  readonly seed?: number;
  readonly customers: number;
  readonly terminals: number;
  readonly kinds: number;
  /** How much of all one customer at one terminal does: so much that its events become tiles. */
  readonly busyShare?: number;
  /** Between one payment and the next, on average, milliseconds. */
  readonly paceMs?: number;
  /** When the first happens, milliseconds since 1970. */
  readonly startMs?: number;
}

const DAY_MS = 86_400_000;
const CHANNELS = ["chip", "online", "moto"] as const;

/** Payments without end, in the order of recording: some happened up to a day before others that were recorded first. */
export function* payments(options: GeneratorOptions): Generator<RecordedPayment> {
  const { seed = 7, customers, terminals, kinds, busyShare = 0 } = options;
  const { paceMs = 60_000, startMs = Date.UTC(2026, 0, 1) } = options;
  const source = new Random(seed);
  const below = (n: number): number => Math.floor(source.next() * n);
  for (let i = 0, now = startMs; ; i++) {
    now += source.next() * 2 * paceMs;
    const late = source.next() < 0.05 ? source.next() * DAY_MS : 0;
    const eventTimeMs = Math.round(now - late);
    const busy = source.next() < busyShare;
    const customer = busy ? 0 : below(customers);
    const terminal = busy ? 0 : source.next() < 0.9 ? below(terminals) : undefined;
    const fraud = source.next() < (terminal !== undefined && terminal % 10 === 0 ? 0.2 : 0.02);
    yield {
      payment: {
        transactionId: `t${seed}-${i}`,
        eventTimeMs,
        fields: {
          amount: below(30_000) / 100,
          currency: "EUR",
          event_time: new Date(eventTimeMs),
          channel: CHANNELS[below(CHANNELS.length)],
          shop_kind: `k${below(kinds)}`,
          ...(source.next() < 0.5 ? { km: below(100_000) / 7 } : {}),
        },
        entities: {
          customer: `c${customer}`,
          ...(terminal === undefined ? {} : { terminal: `m${terminal}` }),
        },
      },
      word: source.next() < 0.9 ? { fraud, knownAtMs: eventTimeMs } : undefined,
    };
  }
}

/** The first so many. */
export function somePayments(count: number, options: GeneratorOptions): RecordedPayment[] {
  const source = payments(options);
  return Array.from({ length: count }, () => source.next().value as RecordedPayment);
}

/** States in memory: the offline run, row by row. */
export class MemoryStates {
  readonly engine: FeatureEngine;
  readonly states: readonly Map<string, EntityState>[];

  constructor(engine: FeatureEngine) {
    this.engine = engine;
    this.states = engine.streams.map(() => new Map());
  }

  /** What the engine makes of a payment that it can read. */
  read(payment: Payment): Reading {
    const reading = this.engine.read(payment);
    if (!("scope" in reading)) throw new Error(JSON.stringify(reading));
    return reading;
  }

  features(payment: Payment): Float64Array {
    const reading = this.read(payment);
    const row = new Float64Array(this.engine.columns.length);
    const states = reading.keys.map((key, s) => (key === undefined ? undefined : this.states[s]!.get(key)));
    this.engine.features(reading, states, row);
    return row;
  }

  record({ payment, word }: RecordedPayment): void {
    const reading = this.read(payment);
    for (const [s, key] of reading.keys.entries()) {
      if (key === undefined) continue;
      const state = this.states[s]!.get(key) ?? this.engine.newState(s);
      this.states[s]!.set(key, state);
      state.insert(reading.events[s]!);
      if (word) state.label(reading.events[s]!, word.fraud, word.knownAtMs);
    }
  }
}

/** The largest difference of two rows, relative to their size where that is more than 1. */
export function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let most = a.length === b.length ? 0 : Number.POSITIVE_INFINITY;
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    const apart = Math.abs(x - y) / Math.max(1, Math.abs(x), Math.abs(y));
    if (!(apart <= most)) most = Number.isNaN(apart) ? Number.POSITIVE_INFINITY : apart;
  }
  return most;
}
