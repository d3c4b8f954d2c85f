import fc from "fast-check";
import { expect, test } from "vitest";
import { backOff, backoffMs } from "./backoff.ts";

test("each wait is twice the one before, up to the longest, however often it failed", () => {
  const waits = [0, 1, 2, 3, 4, 2_000].map((failures) => backoffMs({ firstMs: 100, mostMs: 900 }, failures));
  expect(waits).toEqual([100, 200, 400, 800, 900, 900]);
});

test("jitter takes off at most its share, and adds nothing", () => {
  const given = fc.record({
    firstMs: fc.integer({ min: 1, max: 1_000 }),
    mostMs: fc.integer({ min: 1_000, max: 60_000 }),
    jitter: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(
      given,
      fc.nat(100),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (backoff, failures, chance) => {
        const whole = backoffMs({ ...backoff, jitter: 0 }, failures);
        const wait = backoffMs(backoff, failures, () => chance);
        expect(wait).toBeLessThanOrEqual(whole);
        expect(wait).toBeGreaterThanOrEqual(whole * (1 - backoff.jitter) - 1e-9);
      },
    ),
  );
});

test("a wait ends when it is told to stop", async () => {
  const stopping = new AbortController();
  const waiting = backOff({ firstMs: 60_000, mostMs: 60_000 }, 0, stopping.signal);
  stopping.abort();
  await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
  await expect(backOff({ firstMs: 60_000, mostMs: 60_000 }, 0, stopping.signal)).rejects.toThrow();
  await backOff({ firstMs: 1, mostMs: 1 }, 3);
});
