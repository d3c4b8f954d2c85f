import { expect, test } from "vitest";
import { fuzzWeb } from "./testing/fuzz/fuzz.ts";

/** `npm run fuzz -- --requests 100000` sends more. */
const REQUESTS = 3_000;
const SEED = 20_261_126;

test("mutated requests to every route: documented statuses, no stall, no secret in the log", async () => {
  const { undocumented, longestStallMs, leaks, routes, statuses } = await fuzzWeb(REQUESTS, SEED);
  expect(Object.fromEntries(undocumented), `seed ${SEED}`).toEqual({});
  expect(leaks).toEqual([]);
  expect(longestStallMs).toBeLessThan(250);
  expect(routes).toBeGreaterThan(35);
  // Some get through whole: 283 to 367 of 3,000, by seed, and each new route sends others.
  expect(statuses.get(200)).toBeGreaterThan(REQUESTS / 15);
}, 600_000);
