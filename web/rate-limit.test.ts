import { expect, test } from "vitest";
import { RateLimiter } from "./rate-limit.ts";

test("a rested caller has its burst, then what comes back each second", () => {
  const limiter = new RateLimiter(10, 3);
  expect([0, 0, 0, 0].map(() => limiter.take("a", 0))).toEqual([0, 0, 0, 100]);
  expect(limiter.take("a", 99)).toBeGreaterThan(0);
  expect(limiter.take("a", 101)).toBe(0);
  expect(limiter.take("a", 101)).toBeGreaterThan(0);
});

test("callers do not pay for each other, and a long rest gives no more than the burst", () => {
  const limiter = new RateLimiter(1, 2);
  expect([limiter.take("a", 0), limiter.take("a", 0)]).toEqual([0, 0]);
  expect(limiter.take("a", 0)).toBe(1_000);
  expect(limiter.take("b", 0)).toBe(0);
  expect([0, 0, 0].map(() => limiter.take("a", 3_600_000) === 0)).toEqual([true, true, false]);
});

test("zero is no limit", () => {
  const limiter = new RateLimiter(0, 1);
  expect(Array.from({ length: 50 }, () => limiter.take("a", 0)).every((wait) => wait === 0)).toBe(true);
});

test("a flood of addresses does not fill the memory", () => {
  const limiter = new RateLimiter(1, 1);
  limiter.take("first", 0);
  for (let i = 0; i < 10_000; i++) limiter.take(`other-${i}`, 0);
  // The first was forgotten for the last: it may call again.
  expect(limiter.take("first", 0)).toBe(0);
});
