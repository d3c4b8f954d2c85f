import { request as httpRequest } from "node:http";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startTestConsole, type TestConsole } from "./testing/console.ts";

const KEY = "a-test-key-of-enough-length";
const V = Array.from({ length: 28 }, (_, i) => i / 10);
const TRANSACTION = { transaction_id: "t-1", time: 10, v: V, amount: 150 };
const PREDICT = { Time: 1, ...Object.fromEntries(V.map((v, i) => [`V${i + 1}`, v])), Amount: 5 };

let it: TestConsole;
let base: string;

beforeAll(async () => {
  it = await startTestConsole({ ADMIN_API_KEY: KEY });
  base = await it.listen();
});
afterAll(() => it.stop());
afterEach(() => it.deps.transactions.queues[0].obliterate({ force: true }));

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Record<string, unknown>;
}

async function send(
  path: string,
  body: string | Buffer,
  headers: Record<string, string> = { "content-type": "application/json" },
  method = "POST",
): Promise<Answer> {
  const response = await fetch(`${base}${path}`, {
    method,
    headers: { authorization: `Bearer ${KEY}`, ...headers },
    body,
    duplex: "half",
  } as RequestInit);
  const text = await response.text();
  return { status: response.status, headers: response.headers, json: text === "" ? {} : JSON.parse(text) };
}

const LINES = { "content-type": "application/x-ndjson" };
const named = (id: string, more: object = {}): object => ({ ...TRANSACTION, transaction_id: id, ...more });
const lines = (...values: unknown[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join("");
const fields = ({ json }: Answer): string[] =>
  ((json["errors"] ?? []) as { field: string }[]).map(({ field }) => field);

test("transactions are handed in as one object, a list in an object, a plain list or one a line", async () => {
  const bodies: [string | Buffer, Record<string, string>, string[]][] = [
    [JSON.stringify(named("a")), { "content-type": "application/json" }, ["a"]],
    [
      JSON.stringify([named("a"), named("b")]),
      { "content-type": "application/json; charset=UTF-8" },
      ["a", "b"],
    ],
    [JSON.stringify({ transactions: [named("a")] }), { "content-type": "application/vnd.x+json" }, ["a"]],
    [lines(named("a"), named("b")), LINES, ["a", "b"]],
    [
      `\r\n${lines(named("a"))}\n  \n${JSON.stringify(named("é"))}`,
      { "content-type": "application/jsonl" },
      ["a", "é"],
    ],
    [`\ufeff${JSON.stringify(named("a"))}`, { "content-type": "application/json" }, ["a"]],
  ];
  for (const [body, headers, ids] of bodies) {
    const answer = await send("/api/v1/transactions", body, headers);
    expect([answer.status, answer.json["transaction_ids"]], JSON.stringify(headers)).toEqual([202, ids]);
  }
});

test("where nothing of a list is right, each wrong field is named where it stands", async () => {
  const bad = named("b", { amount: -1 });
  expect(fields(await send("/api/v1/transactions", JSON.stringify([bad, 3])))).toEqual(["[0].amount", "[1]"]);
  expect(fields(await send("/api/v1/transactions", JSON.stringify({ transactions: [bad] })))).toEqual([
    "transactions[0].amount",
  ]);
  expect(fields(await send("/api/v1/transactions", `\n${lines(bad)}`, LINES))).toEqual(["line 2.amount"]);
  const broken = await send("/api/v1/transactions", '{"cut\n[\n', LINES);
  expect([broken.status, fields(broken)]).toEqual([400, ["line 1", "line 2"]]);
  expect(await it.deps.transactions.queues[0].getJobCountByTypes("waiting", "prioritized")).toBe(0);
});

test("an empty list, and one that is too long, is refused before it is read", async () => {
  for (const body of ["[]", `{"transactions":[]}`]) {
    expect((await send("/api/v1/transactions", body)).status).toBe(400);
  }
  expect((await send("/api/v1/transactions", "\n \n", LINES)).status).toBe(400);
  const many = "1,".repeat(1_000);
  expect((await send("/api/v1/transactions", `[${many}1]`)).json["detail"]).toContain("at most 1,000");
});

test("a batch to score comes in the same forms, and a bad transaction fails alone in each", async () => {
  const given = [named("a"), named("b", { v: [1] })];
  const expected = [
    { transaction_id: "a", risk_tier: "medium" },
    { transaction_id: "b", error: {} },
  ];
  for (const [body, headers] of [
    [JSON.stringify(given), { "content-type": "application/json" }],
    [lines(...given), LINES],
  ] as const) {
    const answer = await send("/api/v1/score/batch", body, headers);
    expect([answer.status, answer.json["results"]]).toMatchObject([200, expected]);
  }
});

test("bodies come compressed, and a coding that is not known is refused with those that are", async () => {
  const body = JSON.stringify(named("a"));
  const codings: [string, Buffer][] = [
    ["gzip", gzipSync(body)],
    ["X-Gzip", gzipSync(body)],
    ["deflate", deflateSync(body)],
    ["br", brotliCompressSync(body)],
    ["identity", Buffer.from(body)],
  ];
  for (const [coding, bytes] of codings) {
    const headers = { "content-type": "application/json", "content-encoding": coding };
    expect((await send("/api/v1/transactions", bytes, headers)).status, coding).toBe(202);
  }
  const predict = await send("/predict/", gzipSync(JSON.stringify(PREDICT)), { "content-encoding": "gzip" });
  expect(predict.status).toBe(200);
  for (const coding of ["zstd", "gzip, gzip", "toString", "compress"]) {
    const headers = { "content-type": "application/json", "content-encoding": coding };
    const answer = await send("/api/v1/transactions", body, headers);
    expect([answer.status, answer.headers.get("accept-encoding")], coding).toEqual([
      415,
      "gzip, deflate, br",
    ]);
  }
});

test("a compressed body that is broken, cut off or none is a 400 that names the body", async () => {
  const whole = gzipSync(JSON.stringify(named("a")));
  for (const [coding, bytes] of [
    ["gzip", Buffer.from("no gzip at all")],
    ["gzip", whole.subarray(0, whole.length - 12)],
    ["deflate", whole],
    ["br", Buffer.from("no brotli at all")],
  ] as const) {
    const headers = { "content-type": "application/json", "content-encoding": coding };
    const answer = await send("/api/v1/transactions", bytes, headers);
    expect([answer.status, fields(answer)], coding).toEqual([400, ["body"]]);
  }
});

test("a few bytes that stand for a gigabyte cost no more than the limit", async () => {
  const zeros = Buffer.alloc(64 * 1024 * 1024);
  const before = process.memoryUsage().rss;
  for (const [coding, bytes] of [
    ["gzip", gzipSync(zeros)],
    ["br", brotliCompressSync(zeros, { params: { 1: 1 } })],
  ] as const) {
    for (const path of ["/api/v1/transactions", "/predict/"]) {
      const headers = { "content-type": "application/json", "content-encoding": coding };
      const started = performance.now();
      const answer = await send(path, bytes, headers);
      expect([answer.status, answer.json["code"]], `${coding} ${path}`).toEqual([413, "http_error"]);
      expect(performance.now() - started).toBeLessThan(2_000);
    }
  }
  expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
});

test("another content type or charset is a 415, and bytes that are no UTF-8 a 400", async () => {
  const body = JSON.stringify(named("a"));
  for (const type of [
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/jsonp",
    "application/json; charset=iso-8859-1",
    'application/x-ndjson;charset="utf-16"',
    "",
  ]) {
    for (const path of ["/api/v1/transactions", "/api/v1/score/batch"]) {
      expect((await send(path, body, { "content-type": type })).status, type).toBe(415);
    }
  }
  expect((await send("/api/v1/score", body, { "content-type": "application/x-ndjson" })).status).toBe(415);
  const latin1 = Buffer.from(JSON.stringify(named("caf\u00e9")), "latin1");
  expect((await send("/api/v1/transactions", latin1)).json["detail"]).toBe("body: is not valid UTF-8");
  expect((await send("/predict/", Buffer.from("\ufeff{}", "utf16le"))).status).toBe(422);
});

test("who is asking is decided before a body is read: megabytes that were announced need not be sent", async () => {
  const url = new URL("/api/v1/score/batch", base);
  for (const headers of [
    { "content-length": String(11 * 1024 * 1024) },
    { "transfer-encoding": "chunked" },
    { "transfer-encoding": "chunked", "content-encoding": "gzip" },
  ]) {
    const status = await new Promise((resolve, reject) => {
      const request = httpRequest(url, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
      });
      request.on("response", (response) => {
        resolve(response.statusCode);
        request.destroy();
      });
      request.on("error", reject);
      request.write("[");
    });
    expect(status, JSON.stringify(headers)).toBe(401);
  }
});

test("every address says which methods it has: 405 with Allow, OPTIONS without signing in, HEAD without a body", async () => {
  const addresses: [path: string, allow: unknown][] = [
    ["/api/v1/transactions", expect.stringMatching(/^(POST, GET, HEAD|GET, HEAD, POST), OPTIONS$/)],
    ["/api/v1/score", "POST, OPTIONS"],
    ["/api/v1/reviews/1/claim", "POST, OPTIONS"],
    ["/predict/", "POST, OPTIONS"],
    ["/reviews", "GET, HEAD, OPTIONS"],
    ["/healthz", "GET, HEAD, OPTIONS"],
    ["/assets/app.css", "GET, HEAD, OPTIONS"],
  ];
  for (const [path, allow] of addresses) {
    for (const method of ["DELETE", "PUT", "PATCH"]) {
      const answer = await fetch(base + path, { method });
      expect([answer.status, answer.headers.get("allow")], `${method} ${path}`).toEqual([405, allow]);
      if (path.startsWith("/api/"))
        expect(await answer.json()).toMatchObject({ status: 405, code: "http_error" });
    }
    const options = await fetch(base + path, { method: "OPTIONS" });
    expect([options.status, options.headers.get("allow"), await options.text()], path).toEqual([
      204,
      allow,
      "",
    ]);
  }
  expect((await fetch(`${base}/nowhere`, { method: "OPTIONS" })).status).toBe(404);
  const head = await fetch(`${base}/api/v1/reviews`, {
    method: "HEAD",
    headers: { authorization: `Bearer ${KEY}` },
  });
  expect([head.status, head.headers.get("content-type"), await head.text()]).toEqual([
    200,
    "application/json",
    "",
  ]);
});
