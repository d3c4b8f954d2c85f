import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createLogger } from "../../platform/process/logger.ts";
import { LiveFeed, type LiveSnapshot } from "./feed.ts";

const MESSAGE = JSON.stringify({ type: "decisions", at: "2026-11-22T12:00:00.000Z", count: 5, flagged: 0 });
const REVIEW = JSON.stringify({
  type: "review",
  at: "2026-11-22T12:00:00.000Z",
  caseId: 1,
  event: "claimed",
  actor: "ann",
});

function setUp({ connected = true } = {}) {
  let hear: (text: string) => void = () => {};
  let change: () => void = () => {};
  const state = { connected, fail: false, hang: false };
  const read = vi.fn(async () => {
    if (state.hang) await new Promise((resolve) => setTimeout(resolve, 60_000));
    if (state.fail) throw new Error("database away");
    // What is in a snapshot is the database's business; the feed only carries it.
    return { nextCases: [], latest: [], minutes: [] } as unknown as Omit<LiveSnapshot, "takenAt" | "mode">;
  });
  const feed = new LiveFeed({
    read,
    channel: {
      connected: () => state.connected,
      onMessage: (listener) => {
        hear = listener;
      },
      onChange: (listener) => {
        change = listener;
      },
    },
    logger: createLogger("test", "silent"),
  });
  const connect = (now: boolean): void => {
    state.connected = now;
    change();
  };
  return { feed, read, state, connect, say: (text: string) => hear(text) };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("nobody watches, nothing is read", async () => {
  const { read, say } = setUp();
  say(MESSAGE);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(read).not.toHaveBeenCalled();
});

test("a hundred messages in a second are one read, at most a second later", async () => {
  const { feed, read, say } = setUp();
  const seen = vi.fn();
  feed.subscribe(seen);
  await vi.advanceTimersByTimeAsync(0);
  read.mockClear();
  seen.mockClear();
  for (let i = 0; i < 100; i++) say(MESSAGE);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(read).toHaveBeenCalledTimes(1);
  expect(seen).toHaveBeenCalledTimes(1);
  expect(feed.snapshot?.mode).toBe("push");
});

test("payments by the hundred do not make every page read again; what a reviewer did, or this process, does", async () => {
  const { feed, read, say } = setUp();
  await feed.current();
  for (let page = 0; page < 100; page++) {
    say(MESSAGE);
    await feed.current();
  }
  expect(read).toHaveBeenCalledTimes(1);
  say(REVIEW);
  await feed.current();
  expect(read).toHaveBeenCalledTimes(2);
  feed.nudge();
  await feed.current();
  expect(read).toHaveBeenCalledTimes(3);
  await vi.advanceTimersByTimeAsync(1_000);
  await feed.current();
  await vi.advanceTimersByTimeAsync(1_000);
  await feed.recent();
  expect(read).toHaveBeenCalledTimes(3);
  await feed.current();
  expect(read).toHaveBeenCalledTimes(4);
  say(REVIEW);
  await feed.recent();
  expect(read).toHaveBeenCalledTimes(5);
  await vi.advanceTimersByTimeAsync(5_000);
  await feed.recent();
  expect(read).toHaveBeenCalledTimes(6);
});

test("it goes on for five seconds after a page was drawn, so that the next finds what it needs, then rests", async () => {
  const { feed, read, say } = setUp();
  await feed.recent();
  for (let second = 0; second < 4; second++) {
    say(MESSAGE);
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(read).toHaveBeenCalledTimes(5);
  await vi.advanceTimersByTimeAsync(10_000);
  for (let second = 0; second < 10; second++) {
    say(MESSAGE);
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(read).toHaveBeenCalledTimes(5);
});

test("a page after somebody's act shows it, even while a read from before it is under way", async () => {
  const { feed, read, say } = setUp();
  const first = feed.current();
  say(REVIEW);
  const second = await feed.recent();
  expect(await first).not.toBe(second);
  expect(read).toHaveBeenCalledTimes(2);
});

test("without Redis it reads every two seconds and says so", async () => {
  const { feed, read } = setUp({ connected: false });
  feed.subscribe(() => {});
  await vi.advanceTimersByTimeAsync(0);
  read.mockClear();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(read).toHaveBeenCalledTimes(5);
  expect(feed.snapshot?.mode).toBe("poll");
});

test("Redis lost or back is noticed within a second, not at the next idle read", async () => {
  const { feed, connect } = setUp();
  feed.subscribe(() => {});
  await vi.advanceTimersByTimeAsync(0);
  connect(false);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(feed.snapshot?.mode).toBe("poll");
  connect(true);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(feed.snapshot?.mode).toBe("push");
});

test("while the database is away it keeps the last snapshot, tells its watchers, and comes back", async () => {
  const { feed, state, say } = setUp();
  const seen = vi.fn();
  feed.subscribe(seen);
  await vi.advanceTimersByTimeAsync(0);
  const before = feed.snapshot;
  state.fail = true;
  say(MESSAGE);
  seen.mockClear();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(feed.failing).toBe(true);
  expect(seen).toHaveBeenCalled();
  expect(feed.snapshot).toBe(before);
  state.fail = false;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(feed.failing).toBe(false);
  expect(feed.snapshot).not.toBe(before);
});

test("a database that hangs is told of before it fails, and forgotten when it answers", async () => {
  const { feed, state, say } = setUp();
  const seen = vi.fn();
  feed.subscribe(seen);
  await vi.advanceTimersByTimeAsync(0);
  seen.mockClear();
  state.hang = true;
  say(MESSAGE);
  await vi.advanceTimersByTimeAsync(5_500);
  expect(feed.failing).toBe(true);
  expect(seen).toHaveBeenCalledTimes(1);
  state.hang = false;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(feed.failing).toBe(false);
});

test("the last watcher gone, the reading stops", async () => {
  const { feed, read } = setUp();
  const leave = feed.subscribe(() => {});
  await vi.advanceTimersByTimeAsync(0);
  leave();
  read.mockClear();
  await vi.advanceTimersByTimeAsync(30_000);
  expect(read).not.toHaveBeenCalled();
});

test("only news of cases makes case pages read again; noise on the channel does nothing", async () => {
  const { feed, say } = setUp();
  const before = feed.queueVersion;
  say(MESSAGE);
  say("not json");
  say(JSON.stringify({ type: "review", caseId: "x" }));
  expect(feed.queueVersion).toBe(before);
  say(REVIEW);
  expect(feed.queueVersion).toBe(before + 1);
});

test("pages drawn at the same moment share one read", async () => {
  const { feed, read } = setUp();
  await Promise.all([feed.current(), feed.current(), feed.current()]);
  expect(read).toHaveBeenCalledTimes(1);
});
