import { expect, test } from "vitest";
import { TokenBucket, TokenBuckets } from "./token-bucket.ts";

test("a bucket is spent from and fills again", () => {
  let now = 0;
  const bucket = new TokenBucket(10, 20, () => now);
  bucket.take(20, "x");
  expect(() => bucket.take(1, "x")).toThrow(expect.objectContaining({ retryAfterMs: 100 }));
  now = 100;
  bucket.take(1, "x");
  now = 10_000;
  bucket.take(1_000, "a batch larger than the bucket");
  expect(() => bucket.take(1, "x")).toThrow("rate limit");
});

test("each has a bucket of its own, and a flood of names does not fill the memory", () => {
  const buckets = new TokenBuckets(1, 1, () => 0);
  buckets.take("a", 1, "a");
  expect(() => buckets.take("a", 1, "a")).toThrow('the rate limit of "a" is reached');
  buckets.take("b", 1, "b");
  for (let i = 0; i < 10_000; i++) buckets.take(`other-${i}`, 1, "other");
  // The first was forgotten for the last: it may call again.
  buckets.take("a", 1, "a");
});
