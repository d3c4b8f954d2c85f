import { contractTypes, loadContract } from "../../proto/loader.ts";

const { ScoreRequest, ScoreBatchRequest } = contractTypes(loadContract()).paysecure.scoring.v1;

/** Seeded uniform numbers on [0, 1) (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A transaction with every field a payment gateway would send; V roughly as spread as the real ones. */
export function transaction(random: () => number, id: string) {
  return {
    transactionId: id,
    time: Math.floor(random() * 172_800),
    v: Array.from({ length: 28 }, () => (random() + random() + random() - 1.5) * 2),
    amount: Math.round(random() * 20_000) / 100,
    currency: "EUR",
    cardToken: `tok_${Math.floor(random() * 1e9).toString(36)}`,
    merchantId: `m-${Math.floor(random() * 5_000)}`,
    merchantCategory: "5411",
    country: "BE",
    channel: "contactless",
  };
}

/** Encoded ScoreRequests, all different. */
export function scoreRequests(count: number, seed = 1): Buffer[] {
  const random = seeded(seed);
  return Array.from({ length: count }, (_, i) =>
    ScoreRequest.serialize({ transaction: transaction(random, `bench-${seed}-${i}`) }),
  );
}

/** A team's own payments, encoded: no V, 12 fields, 3 entities. */
export function ownRequests(count: number, seed = 3): Buffer[] {
  const random = seeded(seed);
  return Array.from({ length: count }, (_, i) => {
    const { v: _v, time: _time, ...payment } = transaction(random, `own-${seed}-${i}`);
    const numbers = Array.from(
      { length: 10 },
      (_, k) => [`number_${k}`, { number: random() * 1_000 }] as const,
    );
    return ScoreRequest.serialize({
      transaction: {
        ...payment,
        fields: {
          ...Object.fromEntries(numbers),
          new_device: { flag: i % 7 === 0 },
          basket: { text: "two books" },
        },
        entities: { customer: `c-${i}`, terminal: `t-${i % 900}`, device: `d-${i * 7}` },
      },
    });
  });
}

/** Encoded ScoreBatchRequests of `size` transactions each. */
export function batchRequests(count: number, size: number, seed = 2): Buffer[] {
  const random = seeded(seed);
  return Array.from({ length: count }, (_, i) =>
    ScoreBatchRequest.serialize({
      transactions: Array.from({ length: size }, (_, j) => transaction(random, `bench-${seed}-${i}-${j}`)),
    }),
  );
}

/** The inputs of {@link batchRequests}' first batch, [size, 30]. */
export function batchRows(size: number, seed = 2): Float32Array {
  const random = seeded(seed);
  const rows = new Float32Array(size * 30);
  for (let i = 0; i < size; i++) {
    const { time, v, amount } = transaction(random, "");
    rows.set([time, ...v, amount], i * 30);
  }
  return rows;
}
