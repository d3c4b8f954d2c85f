import { FeatureEngine } from "../../features/engine/engine.ts";
import { FIRST_VALUE, ID, TIME } from "../../features/engine/layout.ts";
import type { Payment } from "../../features/engine/payment.ts";
import { encodeState, NO_SEQUENCE, nextSequence } from "../../features/online/blob.ts";
import type { StateStore } from "../../features/online/state-store.ts";
import { parseSchema } from "../../features/schema/read.ts";

/** Twelve aggregates over three entities. */
export const TWELVE = `
schema: 1
name: twelve
currency: EUR
fields:
  amount: { type: number, min: 0 }
entities:
  customer: {}
  terminal: {}
  device: {}
features:
  customer_count_1h: { aggregate: count, by: customer, window: 1h }
  customer_total_1d: { aggregate: sum, of: amount, by: customer, window: 1d }
  customer_mean_30d: { aggregate: mean, of: amount, by: customer, window: 30d }
  customer_idle: { aggregate: since_last, by: customer, window: 30d }
  terminal_count_1d: { aggregate: count, by: terminal, window: 1d }
  terminal_risk_7d: { aggregate: fraud_share, by: terminal, window: 7d, delay: 7d }
  terminal_risk_30d: { aggregate: fraud_share, by: terminal, window: 30d, delay: 7d }
  terminal_most_7d: { aggregate: max, of: amount, by: terminal, window: 7d }
  device_count_1h: { aggregate: count, by: device, window: 1h }
  device_customers_7d: { aggregate: distinct, of: customer, by: device, window: 7d }
  device_spread_30d: { aggregate: std, of: amount, by: device, window: 30d }
  device_frauds_30d: { aggregate: fraud_count, by: device, window: 30d, delay: 1d }
inputs: [amount, customer_count_1h, customer_total_1d, customer_mean_30d, customer_idle, terminal_count_1d,
  terminal_risk_7d, terminal_risk_30d, terminal_most_7d, device_count_1h, device_customers_7d, device_spread_30d,
  device_frauds_30d]
`;

/** When the payments that are to be scored happen. */
export const NOW_MS = Date.UTC(2026, 10, 26);
/** Payments that each entity has had in the 30 days before. */
const EVENTS = 12;
const DAY_MS = 86_400_000;
const AT_ONCE = 1_000;

/** A payment of entities among `entities` that {@link fill} has made. */
export function paymentAt(i: number, entities: number, random: () => number): Payment {
  const each = Math.floor(entities / 3);
  const pick = (kind: string): string => `${kind}-${Math.floor(random() * each)}`;
  return {
    transactionId: `bench-${i}`,
    eventTimeMs: NOW_MS + i,
    fields: { amount: Math.round(random() * 20_000) / 100, currency: "EUR" },
    entities: { customer: pick("customer"), terminal: pick("terminal"), device: pick("device") },
  };
}

/**
 * Puts entities into Redis, a third of each kind, each with its payments of a month.
 *
 * @returns the bytes of all states together
 */
export async function fill(store: StateStore, entities: number, random: () => number): Promise<number> {
  const engine = new FeatureEngine(parseSchema(TWELVE));
  const each = Math.floor(entities / 3);
  let bytes = 0;
  for (const [stream, { id, layout }] of engine.streams.entries()) {
    for (let from = 0; from < each; from += AT_ONCE) {
      const writes = Array.from({ length: Math.min(AT_ONCE, each - from) }, (_, i) => {
        const state = engine.newState(stream);
        const event = new Float64Array(layout.stride);
        for (let e = 0; e < EVENTS; e++) {
          event[TIME] = NOW_MS - random() * 30 * DAY_MS;
          event[ID] = Math.floor(random() * 2 ** 53);
          event.fill(Math.floor(random() * 20_000) / 100, FIRST_VALUE);
          state.insert(event);
          if (random() < 0.02) state.label(event, true, event[TIME]);
        }
        const key = store.stateKey(engine.identities[stream]!, `${id}-${from + i}`);
        const blob = encodeState(state, nextSequence(null));
        bytes += blob.length;
        return { key, expected: NO_SEQUENCE, blob, expiresMs: 60 * DAY_MS };
      });
      await store.write(writes);
    }
  }
  return bytes;
}
