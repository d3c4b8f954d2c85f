import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type LiveMessage, parseLive } from "../live.ts";
import { createLivePublisher } from "./live-publisher.ts";

let sent: LiveMessage[];
beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
});
afterEach(() => {
  vi.useRealTimers();
});
const publish = async (message: LiveMessage): Promise<void> => void sent.push(message);
const counts = (): number[] => sent.map((m) => (m.type === "decisions" ? m.count : Number.NaN));

test("the first is sent at once, what follows at most every 200 ms, added up", () => {
  const live = createLivePublisher(publish);
  for (let i = 0; i < 10; i++) live.decided(5, 1);
  expect(counts()).toEqual([5]);
  vi.advanceTimersByTime(200);
  expect(counts()).toEqual([5, 45]);
  expect(sent[1]).toMatchObject({ flagged: 9 });
  vi.advanceTimersByTime(5_000);
  expect(sent).toHaveLength(2);
  live.decided(1, 0);
  expect(counts()).toEqual([5, 45, 1]);
});

test("closing sends what is waiting; a failing Redis harms nobody", async () => {
  const live = createLivePublisher(publish);
  live.decided(1, 0);
  live.decided(2, 0);
  await live.close();
  expect(counts()).toEqual([1, 2]);
  const failing = createLivePublisher(async () => {
    throw new Error("away");
  });
  failing.decided(1, 0);
  await failing.close();
});

test("messages are read back, anything else is nothing", async () => {
  const live = createLivePublisher(publish);
  live.decided(3, 1);
  expect(parseLive(JSON.stringify(sent[0]))).toEqual(sent[0]);
  for (const text of ["", "null", "[]", '{"type":"other"}', '{"type":"decisions","at":"now"}']) {
    expect(parseLive(text)).toBeNull();
  }
  await live.close();
});
