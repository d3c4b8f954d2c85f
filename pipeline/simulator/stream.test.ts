import { expect, test } from "vitest";
import { queuedTransaction } from "../queues.ts";
import { readProfile } from "./profile.ts";
import { createStream, dailyRhythm, fraudRhythm } from "./stream.ts";

const profile = await readProfile();
const MIDNIGHT = Date.UTC(2026, 10, 22);
const HOUR = 3_600_000;
const stream = (overrides: Partial<Parameters<typeof createStream>[0]> = {}) =>
  createStream({ profile, seed: 1, rate: 1, fraudRate: 0.01, runId: "run", startMs: MIDNIGHT, ...overrides });

test("over a day the mean rate and the share of fraud are what was asked", () => {
  const day = stream({ rate: 0.25, fraudRate: 0.05 }).until(MIDNIGHT + 24 * HOUR);
  const expected = 0.25 * 86_400;
  expect(Math.abs(day.length - expected)).toBeLessThan(5 * Math.sqrt(expected));
  const frauds = day.filter((t) => t.truth).length;
  expect(Math.abs(frauds - 0.05 * expected)).toBeLessThan(5 * Math.sqrt(0.05 * expected));
});

test("the rhythm has mean 1, a quiet night and never less than half", () => {
  const rhythm = dailyRhythm(profile);
  expect(rhythm.reduce((a, b) => a + b) / 24).toBeCloseTo(1, 3);
  expect(Math.min(...rhythm)).toBeGreaterThan(0.5);
  expect(rhythm[4]).toBeLessThan(rhythm[12]!);
  const fraud = fraudRhythm(profile, rhythm);
  expect(fraud.reduce((sum, factor, hour) => sum + (factor * rhythm[hour]!) / 24, 0)).toBeCloseTo(1, 3);
});

test("gaps between transactions are exponential: their deviation is their mean", () => {
  const hour = stream({ rate: 5, startMs: MIDNIGHT + 12 * HOUR }).until(MIDNIGHT + 13 * HOUR);
  const at = hour.map((t) => Date.parse(t.eventTime!));
  const gaps = at.slice(1).map((ms, i) => ms - at[i]!);
  expect(gaps.every((gap) => gap >= 0)).toBe(true);
  const mean = gaps.reduce((a, b) => a + b) / gaps.length;
  const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
  expect(deviation / mean).toBeCloseTo(1, 1);
});

test("Time is in the model's two days and tells the hour of the event", () => {
  for (const t of stream({ startMs: MIDNIGHT + 47 * HOUR }).until(MIDNIGHT + 49 * HOUR)) {
    const { time = Number.NaN } = t;
    expect(time).toBeGreaterThanOrEqual(0);
    expect(time).toBeLessThan(172_800);
    expect(Math.floor((time % 86_400) / 3_600)).toBe(new Date(t.eventTime!).getUTCHours());
  }
});

test("ids differ from run to run although the seed is the same; everything else is equal", () => {
  const [a, b] = ["one", "two"].map((runId) => stream({ runId }).until(MIDNIGHT + 60_000));
  const ids = new Set([...a!, ...b!].map((t) => t.transactionId));
  expect(ids.size).toBe(a!.length + b!.length);
  const rest = (list: typeof a) => list!.map(({ transactionId: _, ...others }) => others);
  expect(rest(a)).toEqual(rest(b));
});

test("cards come back, a stolen one in a burst of frauds, merchants have their trade", () => {
  const list = stream({ rate: 10, fraudRate: 0.05 }).until(MIDNIGHT + 600_000);
  const uses = new Map<string, number>();
  for (const t of list) {
    expect(queuedTransaction.safeParse(t).success).toBe(true);
    expect(t.currency).toBe("EUR");
    uses.set(t.cardToken!, (uses.get(t.cardToken!) ?? 0) + 1);
  }
  expect(Math.max(...uses.values())).toBeGreaterThan(5);
  const stolen = list.filter((t) => t.truth).map((t) => t.cardToken!);
  expect(new Set(stolen).size).toBeLessThan(stolen.length / 2);
  const trade = new Map<string, string>();
  for (const t of list) {
    expect(trade.get(t.merchantId!) ?? t.merchantCategory).toBe(t.merchantCategory);
    trade.set(t.merchantId!, t.merchantCategory!);
  }
});

test("nothing that people read of a payment is found with frauds alone", () => {
  const list = stream({ rate: 10, fraudRate: 0.05 }).until(MIDNIGHT + HOUR);
  for (const field of ["channel", "merchantCategory", "country", "currency"] as const) {
    const honest = new Set(list.filter((t) => !t.truth).map((t) => t[field]));
    for (const t of list) expect(honest, field).toContain(t[field]);
  }
  const shape = (id: string): string => id.replaceAll(/\d+/g, "9");
  expect(new Set(list.map((t) => shape(t.transactionId))).size).toBe(1);
});

test("asking twice continues, skipping leaves a gap, a rate of 0 is silence", () => {
  const s = stream();
  const first = s.until(MIDNIGHT + 60_000);
  expect(s.until(MIDNIGHT + 60_000)).toEqual([]);
  s.skipTo(MIDNIGHT + 10 * 60_000);
  const later = s.until(MIDNIGHT + 11 * 60_000);
  expect(Date.parse(later[0]!.eventTime!)).toBeGreaterThanOrEqual(MIDNIGHT + 10 * 60_000);
  expect(later.length).toBeLessThan(2 * first.length + 30);
  expect(stream({ rate: 0 }).until(MIDNIGHT + HOUR)).toEqual([]);
});
