import { sql } from "kysely";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { publishLive } from "../pipeline/live.ts";
import { createReadiness } from "../pipeline/readiness/readiness.ts";
import { recordDecisions } from "../pipeline/record/record-decisions.ts";
import { decision, SLA } from "../pipeline/store/testing.ts";
import { DomainError } from "../platform/process/errors.ts";
import { startTestConsole, type TestConsole } from "./testing/console.ts";
import { linkFor } from "./testing/people.ts";
import { fakeScorer } from "./testing/scorer.ts";

/** Reads a stream until something is in it. */
class Reader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  text = "";

  constructor(response: Response) {
    this.#reader = (response.body as ReadableStream<Uint8Array>).getReader();
  }

  /** @returns false when the stream ended first */
  async until(found: (text: string) => boolean): Promise<boolean> {
    while (!found(this.text)) {
      const { done, value } = await this.#reader.read();
      if (done) return false;
      this.text += this.#decoder.decode(value, { stream: true });
    }
    return true;
  }
}

const KEY = "a-test-key-of-enough-length";

let it: TestConsole;
let base: string;
let cookie: string;
let scorerAway = false;

vi.setConfig({ testTimeout: 60_000 });

beforeAll(async () => {
  it = await startTestConsole(
    { ADMIN_API_KEY: KEY },
    fakeScorer({
      health: async () => {
        if (scorerAway) throw new DomainError("unavailable", "the scorer does not answer");
        return "serving";
      },
    }),
  );
  base = await it.listen();
  const token = await linkFor(it.db, "ann", "analyst", 10);
  const response = await fetch(`${base}/sign-in/${token}`, {
    method: "POST",
    redirect: "manual",
    headers: { "sec-fetch-site": "same-origin" },
  });
  cookie = (response.headers.get("set-cookie") ?? "").split(";")[0] as string;
});
afterAll(() => it.stop());

const live = (path: string): Promise<Response> => fetch(`${base}${path}`, { headers: { cookie } });
const shows = (count: number) => (text: string) => text.includes(`id="figure-transactions">${count}<`);

test("a live page shows what was decided after it was opened, pushed by Redis", async () => {
  const reader = new Reader(await live("/live/dashboard"));
  expect(await reader.until(shows(0))).toBe(true);
  await recordDecisions(it.db, [decision("pushed-1"), decision("pushed-2")], SLA);
  await publishLive(it.deps.redis, it.deps.config.REDIS_PREFIX, {
    type: "decisions",
    at: new Date().toISOString(),
    count: 2,
    flagged: 0,
  });
  expect(await reader.until(shows(2))).toBe(true);
});

test("a stream without a session is refused", async () => {
  const response = await fetch(`${base}/live/dashboard`);
  expect(response.status).toBe(401);
});

test("readiness names who keeps a payment from being recorded, and why, without an address", async () => {
  const readiness = async (): Promise<[number, unknown]> => {
    const response = await fetch(`${base}/readyz`, { headers: { "x-api-key": KEY } });
    return [response.status, await response.json()];
  };
  expect(await readiness()).toEqual([200, { status: "ready" }]);
  scorerAway = true;
  await vi.waitFor(async () => {
    const reasons = { scorer: "does not answer" };
    expect(await readiness()).toEqual([503, { status: "not ready", missing: ["scorer"], reasons }]);
  }, 5_000);
  scorerAway = false;
  await vi.waitFor(async () => expect((await readiness())[0]).toBe(200), 5_000);
  await sql`alter table labels rename to labels_elsewhere`.execute(it.db);
  await vi.waitFor(async () => {
    const [status, body] = await readiness();
    expect([status, body]).toMatchObject([503, { missing: ["postgresql"] }]);
    expect(JSON.stringify(body)).not.toMatch(/127\.0|:\d/);
  }, 5_000);
  await sql`alter table labels_elsewhere rename to labels`.execute(it.db);
  await vi.waitFor(async () => expect((await readiness())[0]).toBe(200), 5_000);
});

test("however often readiness is asked, the neighbours are asked once a second", async () => {
  let asked = 0;
  const health = async (): Promise<"serving"> => {
    asked++;
    return "serving";
  };
  const readiness = createReadiness({ ...it.deps, redisPrefix: "{paysecure}", scorer: { health } });
  await Promise.all(Array.from({ length: 100 }, () => readiness()));
  expect(asked).toBe(1);
});

test("without Redis the page goes on by asking the database, says so, and recovers", async () => {
  const reader = new Reader(await live("/live/dashboard"));
  expect(await reader.until(shows(2))).toBe(true);
  await it.redis.kill();
  await vi.waitFor(async () => {
    expect(await (await fetch(`${base}/readyz`, { headers: { "x-api-key": KEY } })).json()).toMatchObject({
      missing: ["redis"],
    });
  }, 30_000);
  const refused = await fetch(`${base}/api/v1/transactions`, {
    method: "POST",
    headers: { "x-api-key": KEY, "content-type": "application/json" },
    body: JSON.stringify({ transaction_id: "t", time: 0, v: new Array(28).fill(0), amount: 1 }),
  });
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "2"]);
  expect(await refused.json()).toMatchObject({ detail: expect.stringContaining("send them again") });
  await recordDecisions(it.db, [decision("polled-1")], SLA);
  expect(await reader.until(shows(3))).toBe(true);
  expect(await reader.until((text) => text.includes("Redis is away"))).toBe(true);
  expect((await fetch(`${base}/healthz`)).status).toBe(200);
  await it.redis.start();
  await vi.waitFor(async () => expect((await fetch(`${base}/readyz`)).status).toBe(200), 30_000);
  await recordDecisions(it.db, [decision("pushed-3")], SLA);
  // Heard, or said before the page listens again: then it reads because it may have missed something.
  await publishLive(it.deps.redis, it.deps.config.REDIS_PREFIX, {
    type: "decisions",
    at: new Date().toISOString(),
    count: 1,
    flagged: 0,
  });
  expect(await reader.until(shows(4))).toBe(true);
});

test("a drain ends the streams and takes the process out of rotation", async () => {
  const reader = new Reader(await live("/live/dashboard"));
  expect(await reader.until(shows(4))).toBe(true);
  it.drain();
  expect(await reader.until(() => false)).toBe(false);
  expect((await fetch(`${base}/readyz`)).status).toBe(503);
});
