import { expect, test } from "vitest";
import { PaymentsWorld, type SimulatedPayment, worldOf } from "./world.ts";

const START = Date.UTC(2026, 0, 1);
const DAYS = 60;

function lived(seed: number): SimulatedPayment[][] {
  const world = new PaymentsWorld(worldOf(500, seed, START));
  return Array.from({ length: DAYS }, () => world.nextDay());
}

const days = lived(1);
const all = days.flat();

test("the same options make the same days, another seed makes others", () => {
  expect(lived(1)).toEqual(days);
  expect(lived(2)).not.toEqual(days);
});

test("a day's payments lie on it, in order", () => {
  for (const [d, payments] of days.entries()) {
    const times = payments.map(({ at }) => at);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times[0]).toBeGreaterThanOrEqual(START + d * 86_400_000);
    expect(times.at(-1)).toBeLessThan(START + (d + 1) * 86_400_000);
  }
});

test("there are about two payments a customer a day, and frauds of every pattern, about one in a hundred", () => {
  expect(all.length / (500 * DAYS)).toBeGreaterThan(1.7);
  expect(all.length / (500 * DAYS)).toBeLessThan(2.1);
  const share = (pattern: string) => all.filter((p) => p.pattern === pattern).length / all.length;
  for (const pattern of ["amount", "terminal", "customer"]) {
    expect(share(pattern), pattern).toBeGreaterThan(0.0001);
    expect(share(pattern), pattern).toBeLessThan(0.03);
  }
  expect(1 - share("none")).toBeGreaterThan(0.002);
});

test("the obvious pattern is an amount over 220, and no legitimate amount is", () => {
  for (const { amount, pattern } of all) {
    if (pattern === "amount") expect(amount).toBeGreaterThan(220);
    if (pattern === "none") expect(amount).toBeLessThanOrEqual(220);
    expect(Math.round(amount * 100) / 100).toBe(amount);
  }
});

test("a terminal in a thief's hands has no legitimate payment for as long as it is", () => {
  const byTerminal = new Map<string, SimulatedPayment[]>();
  for (const payment of all) {
    byTerminal.set(payment.terminal, [...(byTerminal.get(payment.terminal) ?? []), payment]);
  }
  for (const payments of byTerminal.values()) {
    const bad = payments.filter(({ pattern }) => pattern === "terminal").map(({ at }) => at);
    if (bad.length < 2) continue;
    const span = payments.filter(
      ({ at }) => at >= Math.min(...bad) && at <= Math.min(...bad) + 20 * 86_400_000,
    );
    const until = Math.max(...bad);
    expect(span.filter(({ at, pattern }) => at <= until && pattern === "none")).toEqual([]);
  }
});

test("a stolen card is mostly used from a strange device", () => {
  const stolen = all.filter(({ pattern }) => pattern === "customer");
  const strange = stolen.filter(({ device }) => device.startsWith("d-stranger"));
  expect(strange.length / stolen.length).toBeGreaterThan(0.4);
  expect(all.filter(({ pattern, device }) => pattern === "none" && device.startsWith("d-stranger"))).toEqual(
    [],
  );
});
