import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createApp } from "./app.tsx";
import { startTestConsole, type TestConsole } from "./testing/console.ts";
import { linkFor } from "./testing/people.ts";

const KEY = "a-test-key-of-enough-length";
const PAN = "4111 1111 1111 1111";
const TRANSACTION = { transaction_id: "t-1", time: 10, v: new Array(28).fill(0), amount: 150 };

let it: TestConsole;
let base: string;

beforeAll(async () => {
  it = await startTestConsole({ ADMIN_API_KEY: KEY });
  base = await it.listen();
});
afterAll(() => it.stop());

function call(path: string, init: RequestInit & { key?: string } = {}): Promise<Response> {
  const { key = KEY, ...rest } = init;
  return fetch(`${base}${path}`, { ...rest, headers: { authorization: `Bearer ${key}`, ...rest.headers } });
}

const post = (path: string, body: string, headers: Record<string, string> = {}): Promise<Response> =>
  call(path, { method: "POST", body, headers: { "content-type": "application/json", ...headers } });

/** What comes back for raw HTTP within the time, milliseconds. */
function raw(head: string, waitMs: number): Promise<string> {
  return new Promise((resolve) => {
    const { port } = new URL(base);
    let answer = "";
    const socket = connect(Number(port), "127.0.0.1", () => socket.write(head));
    socket.on("data", (bytes) => (answer += bytes.toString()));
    socket.on("error", () => resolve(answer));
    setTimeout(() => {
      socket.destroy();
      resolve(answer);
    }, waitMs);
  });
}

test("wrong keys are slowed down long before a thousand, and a right one from the same address is served", async () => {
  const statuses: number[] = [];
  for (let i = 0; i < 60; i++) statuses.push((await call("/api/v1/reviews", { key: `guess-${i}` })).status);
  expect(new Set(statuses)).toEqual(new Set([401, 429]));
  expect(statuses.indexOf(429)).toBeGreaterThan(5);
  const refused = await call("/api/v1/stats", { key: "another" });
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect((await call("/api/v1/reviews")).status).toBe(200);
});

test("who sends a body is asked for it only when somebody wants it", async () => {
  const head = (key: string): string =>
    `POST /api/v1/score/batch HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\n` +
    "Content-Type: application/json\r\nContent-Length: 11000000\r\nExpect: 100-continue\r\n\r\n";
  expect(await raw(head(KEY), 1_000)).toMatch(/^HTTP\/1.1 100 Continue\r\n/);
  expect(await raw(head("wrong"), 1_000)).toMatch(/^HTTP\/1.1 4(01|29) /);
  const nobody =
    "POST /api/v1/score/batch HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n[\r\n";
  expect(await raw(nobody, 1_000)).toMatch(/^HTTP\/1.1 401 /);
});

test("deep nesting is refused, and costs nothing", async () => {
  for (const unit of ["[", '{"a":', '[{"a":']) {
    const body = unit.repeat(100_000);
    const broken = await post("/api/v1/transactions", body);
    expect(broken.status).toBe(400);
    const closing = [...unit]
      .reverse()
      .map((c) => ({ "[": "]", "{": "}" })[c] ?? "")
      .join("");
    const whole = await post("/api/v1/score", `${unit.repeat(20_000)}1${closing.repeat(20_000)}`);
    expect([whole.status, await whole.text()]).toEqual([
      400,
      expect.stringContaining("nested deeper than 32"),
    ]);
  }
});

test("a card number is refused in an address, and in the name of a model; as a request id it is not kept", async () => {
  for (const path of [
    `/api/v1/transactions?search=${encodeURIComponent(PAN)}`,
    `/api/v1/transactions?${encodeURIComponent(PAN)}=1`,
    `/transactions?q=${encodeURIComponent("４１１１１１１１１１１１１１１１")}`,
    `/transactions/${encodeURIComponent(PAN)}`,
    `/nowhere/4111-1111-1111-1111`,
  ]) {
    const answer = await call(path);
    const text = await answer.text();
    expect([path, answer.status]).toEqual([path, 400]);
    expect(text).not.toContain("1111");
  }
  const named = await post("/api/v1/score", JSON.stringify({ transaction: TRANSACTION, model: PAN }));
  expect(named.status).toBe(400);
  const v = [4111111111111111, ...TRANSACTION.v.slice(1)];
  const number = await post("/api/v1/score", JSON.stringify({ transaction: { ...TRANSACTION, v } }));
  expect(number.status).toBe(400);
  const id = await call("/healthz", { headers: { "x-request-id": "4111111111111111" } });
  expect(id.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  const own = await call("/healthz", { headers: { "x-request-id": "my-own.id" } });
  expect(own.headers.get("x-request-id")).toBe("my-own.id");
});

const here = (path: string, init: RequestInit): Promise<Response> => fetch(`${base}${path}`, init);

/** @param at the app that is asked: cookies are for where they come from */
async function signIn(
  name: string,
  at: (path: string, init: RequestInit) => Promise<Response> = here,
): Promise<string> {
  const token = await linkFor(it.db, name);
  const answer = await at(`/sign-in/${token}`, {
    method: "POST",
    redirect: "manual",
    headers: { "sec-fetch-site": "same-origin" },
  });
  return (answer.headers.get("set-cookie") ?? "").split(";")[0] as string;
}

test("one person's live pages are bounded, another's are not touched, and closed ones are free again", async () => {
  const [ann, bob] = [await signIn("ann"), await signIn("bob")];
  // The answer is kept: one that nobody holds is collected as garbage, and its connection ends with it.
  const open = async (cookie: string): Promise<{ status: number; answer: Response; close(): void }> => {
    const controller = new AbortController();
    const answer = await fetch(`${base}/live/frame`, { headers: { cookie }, signal: controller.signal });
    return { status: answer.status, answer, close: () => controller.abort() };
  };
  const streams = [];
  for (let i = 0; i < 30; i++) streams.push(await open(ann));
  expect(streams.map(({ status }) => status)).toEqual(new Array(30).fill(200));
  expect((await open(ann)).status).toBe(429);
  const other = await open(bob);
  expect(other.status).toBe(200);
  for (const stream of [...streams, other]) stream.close();
  await expect
    .poll(
      async () => {
        const again = await open(ann);
        again.close();
        return again.status;
      },
      { timeout: 20_000, interval: 500 },
    )
    .toBe(200);
});

test("one person that asks too often is told to wait, and another is served", async () => {
  // One request in fifty seconds, so that a slow machine sees the same.
  const app = createApp({ ...it.deps, config: { ...it.deps.config, PERSON_RATE_LIMIT: 0.02 } });
  const there = async (path: string, init: RequestInit): Promise<Response> => await app.request(path, init);
  const [eve, dan] = [await signIn("eve", there), await signIn("dan", there)];
  const ask = (cookie: string): Promise<Response> => there("/api/v1/reviews", { headers: { cookie } });
  expect((await ask(eve)).status).toBe(200);
  const refused = await ask(eve);
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(1);
  expect((await ask(dan)).status).toBe(200);
});
