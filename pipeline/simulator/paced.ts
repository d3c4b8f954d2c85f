import { setTimeout as sleep } from "node:timers/promises";
import { MAX_CHUNK } from "../../domain/jobs.ts";

/** What is due within this is handed out together, milliseconds. */
const TOGETHER_MS = 250;

/** Something with the time at which it is to be handed out, milliseconds since 1970. */
export type Due<T> = readonly [dueMs: number, item: T];

/**
 * Hands things out in their order, each when its time has come (one whose time is over at once), in chunks of at most
 * MAX_CHUNK.
 */
export async function* paced<T>(items: AsyncIterable<Due<T>>, stopping: AbortSignal): AsyncGenerator<T[]> {
  let chunk: T[] = [];
  let chunkDue = 0;
  for await (const [due, item] of items) {
    if (stopping.aborted) return;
    if (chunk.length > 0 && (chunk.length >= MAX_CHUNK || due - chunkDue > TOGETHER_MS)) {
      await waitUntil(chunkDue, stopping);
      yield chunk;
      chunk = [];
    }
    if (chunk.length === 0) chunkDue = due;
    chunk.push(item);
  }
  if (chunk.length > 0 && !stopping.aborted) {
    await waitUntil(chunkDue, stopping);
    yield chunk;
  }
}

async function waitUntil(ms: number, signal: AbortSignal): Promise<void> {
  const delay = ms - Date.now();
  if (delay > 0) await sleep(delay, undefined, { signal }).catch(() => {});
}
