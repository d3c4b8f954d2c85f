import { afterAll, beforeAll, expect, test } from "vitest";
import { recordDecisions } from "../pipeline/record/record-decisions.ts";
import { decision, risky, SLA } from "../pipeline/store/testing.ts";
import { startTestConsole, type TestConsole } from "./testing/console.ts";

const KEY = "a-test-key-of-enough-length";
const headers = { authorization: `Bearer ${KEY}` };

let it: TestConsole;
let base: string;
beforeAll(async () => {
  it = await startTestConsole({ ADMIN_API_KEY: KEY });
  base = await it.listen();
  await recordDecisions(it.db, [decision("a"), risky("b", { truth: true })], SLA);
});
afterAll(() => it?.stop());

const get = (path: string, method = "GET") => fetch(`${base}${path}`, { method, headers });
const acts = async (act: string): Promise<Record<string, unknown>[]> =>
  (
    await it.db
      .selectFrom("audit_log")
      .select(["actor", "detail"])
      .where("act", "=", act)
      .orderBy("audit_id", "desc")
      .execute()
  ).map(({ actor, detail }) => ({ actor: actor.name, ...(detail as Record<string, unknown>) }));

test("a program takes a dataset out as a stream, which says how far it goes; each export is in the audit log", async () => {
  const answer = await get("/api/v1/export/decisions?since=2026-01-01T00:00:00Z");
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toBe("application/x-ndjson");
  expect(answer.headers.get("content-disposition")).toMatch(
    /^attachment; filename="paysecure-decisions-.*\.jsonl"$/,
  );
  expect(answer.headers.get("cache-control")).toBe("no-store");
  expect(answer.headers.get("etag")).toBeNull();
  const rows = (await answer.text()).trim().split("\n");
  expect(rows.map((row) => (JSON.parse(row) as { transaction_id: string }).transaction_id)).toEqual([
    "a",
    "b",
  ]);
  const until = answer.headers.get("export-until");
  expect(await (await get(`/api/v1/export/decisions?since=${until}`)).text()).toBe("");
  expect((await acts("data.exported")).at(-1)).toMatchObject({
    ...{ actor: "api-key", format: "jsonl", since: "2026-01-01T00:00:00.000Z", until },
  });
  expect((await acts("data.export_ended")).at(-1)).toMatchObject({ rows: 2, whole: true });
  const file = Buffer.from(await (await get("/api/v1/export/labels?format=parquet")).arrayBuffer());
  expect(file.subarray(0, 4).toString()).toBe("PAR1");
});

test.each([
  ["/api/v1/export/users", "dataset"],
  ["/api/v1/export/decisions?format=xlsx", "format"],
  ["/api/v1/export/decisions?since=yesterday", "since"],
  ["/api/v1/export/decisions?after=17", "after"],
  ["/api/v1/export/decisions?since=2026-02-01T00:00:00Z&until=2026-01-01T00:00:00Z", "until"],
])("%s is refused with its field, and takes nothing out", async (path, field) => {
  const before = (await acts("data.exported")).length;
  const answer = await get(path);
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ errors: [{ field }] });
  expect(await acts("data.exported")).toHaveLength(before);
});

test("the head alone takes nothing out, and without the right nothing is", async () => {
  const before = (await acts("data.exported")).length;
  for (let i = 0; i < 4; i++) expect((await get("/api/v1/export/decisions", "HEAD")).status).toBe(200);
  expect((await fetch(`${base}/api/v1/export/decisions`)).status).toBe(401);
  expect(await acts("data.exported")).toHaveLength(before);
});

test("whoever goes away in the middle leaves a place for others, and the log says that it was not all", async () => {
  const many = Array.from({ length: 9_000 }, (_, i) => decision(`many-${i}`));
  for (let i = 0; i < many.length; i += 3_000) await recordDecisions(it.db, many.slice(i, i + 3_000), SLA);
  const torn = async (): Promise<void> => {
    const abort = new AbortController();
    const answer = await fetch(`${base}/api/v1/export/transaction-log`, { headers, signal: abort.signal });
    expect(answer.status).toBe(200);
    await answer.body?.getReader().read();
    abort.abort();
  };
  for (let i = 0; i < 4; i++) {
    await torn();
    await expect
      .poll(async () => (await acts("data.export_ended")).filter(({ whole }) => whole === false).length, {
        timeout: 30_000,
      })
      .toBe(i + 1);
  }
  const open = await Promise.all([1, 2].map(() => get("/api/v1/export/transaction-log")));
  const third = await get("/api/v1/export/transaction-log");
  expect(third.status).toBe(429);
  expect(third.headers.get("retry-after")).not.toBeNull();
  const texts = await Promise.all(open.map((answer) => answer.text()));
  for (const text of texts) expect(text.trim().split("\n")).toHaveLength(9_002);
  expect((await get("/api/v1/export/labels")).status).toBe(200);
});
