import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { heldFor } from "./held.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("many who ask at once or soon after are one question; later it is asked anew", async () => {
  let asked = 0;
  const answer = heldFor(5_000, async () => ++asked);
  expect(await Promise.all(Array.from({ length: 100 }, answer))).toEqual(new Array(100).fill(1));
  vi.advanceTimersByTime(4_999);
  expect(await answer()).toBe(1);
  vi.advanceTimersByTime(1);
  expect(await answer()).toBe(2);
});

test("a question that takes long is not asked again meanwhile, and a failure is held like an answer", async () => {
  let asked = 0;
  let fail: (error: Error) => void = () => {};
  const answer = heldFor(1_000, () => {
    asked++;
    return new Promise<never>((_, reject) => {
      fail = reject;
    });
  });
  const first = answer().catch((error: Error) => error.message);
  vi.advanceTimersByTime(60_000);
  const second = answer().catch((error: Error) => error.message);
  fail(new Error("away"));
  expect([await first, await second, asked]).toEqual(["away", "away", 1]);
  await expect(answer()).rejects.toThrow("away");
  expect(asked).toBe(1);
});
