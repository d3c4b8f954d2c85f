import { Hono } from "hono";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Actor } from "../../domain/actors.ts";
import { createLogger } from "../../platform/process/logger.ts";
import type { AppEnv, Deps } from "../context.ts";
import { createWebMetrics } from "../metrics.ts";
import { streamFragments } from "./stream.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const ANN: Actor = { kind: "user", id: "1", name: "ann" };

/** What a stream said so far, and when, milliseconds after its beginning. */
async function listen(render: () => Promise<string>) {
  let wake = (): void => {};
  const abort = new AbortController();
  const deps = {
    feed: {
      subscribe: (listener: () => void) => {
        wake = listener;
        return () => {};
      },
    } as unknown as Deps["feed"],
    stopping: abort.signal,
    metrics: createWebMetrics(),
    logger: createLogger("test", "silent"),
  };
  const app = new Hono<AppEnv>().get("/live", (c) => {
    c.set("user", { name: ANN.name, role: "analyst", rights: new Set(), actor: ANN });
    return streamFragments(c, deps, render);
  });
  const response = await app.request("/live");
  const heard: { readonly at: number; readonly text: string }[] = [];
  const began = Date.now();
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const reading = (async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      heard.push({ at: Date.now() - began, text: new TextDecoder().decode(value) });
    }
  })();
  return {
    heard,
    wake: () => wake(),
    end: async () => {
      abort.abort();
      await reading;
    },
  };
}

/** The longest time between two things heard, the beginning counted. */
const longestSilence = (heard: readonly { readonly at: number }[]): number =>
  Math.max(...heard.map(({ at }, index) => at - (heard[index - 1]?.at ?? 0)));

test("a stream is never silent for 15 s, also while it is woken for nothing new", async () => {
  const stream = await listen(async () => "the same");
  for (let i = 0; i < 24; i++) {
    await vi.advanceTimersByTimeAsync(5_000);
    stream.wake();
  }
  expect(stream.heard.filter(({ text }) => text.includes("the same"))).toHaveLength(1);
  expect(longestSilence(stream.heard)).toBeLessThan(15_000);
  expect(stream.heard.at(-1)?.at).toBeGreaterThan(105_000);
  expect(stream.heard.at(-1)?.text).toContain("event: paysecure:fresh");
  await stream.end();
});

test("a drawing that hangs is said to be trouble, is not started again, and the stream goes on when it is done", async () => {
  let hangs = true;
  let finish = (): void => {};
  const render = vi.fn(async () => {
    if (hangs) {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
    }
    return "drawn";
  });
  const stream = await listen(render);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(render).toHaveBeenCalledTimes(1);
  expect(longestSilence(stream.heard)).toBeLessThan(15_000);
  for (const { text } of stream.heard) expect(text).toContain("event: paysecure:trouble");
  hangs = false;
  finish();
  await vi.advanceTimersByTimeAsync(15_000);
  expect(stream.heard.map(({ text }) => text).join("")).toContain("data: drawn");
  await stream.end();
});

test("what failed is not told outside", async () => {
  const stream = await listen(async () => {
    throw new Error("connect ECONNREFUSED 10.0.0.7:5432");
  });
  await vi.advanceTimersByTimeAsync(30_000);
  const said = stream.heard.map(({ text }) => text).join("");
  expect(said).toContain("paysecure:trouble");
  expect(said).not.toMatch(/ECONN|10\.0/);
  await stream.end();
});
