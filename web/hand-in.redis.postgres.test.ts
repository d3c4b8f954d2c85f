import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { RISK_TIERS } from "../domain/tiers.ts";
import type { QueuedTransaction } from "../pipeline/queues.ts";
import { newDecision } from "../pipeline/record/new-decision.ts";
import { recordDecisions } from "../pipeline/record/record-decisions.ts";
import { emptyLedger, SLA } from "../pipeline/store/testing.ts";
import { connectAgain } from "../platform/process/redis.ts";
import { createApp } from "./app.tsx";
import { startTestConsole, type TestConsole } from "./testing/console.ts";

const KEY = "a-test-key-of-enough-length";
const PATH = "/api/v1/transactions";
const JSON_TYPE = { "content-type": "application/json" };
const LINES = { "content-type": "application/x-ndjson" };
const BY_LINES = { ...LINES, accept: "application/x-ndjson" };
const V = Array.from({ length: 28 }, (_, i) => i / 10);

let it: TestConsole;
let base: string;

beforeAll(async () => {
  it = await startTestConsole({ ADMIN_API_KEY: KEY });
  base = await it.listen();
});
afterAll(() => it.stop());
afterEach(async () => {
  await it.deps.transactions.queues[0].obliterate({ force: true });
  await emptyLedger(it.db);
});

const payment = (id: string, more: object = {}): object => ({
  ...{ transaction_id: id, time: 10, v: V, amount: 150 },
  ...more,
});
const lines = (...values: unknown[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join("");

interface Result {
  readonly index: number;
  readonly line?: number;
  readonly transaction_id: string;
  readonly status: string;
  readonly error?: { readonly code: string; readonly errors?: readonly { readonly field: string }[] };
  readonly retry_after?: number;
}

async function send(body: string | Buffer, headers: Record<string, string> = JSON_TYPE) {
  const response = await fetch(base + PATH, {
    method: "POST",
    headers: { authorization: `Bearer ${KEY}`, ...headers },
    body,
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text };
}

const statuses = (text: string): string[] =>
  (JSON.parse(text) as { results: Result[] }).results.map(({ status }) => status);
const resultsOf = (text: string): Result[] =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Result);

/** Decides what lies in the queue, as a worker would. */
async function decideQueued(): Promise<void> {
  for (const job of await it.deps.transactions.queues[0].getJobs(["waiting", "prioritized"], 0, -1, true)) {
    const { transactions } = job.data as { transactions: QueuedTransaction[] };
    const rows = transactions.map((transaction) =>
      newDecision(
        transaction,
        {
          ...{ fraudProbability: 0.1, riskTier: RISK_TIERS[0], action: "approve", fraudPredicted: false },
          ...{ model: { name: "test", version: "1" }, reasons: [], policyVersion: "tiers-1", rules: [] },
          ...{ review: false, slaMinutes: null },
        },
        "api",
      ),
    );
    await recordDecisions(it.db, rows, SLA);
  }
}

async function queuedIds(): Promise<string[]> {
  const jobs = await it.deps.transactions.queues[0].getJobs(["waiting", "prioritized"], 0, -1, true);
  return jobs.flatMap((job) =>
    (job.data as { transactions: QueuedTransaction[] }).transactions.map(
      ({ transactionId }) => transactionId,
    ),
  );
}

test("each of a list has a result of its own, in order; what is right is taken", async () => {
  const bad = payment("b", { amount: -1 });
  const other = payment("a", { amount: 151 });
  const list = [payment("a"), bad, payment("a"), other, 3, payment("c")];
  const first = await send(JSON.stringify(list));
  expect(first.status).toBe(202);
  const answer = JSON.parse(first.text) as { results: Result[] };
  expect(answer).toMatchObject({ accepted: 2, duplicates: 1, conflicts: 1, refused: 2 });
  expect(answer.results.map(({ index, transaction_id, status }) => [index, transaction_id, status])).toEqual([
    [0, "a", "accepted"],
    [1, "b", "refused"],
    [2, "a", "duplicate"],
    [3, "a", "conflict"],
    [4, "", "refused"],
    [5, "c", "accepted"],
  ]);
  expect(answer.results[1]?.error).toMatchObject({ code: "invalid_argument", errors: [{ field: "amount" }] });
  expect(await queuedIds()).toEqual(["a", "c"]);
});

test("a list that is no Unicode is refused whole; a text that only the store lacks, or a line of its own, alone", async () => {
  const pair = String.raw`half \ud800 pair`;
  for (const list of [
    [payment("a"), payment("ID")],
    { transactions: [payment("ID"), payment("a")] },
    [payment("a"), payment("b", { merchant_id: "ID" })],
    [payment("a"), payment("b", { fields: { ID: 1 } })],
  ]) {
    const { status, text } = await send(JSON.stringify(list).replaceAll("ID", pair));
    expect([status, text]).toEqual([400, expect.stringContaining("half of a surrogate pair")]);
  }
  expect(await queuedIds()).toEqual([]);
  const nul = await send(JSON.stringify([payment("a"), payment("nul \0")]));
  expect([nul.status, statuses(nul.text)]).toEqual([202, ["accepted", "refused"]]);
  const lines = [payment("c"), payment("ID")]
    .map((line) => JSON.stringify(line).replace("ID", pair))
    .join("\n");
  const byLine = await send(lines, { "content-type": "application/x-ndjson" });
  expect([byLine.status, statuses(byLine.text)]).toEqual([202, ["accepted", "refused"]]);
  // Whole pairs, and a backslash before the letters, are text like any other.
  const whole = await send(JSON.stringify([payment(String.raw`\ud83d`), payment("smile 😀")]));
  expect([whole.status, statuses(whole.text)]).toEqual([202, ["accepted", "accepted"]]);
});

test("what was decided before is told as a repeat, or as another payment's id, and not queued again", async () => {
  await send(JSON.stringify(payment("a", { event_time: "2026-11-25T08:00:00Z", amount: 0.1 + 0.2 })));
  await send(JSON.stringify(payment("b")));
  await decideQueued();
  await it.deps.transactions.queues[0].obliterate({ force: true });
  // The same by its content: another spelling of the time, of the amount and of what was left out.
  const again = payment("a", { event_time: "2026-11-25T09:00:00.000+01:00", amount: 0.3, currency: "EUR" });
  const list = await send(JSON.stringify([again, payment("b"), payment("c")]));
  expect([list.status, statuses(list.text)]).toEqual([202, ["duplicate", "duplicate", "accepted"]]);
  expect(JSON.parse(list.text)).toMatchObject({ transaction_ids: ["a", "b", "c"] });
  expect(await queuedIds()).toEqual(["c"]);
  const conflict = await send(JSON.stringify(payment("b", { amount: 7 })));
  expect([conflict.status, JSON.parse(conflict.text)]).toMatchObject([
    409,
    { code: "conflict", errors: [{ field: "transaction_id" }] },
  ]);
});

test("a card number in an id is not said again", async () => {
  const { text } = await send(JSON.stringify([payment("4111111111111111"), payment("a")]));
  expect(statuses(text)).toEqual(["refused", "accepted"]);
  expect(text).not.toContain("4111111111111111");
});

/** A request whose body is written bit by bit. */
function slowly(headers: Record<string, string>): {
  readonly request: ClientRequest;
  readonly response: Promise<IncomingMessage>;
} {
  const request = httpRequest(base + PATH, {
    method: "POST",
    headers: { authorization: `Bearer ${KEY}`, ...headers },
  });
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    request.on("response", resolve);
    request.on("error", reject);
  });
  return { request, response };
}

async function* linesOf(response: IncomingMessage): AsyncGenerator<Result> {
  let rest = "";
  for await (const chunk of response) {
    const parts = (rest + String(chunk)).split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) yield JSON.parse(part) as Result;
  }
}

test("lines are answered by lines while they are sent", async () => {
  const { request, response } = slowly(BY_LINES);
  request.write(`${lines(payment("a"))}\n`);
  const answered = await response;
  expect([answered.statusCode, answered.headers["content-type"]]).toEqual([200, "application/x-ndjson"]);
  const results = linesOf(answered);
  expect((await results.next()).value).toEqual({
    ...{ index: 0, line: 1, transaction_id: "a", status: "accepted" },
  });
  const second = JSON.stringify(payment("é"));
  request.write(`{"cut\n${second.slice(0, 20)}`);
  expect((await results.next()).value).toMatchObject({ index: 1, line: 3, status: "refused" });
  request.end(second.slice(20));
  expect((await results.next()).value).toEqual({
    ...{ index: 2, line: 4, transaction_id: "é", status: "accepted" },
  });
  expect((await results.next()).done).toBe(true);
  expect(await queuedIds()).toEqual(["a", "é"]);
});

test("lines come compressed, with bytes that are no text, and with a byte order mark", async () => {
  const body = Buffer.concat([
    Buffer.from(`\ufeff${lines(payment("a"))}`),
    Buffer.from([0x7b, 0xff, 0x7d, 0x0a]),
    Buffer.from(lines(payment("b"))),
  ]);
  const { status, text } = await send(gzipSync(body), { ...BY_LINES, "content-encoding": "gzip" });
  expect([status, resultsOf(text).map((result) => result.status)]).toEqual([
    200,
    ["accepted", "refused", "accepted"],
  ]);
  expect(resultsOf(text)[1]?.error).toMatchObject({ errors: [{ field: "body" }] });
});

test("many lines cost no memory, and their answer stays small", async () => {
  const before = process.memoryUsage().rss;
  const count = 40_000;
  const { request, response } = slowly(LINES);
  for (let i = 0; i < count; i += 100) {
    const part = Array.from({ length: 100 }, (_, n) => payment(`m-${i + n}`, n === 0 ? { amount: -1 } : {}));
    if (!request.write(lines(...part))) await new Promise((resolve) => request.once("drain", resolve));
  }
  request.end();
  const answer = await response;
  let text = "";
  for await (const chunk of answer) text += String(chunk);
  expect(answer.statusCode).toBe(202);
  const said = JSON.parse(text) as { results: Result[]; transaction_ids?: string[] };
  expect(said).toMatchObject({ accepted: count * 0.99, refused: count / 100, duplicates: 0 });
  expect(said.transaction_ids).toBeUndefined();
  expect(said.results).toHaveLength(count / 100);
  expect(said.results[1]).toMatchObject({ index: 100, line: 101, status: "refused" });
  expect(process.memoryUsage().rss - before).toBeLessThan(150 * 2 ** 20);
}, 60_000);

test("a line that is too long ends the lines, and what was taken before is said", async () => {
  const long = `${lines(payment("a"))}"${"x".repeat(300_000)}"\n${lines(payment("b"))}`;
  const byLines = resultsOf((await send(long, BY_LINES)).text);
  expect(byLines).toMatchObject([{ status: "accepted" }, { status: "stopped", line: 2 }]);
  const { status, text } = await send(long, LINES);
  expect([status, JSON.parse(text)]).toMatchObject([400, { stopped_at_line: 2, results: [{ line: 1 }] }]);
  expect(new Set(await queuedIds())).toEqual(new Set(["a"]));
});

test("a queue that does not answer stops the lines where it did; what came before is taken", async () => {
  const { request, response } = slowly(BY_LINES);
  request.write(lines(payment("a")));
  const results = linesOf(await response);
  expect((await results.next()).value).toMatchObject({ status: "accepted" });
  // That of the queue waits behind what it has asked.
  const other = connectAgain(it.deps.redis);
  await other.call("CLIENT", "PAUSE", "30000", "WRITE");
  request.write(lines(payment("b", { amount: -1 }), payment("c"), payment("d")));
  expect((await results.next()).value).toMatchObject({ line: 2, status: "refused" });
  expect((await results.next()).value).toMatchObject({
    ...{ status: "stopped", line: 3, error: { code: "unavailable" }, retry_after: 2 },
  });
  expect((await results.next()).done).toBe(true);
  request.destroy();
  await other.call("CLIENT", "UNPAUSE");
  other.disconnect();
}, 60_000);

test("a full queue takes no more, and says when to come again", async () => {
  const app = createApp({ ...it.deps, config: { ...it.deps.config, QUEUE_LIMIT: 2 } });
  const hand = async (id: string): Promise<Response> =>
    await app.request(PATH, {
      method: "POST",
      headers: { authorization: `Bearer ${KEY}`, ...JSON_TYPE },
      body: JSON.stringify(payment(id)),
    });
  await send(JSON.stringify(payment("a")));
  await send(JSON.stringify(payment("b")));
  const refused = await hand("c");
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);
  expect(((await refused.json()) as { detail: string }).detail).toContain("QUEUE_LIMIT");
  expect((await queuedIds()).sort()).toEqual(["a", "b"]);
});

test("a request with an Idempotency-Key is answered once: again the same, another body 422", async () => {
  const keyed = (key: string) => ({ ...JSON_TYPE, "idempotency-key": key });
  const body = JSON.stringify([payment("a"), payment("b", { amount: -1 })]);
  const first = await send(body, keyed('"key-1"'));
  expect([first.status, first.headers.get("idempotency-replayed")]).toEqual([202, null]);
  const again = await send(body, keyed("key-1"));
  expect([again.status, again.text, again.headers.get("idempotency-replayed")]).toEqual([
    202,
    first.text,
    "true",
  ]);
  expect(await queuedIds()).toEqual(["a"]);
  const other = await send(JSON.stringify([payment("c")]), keyed("key-1"));
  expect([other.status, JSON.parse(other.text)]).toMatchObject([422, { code: "http_error" }]);
  expect((await send(JSON.stringify([payment("c")]), keyed("key-2"))).status).toBe(202);
  for (const wrong of ["", "two words", `"${"x".repeat(300)}"`, '"a" b']) {
    expect((await send(body, keyed(wrong))).status, wrong).toBe(400);
  }
  const asLines = await send(lines(payment("d"), payment("e", { amount: -1 })), {
    ...BY_LINES,
    "idempotency-key": "key-3",
  });
  expect([asLines.status, resultsOf(asLines.text).map(({ line }) => line)]).toEqual([202, [1, 2]]);
});

test("of two requests with one Idempotency-Key at a time one is done; what was refused may be tried again", async () => {
  const headers = { ...JSON_TYPE, "idempotency-key": "twice" };
  const body = JSON.stringify(payment("a"));
  const answers = await Promise.all(Array.from({ length: 8 }, () => send(body, headers)));
  for (const { status } of answers) expect([202, 409]).toContain(status);
  expect(answers.some(({ status }) => status === 202)).toBe(true);
  expect(await queuedIds()).toEqual(["a"]);
  const waiting = answers.find(({ status }) => status === 409);
  if (waiting) expect(waiting.headers.get("retry-after")).toBe("1");
  const wrong = JSON.stringify([payment("b", { amount: -1 })]);
  const again = { ...JSON_TYPE, "idempotency-key": "mended" };
  expect((await send(wrong, again)).status).toBe(400);
  expect((await send(JSON.stringify([payment("b")]), again)).status).toBe(202);
});
