import { expect, test } from "vitest";
import { queuedTransaction } from "../../queues.ts";
import { createPaymentsStream } from "./stream.ts";

const START = Date.UTC(2026, 5, 1, 12);
const DAY_MS = 86_400_000;
const options = { seed: 1, rate: 10, customers: 400, runId: "test", startMs: START };

test("payments come at the rate that is asked for, in order, and none twice however often one looks", () => {
  const stream = createPaymentsStream(options);
  const payments = Array.from({ length: 40 }, (_, i) => stream.until(START + i * 15_000)).flat();
  const seconds = 39 * 15;
  expect(payments.length / seconds).toBeGreaterThan(8.5);
  expect(payments.length / seconds).toBeLessThan(11.5);
  const times = payments.map(({ eventTime }) => eventTime as string);
  expect(times).toEqual([...times].sort());
  expect(new Set(payments.map(({ transactionId }) => transactionId)).size).toBe(payments.length);
  expect(stream.until(START)).toEqual([]);
});

test("a payment is one that the queue takes, with its customer, terminal and device, and the truth about it", () => {
  const payments = createPaymentsStream(options).until(START + 600_000);
  for (const payment of payments) {
    const { entities } = queuedTransaction.parse(payment);
    expect(Object.keys(entities ?? {})).toEqual(["customer", "terminal", "device"]);
  }
  expect(payments.some(({ truth }) => truth)).toBe(true);
});

test("the simulated days run towards today and stay there", () => {
  const stream = createPaymentsStream({ ...options, customers: 20 });
  const [first] = stream.until(START + 60_000);
  expect(Date.parse(first?.eventTime as string)).toBeLessThan(START - 119 * DAY_MS);
  const later = stream.until(START + 2 * 3_600_000);
  const last = Date.parse(later.at(-1)?.eventTime as string);
  expect(last).toBeLessThanOrEqual(START + 2 * 3_600_000);
  expect(last).toBeGreaterThan(START - DAY_MS);
});

test("a pause passes without payments", () => {
  const stream = createPaymentsStream(options);
  const before = stream.until(START + 60_000);
  stream.skipTo(START + 3_600_000);
  const after = stream.until(START + 3_600_000 + 60_000);
  expect(after.length).toBeLessThan(2 * before.length);
  expect(after.length).toBeGreaterThan(0);
});
