import { expect, test } from "vitest";
import { ExchangeRates, NO_RATES } from "../../domain/exchange.ts";
import { Random } from "../../platform/math/random.ts";
import { parseSchema } from "../schema/read.ts";
import { MemoryStates } from "../testing/payments.ts";
import { FeatureEngine } from "./engine.ts";
import { hash53 } from "./hash.ts";
import { LATENESS_MS, MAX_EVENTS, TILES } from "./layout.ts";
import type { Payment } from "./payment.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const text = `
schema: 1
name: test
currency: EUR
fields:
  amount: { type: number, min: 0 }
  event_time: { type: timestamp }
  channel: { type: text, default: chip }
entities:
  customer: {}
  terminal: { required: false }
features:
  large: { expression: "amount > 100" }
  count: { aggregate: count, by: customer, window: 1d }
  before: { aggregate: count, by: customer, window: 1d, current: false }
  total: { aggregate: sum, of: amount, by: customer, window: 7d }
  usual: { aggregate: mean, of: amount, by: customer, window: 7d }
  least: { aggregate: min, of: amount, by: customer, window: 7d }
  most: { aggregate: max, of: amount, by: customer, window: 7d }
  spread: { aggregate: std, of: amount, by: customer, window: 7d }
  places: { aggregate: distinct, of: terminal, by: customer, window: 7d }
  idle: { aggregate: since_last, by: customer, window: 7d }
  large_ones: { aggregate: count, by: customer, window: 7d, where: "amount > 100" }
  risk: { aggregate: fraud_share, by: terminal, window: 7d, delay: 2d }
  frauds: { aggregate: fraud_count, by: terminal, window: 7d, delay: 2d }
  pair: { aggregate: count, by: [customer, terminal], window: 7d }
  against_usual: { expression: "amount / usual" }
  how: { one_hot: channel, values: [chip, online] }
  channel_risk: { target: channel, window: 30d, delay: 2d, prior: 0.01, smoothing: 10 }
inputs: [amount, large, count, before, total, usual, least, most, spread, places, idle, large_ones, risk, frauds,
  pair, against_usual, how, channel_risk]
`;

interface Row extends Payment {
  readonly fraud: boolean;
}

function row(
  i: number,
  at: number,
  amount: number,
  customer: string,
  terminal: string | undefined,
  channel: string,
  fraud: boolean,
): Row {
  return {
    transactionId: `t${i}`,
    eventTimeMs: at,
    fields: { amount, event_time: new Date(at), channel },
    entities: terminal === undefined ? { customer } : { customer, terminal },
    fraud,
  };
}

/** States in memory, features by their names. */
class Memory extends MemoryStates {
  named(payment: Payment): Record<string, number> {
    const values = this.features(payment);
    return Object.fromEntries(this.engine.columns.map((name, i) => [name, values[i] as number]));
  }

  take(payment: Row): void {
    const { fraud, eventTimeMs } = payment;
    this.record({ payment, word: fraud ? { fraud, knownAtMs: eventTimeMs } : undefined });
  }
}

/** The same by the definitions' words, from all rows that were recorded before: slow and plain. */
function naive(recorded: readonly Row[], now: Row): Record<string, number> {
  const t = now.eventTimeMs;
  const amountOf = (r: Row) => r.fields["amount"] as number;
  const window = (belongs: (r: Row) => boolean, ms: number, delay = 0, current = delay === 0) => [
    ...recorded.filter(
      (r) =>
        belongs(r) &&
        r.eventTimeMs <= t - delay &&
        r.eventTimeMs > t - delay - ms &&
        r.transactionId !== now.transactionId,
    ),
    ...(current ? [now] : []),
  ];
  const mine = (r: Row) => r.entities["customer"] === now.entities["customer"];
  const here = (r: Row) =>
    now.entities["terminal"] !== undefined && r.entities["terminal"] === now.entities["terminal"];
  const week = window(mine, 7 * DAY).map(amountOf);
  const mean = week.reduce((a, b) => a + b, 0) / week.length;
  const before = window(mine, 7 * DAY, 0, false).map((r) => r.eventTimeMs);
  const risky = window(here, 7 * DAY, 2 * DAY);
  const same = window((r) => r.fields["channel"] === now.fields["channel"], 30 * DAY, 2 * DAY);
  const frauds = (rows: Row[]) => rows.filter(({ fraud }) => fraud).length;
  return {
    amount: amountOf(now),
    large: amountOf(now) > 100 ? 1 : 0,
    count: window(mine, DAY).length,
    before: window(mine, DAY, 0, false).length,
    total: week.reduce((a, b) => a + b, 0),
    usual: mean,
    least: Math.min(...week),
    most: Math.max(...week),
    spread:
      week.length < 2 ? 0 : Math.sqrt(week.reduce((s, x) => s + (x - mean) ** 2, 0) / (week.length - 1)),
    places: new Set(window(mine, 7 * DAY).map((r) => r.entities["terminal"] ?? "")).size,
    idle: before.length === 0 ? (7 * DAY) / 1_000 : (t - Math.max(...before)) / 1_000,
    large_ones: window(mine, 7 * DAY).filter((r) => amountOf(r) > 100).length,
    risk: risky.length === 0 ? 0 : frauds(risky) / risky.length,
    frauds: frauds(risky),
    pair: now.entities["terminal"] === undefined ? 1 : window((r) => mine(r) && here(r), 7 * DAY).length,
    against_usual: amountOf(now) / mean,
    "how=chip": now.fields["channel"] === "chip" ? 1 : 0,
    "how=online": now.fields["channel"] === "online" ? 1 : 0,
    "how=other": ["chip", "online"].includes(now.fields["channel"] as string) ? 0 : 1,
    channel_risk: (frauds(same) + 10 * 0.01) / (same.length + 10),
  };
}

test("every feature is what its definition says, also for payments that come late, twice or with others of their time", () => {
  const source = new Random(7);
  const random = () => source.next();
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;
  const memory = new Memory(new FeatureEngine(parseSchema(text)));
  const recorded: Row[] = [];
  for (let i = 0; i < 1_500; i++) {
    const late = random() < 0.1 ? random() * LATENESS_MS : 0;
    const at = Math.round((i * 20 * 60_000 - late) / 60_000) * 60_000;
    const now = row(
      i,
      at,
      Math.round(random() * 20_000) / 100,
      pick(["a", "b", "c"]),
      pick(["x", "y", "z", undefined]),
      pick(["chip", "online", "moto"]),
      random() < 0.1,
    );
    const expected = naive(recorded, now);
    const got = memory.named(now);
    expect(Object.keys(got)).toEqual(Object.keys(expected));
    for (const [name, value] of Object.entries(expected)) {
      expect(
        Math.abs((got[name] as number) - value),
        `${name} of row ${i}: ${got[name]}, not ${value}`,
      ).toBeLessThan(1e-9);
    }
    memory.take(now);
    recorded.push(now);
    // Delivered again, and scored again: nothing changes.
    if (random() < 0.05) memory.take(now);
    if (random() < 0.05) expect(memory.named(now)).toEqual(got);
  }
});

test("an entity of any size is bounded, and its long windows stay right but for their far edge", () => {
  const engine = new FeatureEngine(parseSchema(text));
  const memory = new Memory(engine);
  const n = 50_000;
  for (let i = 0; i < n; i++)
    memory.take(row(i, i * 10_000, (i % 7) + 1, "busy", "x", "chip", i % 100 === 0));
  const now = row(n, n * 10_000, 4, "busy", "x", "chip", false);
  const got = memory.named(now);
  const tile = (7 * DAY) / TILES / 10_000;
  expect(Math.abs((got["count"] as number) - DAY / 10_000)).toBeLessThanOrEqual(Math.ceil(tile) + 1);
  expect(Math.abs((got["total"] as number) / (4 * n) - 1)).toBeLessThan(1 / 256);
  expect(got["usual"]).toBeCloseTo(4, 2);
  expect(got["spread"]).toBeCloseTo(2, 2);
  expect(got["least"]).toBe(1);
  expect(got["most"]).toBe(7);
  for (const states of memory.states) {
    for (const state of states.values()) {
      expect(state.eventCount).toBeLessThanOrEqual(MAX_EVENTS);
      const doubles = state.events.length + state.tiles.length + state.frauds.length;
      expect(doubles).toBeLessThan(20_000);
    }
  }
});

test("a label counts from its delay on and not before it is known, and can be taken back", () => {
  const engine = new FeatureEngine(parseSchema(text));
  const memory = new Memory(engine);
  const fraud = row(1, 0, 10, "a", "x", "chip", false);
  memory.take(fraud);
  const riskAt = (at: number) => memory.named(row(2, at, 10, "b", "x", "chip", false))["risk"];
  const stream = engine.streams.findIndex(({ id }) => id === "terminal");
  const state = memory.states[stream]!.get("x")!;
  const event = memory.read(fraud).events[stream]!;
  expect(state.label(event, true, 3 * DAY)).toBe("taken");
  expect(state.label(event, true, 3 * DAY)).toBe("repeated");
  expect(riskAt(2 * DAY - 1)).toBe(0);
  expect(riskAt(2 * DAY)).toBe(0);
  expect(riskAt(3 * DAY)).toBe(1);
  expect(riskAt(9 * DAY)).toBe(0);
  expect(state.label(event, false, 4 * DAY)).toBe("taken");
  expect(riskAt(4 * DAY)).toBe(0);
});

test("what is older than every window is counted as late and changes nothing", () => {
  const memory = new Memory(new FeatureEngine(parseSchema(text)));
  memory.take(row(1, 100 * DAY, 10, "a", "x", "chip", false));
  const before = memory.named(row(3, 100 * DAY, 10, "a", "x", "chip", false));
  memory.take(row(2, 10 * DAY, 10, "a", "x", "chip", false));
  expect(memory.named(row(3, 100 * DAY, 10, "a", "x", "chip", false))).toEqual(before);
  expect([...memory.states[0]!.values()][0]!.late).toBe(1);
});

test("what the model cannot read is refused by field, all of it at once", () => {
  const engine = new FeatureEngine(parseSchema(text));
  const good = row(1, 0, 10, "a", "x", "chip", false);
  expect(
    engine.read({
      ...good,
      fields: { ...good.fields, amount: -1, channel: 5, currency: "USD" },
      entities: {},
    }),
  ).toEqual([
    { field: 'entities["customer"]', description: "is missing: the model needs it" },
    {
      field: "currency",
      description: expect.stringContaining(
        "reads amounts in EUR, and there is no rate for USD on 1970-01-01",
      ),
    },
    { field: "amount", description: "must be at least 0, got -1" },
    { field: "channel", description: "must be a text, got a number" },
  ]);
  expect(engine.read({ ...good, fields: {} })).toEqual([
    { field: "amount", description: "is missing: the model needs it" },
    { field: "event_time", description: "is missing: the model needs it" },
  ]);
});

test("an amount in another currency is read in the schema's, by the rate of the payment's day", () => {
  const rate = { base: "EUR", currency: "USD", validFrom: "1970-01-02", rate: "0.9" };
  const rates = { ...NO_RATES, current: new ExchangeRates("EUR", [rate]) };
  const engine = new FeatureEngine(parseSchema(text), { rates });
  const first = row(1, DAY, 10, "a", "x", "chip", false);
  const dollars = { ...first, fields: { ...first.fields, currency: "USD" } };
  const reading = engine.read(dollars);
  expect(reading).toMatchObject({
    conversion: { amount: 9, currency: "EUR", rate: 0.9, ratesOf: "1970-01-02" },
    scope: { amount: 9 },
    payment: { fields: { amount: 10, currency: "USD" } },
  });
  expect(engine.read(first)).toMatchObject({ conversion: undefined, scope: { amount: 10 } });
  expect(engine.read({ ...dollars, eventTimeMs: DAY - 1 })).toMatchObject([{ field: "currency" }]);
  const bare = text
    .replace(/^ {2}amount:.*$/m, "  sum: { type: number, default: 1 }")
    .replaceAll("amount", "sum");
  const read = new FeatureEngine(parseSchema(bare)).read({ ...dollars, eventTimeMs: DAY - 1 });
  expect(read).toMatchObject({ conversion: undefined });
});

test("hashes of many ids fall on many values", () => {
  const hashes = new Set(Array.from({ length: 200_000 }, (_, i) => hash53(`tx-${i}`)));
  expect(hashes.size).toBe(200_000);
  expect(Math.max(...[...hashes].slice(0, 1_000))).toBeLessThan(2 ** 53);
});
