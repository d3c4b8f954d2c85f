import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ScorerWatch } from "./scorer-watch.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setUp(answer: () => Promise<string>) {
  const health = vi.fn(answer);
  const onChange = vi.fn();
  return { health, onChange, watch: new ScorerWatch({ health, onChange, everyMs: 3_000, limitMs: 2_000 }) };
}

test("nobody looks, nobody is asked; many look, one asks", async () => {
  const { health, watch } = setUp(async () => "serving");
  await vi.advanceTimersByTimeAsync(10_000);
  expect(health).not.toHaveBeenCalled();
  for (let i = 0; i < 100; i++) expect(watch.serves).toBe(true);
  await vi.advanceTimersByTimeAsync(2_999);
  expect(watch.serves).toBe(true);
  expect(health).toHaveBeenCalledTimes(1);
});

test.each([
  ["hangs", () => new Promise<string>(() => {})],
  ["fails", () => Promise.reject(new Error("connection refused"))],
  ["does not serve", async () => "not serving"],
])("a scorer that %s is away, and who draws is told once", async (_, answer) => {
  const { onChange, watch } = setUp(answer);
  for (let i = 0; i < 3; i++) {
    void watch.serves;
    await vi.advanceTimersByTimeAsync(3_000);
  }
  expect(watch.serves).toBe(false);
  expect(onChange).toHaveBeenCalledTimes(1);
});

test("a scorer that comes back serves again", async () => {
  let answer = "not serving";
  const { onChange, watch } = setUp(async () => answer);
  void watch.serves;
  await vi.advanceTimersByTimeAsync(3_000);
  answer = "serving";
  expect(watch.serves).toBe(false);
  await vi.advanceTimersByTimeAsync(0);
  expect(watch.serves).toBe(true);
  expect(onChange).toHaveBeenCalledTimes(2);
});
