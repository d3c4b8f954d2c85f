import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { Kind } from "./addresses.ts";
import { ADMIN_KEY } from "./house.ts";

/**
 * Between an answer and the next question, milliseconds at most: one reader who asks some fifty times a second. Without
 * any pause the readers and the writer would share out whatever cores there are, and every time would be that of a full
 * machine.
 */
const PAUSE_MS = 20;

/** Name of a kind → how long each of its answers took, milliseconds. */
export type Times = Map<string, number[]>;

/**
 * Asks for every kind `samples` times, all kinds by turns, one after the other.
 *
 * @throws Error for an answer that is not 200
 */
export async function measure(
  origin: string,
  kinds: readonly Kind[],
  samples: number,
  times: Times = new Map(),
): Promise<Times> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    for (const kind of Array.from({ length: samples }, () => shuffled(kinds)).flat()) {
      const address = kind.addresses[Math.floor(Math.random() * kind.addresses.length)];
      if (address === undefined) continue;
      await sleep(Math.random() * PAUSE_MS);
      const started = performance.now();
      const status = await ask(agent, new URL(address, origin));
      if (status !== 200) throw new Error(`${address}: ${status}`);
      const all = times.get(kind.name) ?? [];
      all.push(performance.now() - started);
      times.set(kind.name, all);
    }
  } finally {
    agent.destroy();
  }
  return times;
}

/**
 * Walks a list of the API by its cursors, as a program that wants all of it.
 *
 * @returns the addresses of pages from all along the way, at most `steps`
 */
export async function walk(origin: string, list: string, steps: number): Promise<string[]> {
  const pages: string[] = [];
  for (let page = list; pages.length < steps; ) {
    pages.push(page);
    const answer = await fetch(new URL(page, origin), { headers: { authorization: `Bearer ${ADMIN_KEY}` } });
    if (answer.status !== 200) throw new Error(`${page}: ${answer.status} ${await answer.text()}`);
    const { next_cursor: next } = pageSchema.parse(await answer.json());
    if (next === null) break;
    page = `${list}&cursor=${encodeURIComponent(next)}`;
  }
  return pages;
}

const pageSchema = z.object({ next_cursor: z.string().nullable() });

function shuffled<T>(all: readonly T[]): T[] {
  return all
    .map((one) => [Math.random(), one] as const)
    .sort(([a], [b]) => a - b)
    .map(([, one]) => one);
}

function ask(agent: Agent, url: URL): Promise<number> {
  return new Promise((resolve, reject) => {
    request(
      url,
      {
        agent,
        headers: {
          authorization: `Bearer ${ADMIN_KEY}`,
          accept: url.pathname.startsWith("/api/v1") ? "application/json" : "text/html",
          // As browsers ask.
          "accept-encoding": "gzip, deflate, br",
        },
      },
      (answer) => {
        answer.resume();
        answer.once("end", () => resolve(answer.statusCode ?? 0));
        answer.once("error", reject);
      },
    )
      .once("error", reject)
      .end();
  });
}

/** The value that `share` of them are not above. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
