import { expect, test } from "vitest";
import { FeatureEngine } from "../engine/engine.ts";
import type { Payment } from "../engine/payment.ts";
import { parseSchema } from "../schema/read.ts";
import { OfflineRun } from "./run.ts";

const DAY = 86_400_000;

const engine = () =>
  new FeatureEngine(
    parseSchema(`
schema: 1
name: test
currency: EUR
fields:
  amount: { type: number, min: 0 }
entities:
  customer: {}
  terminal: { required: false }
features:
  count: { aggregate: count, by: customer, window: 7d }
  total: { aggregate: sum, of: amount, by: customer, window: 7d, current: false }
  risk: { aggregate: fraud_share, by: terminal, window: 7d, delay: 2d }
inputs: [amount, count, total, risk]
`),
  );

function payment(id: string, day: number, amount: number, customer: string, terminal?: string): Payment {
  return {
    transactionId: id,
    eventTimeMs: day * DAY,
    fields: { amount },
    entities: terminal === undefined ? { customer } : { customer, terminal },
  };
}

function ran(run: OfflineRun, of: Payment, fraud?: boolean, knownAtMs = of.eventTimeMs): number[] {
  const row = new Float64Array(4);
  expect(run.next(of, fraud === undefined ? undefined : { fraud, knownAtMs }, row)).toBeUndefined();
  return [...row];
}

test("a row has what was recorded before it, and labels from their delay and their knowledge on", () => {
  const run = new OfflineRun(engine());
  expect(ran(run, payment("1", 0, 10, "a", "x"), true)).toEqual([10, 1, 0, 0]);
  expect(ran(run, payment("2", 1, 20, "a", "x"), true, 9.3 * DAY)).toEqual([20, 2, 10, 0]);
  expect(ran(run, payment("3", 2, 5, "b", "x"))).toEqual([5, 1, 0, 1]);
  expect(ran(run, payment("4", 4, 5, "b", "x"), false)).toEqual([5, 2, 5, 1 / 3]);
  expect(ran(run, payment("5", 7, 5, "a"))).toEqual([5, 2, 20, 0]);
  expect(ran(run, payment("6", 9.25, 5, "c", "x"))[3]).toBe(0);
  expect(ran(run, payment("7", 9.5, 5, "c", "x"))[3]).toBe(1 / 3);
});

test("a payment that is there twice counts once; its label may be new, or taken back", () => {
  const run = new OfflineRun(engine());
  const first = payment("1", 0, 10, "a", "x");
  ran(run, first);
  expect(ran(run, first, true)).toEqual([10, 1, 0, 0]);
  expect(ran(run, payment("2", 3, 1, "b", "x"))[3]).toBe(1);
  ran(run, first, false);
  expect(ran(run, payment("3", 3, 1, "b", "x"))[3]).toBe(0);
});

test("what the schema refuses is told and changes nothing", () => {
  const run = new OfflineRun(engine());
  const row = new Float64Array(4).fill(-1);
  expect(run.next(payment("1", 0, -5, "a"), undefined, row)).toEqual([
    { field: "amount", description: "must be at least 0, got -5" },
  ]);
  expect([...row]).toEqual([-1, -1, -1, -1]);
  expect(run.entities).toBe(0);
});

test("entities whose payments have left every window are let go of", () => {
  const run = new OfflineRun(engine());
  const n = 400_000;
  let most = 0;
  for (let i = 0; i < n; i++) {
    run.next(payment(String(i), i * 0.0002, 1, `c${i}`), undefined);
    most = Math.max(most, run.entities);
  }
  expect(most).toBeLessThanOrEqual(100_000);
  expect(ran(run, payment("last", n * 0.0002, 1, `c${n - 1}`))[1]).toBe(2);
});
