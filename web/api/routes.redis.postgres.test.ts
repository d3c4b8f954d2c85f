import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { recordDecisions } from "../../pipeline/record/record-decisions.ts";
import { decision, emptyLedger, risky, SLA } from "../../pipeline/store/testing.ts";
import { startTestConsole, type TestConsole } from "../testing/console.ts";
import { linkFor } from "../testing/people.ts";
import { honoPath } from "./route.ts";
import { API_ROUTES } from "./routes.ts";

const KEY = "a-test-key-of-enough-length";
let it: TestConsole;

beforeAll(async () => {
  it = await startTestConsole({ ADMIN_API_KEY: KEY });
});
afterAll(() => it.stop());
beforeEach(() => emptyLedger(it.db));

async function api(path: string, body?: unknown): Promise<Response> {
  return await it.app.request(path, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

interface Page {
  readonly items: readonly { readonly transaction_id: string; readonly case_id?: number }[];
  readonly next_cursor: string | null;
  readonly total?: number;
}

async function page(path: string): Promise<Page> {
  const response = await api(path);
  expect(response.status, path).toBe(200);
  return (await response.json()) as Page;
}

async function decide(caseId: number | undefined): Promise<void> {
  expect((await api(`/api/v1/reviews/${caseId}/decide`, { verdict: "fraud" })).status).toBe(200);
}

/** The transaction ids of every page, by cursor; `between` runs after the first one. */
async function walk(path: string, between?: () => Promise<unknown>): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const { items, next_cursor } = await page(cursor ? `${path}&cursor=${cursor}` : path);
    ids.push(...items.map((item) => item.transaction_id));
    if (cursor === undefined) await between?.();
    cursor = next_cursor;
  }
  return ids;
}

test("the app has the API's routes as they are documented, and no others", () => {
  // What describes the API is no part of it.
  const about = ["GET /api/docs", "GET /api/openapi.json"];
  const registered = it.app.routes
    .filter(({ method, path }) => method !== "ALL" && /^\/(?:api|predict)(?:\/|$)/.test(path))
    .map(({ method, path }) => `${method} ${path}`);
  const documented = API_ROUTES.flatMap(({ operation: { method, path, aliases = [] } }) =>
    [path, ...aliases].map((each) => `${method.toUpperCase()} ${honoPath(each)}`),
  );
  expect([...new Set(registered)].sort()).toEqual([...documented, ...about].sort());
});

test("a body passes or is refused as its documented schema says", async () => {
  const bodies = API_ROUTES.flatMap(({ operation }) => (operation.body ? [operation] : []));
  expect(bodies.length).toBeGreaterThan(4);
  await recordDecisions(it.db, [risky("c1"), risky("c2")], SLA);
  // Whom the example assigns a case to.
  await linkFor(it.db, "ann");
  const cases = await it.db.selectFrom("review_cases").select("case_id as id").orderBy("case_id").execute();
  // One is decided, and what is done to open ones is done to the other.
  const [caseId, open] = cases.map(({ id }) => id);
  /** Of the webhook endpoint that its route has added. */
  const endpointId = async () => {
    const row = await it.db.selectFrom("webhook_endpoints").select("endpoint_id").executeTakeFirstOrThrow();
    return row.endpoint_id;
  };
  for (const { path, body } of bodies) {
    const example = { ...(body?.example as Record<string, unknown>) };
    const wrong = [
      ...Object.keys(example).map((key) => ({ ...example, [key]: null })),
      { ...example, surprise: 1 },
      null,
      "text",
    ];
    // The right one comes last: a case is decided once.
    for (const each of [...wrong, example]) {
      const id = path.startsWith("/api/v1/webhooks/")
        ? await endpointId()
        : /\/(snooze|refer|assign)$/.test(path)
          ? open
          : caseId;
      const response = await api(path.replace("{id}", String(id)), each);
      // An export holds its place until it has been read.
      await response.arrayBuffer();
      const passes = body?.schema.safeParse(each).success;
      const what = `${path} ${JSON.stringify(each).slice(-200)}`;
      expect(response.status < 300, what).toBe(passes);
      if (!passes) expect(response.status, what).toBe(body?.refusedWith ?? 400);
    }
  }
  await it.deps.transactions.queues[0].obliterate();
});

test("a path's parameter is refused by its schema, in the words there always were", async () => {
  for (const id of ["abc", "0", "-1.5", "1e400", "9007199254740993"]) {
    const response = await api(`/api/v1/reviews/${id}`);
    expect(response.status, id).toBe(400);
    expect(await response.json()).toMatchObject({
      errors: [{ field: "id", message: "must be a positive whole number" }],
    });
  }
});

test("the list of decisions is walked by cursor while more arrive", async () => {
  const ids = Array.from({ length: 7 }, (_, i) => `d${i}`);
  for (const id of ids) await recordDecisions(it.db, [decision(id)], SLA);
  const walked = await walk("/api/v1/transactions?limit=3", () =>
    recordDecisions(it.db, [decision("late")], SLA),
  );
  expect(walked).toEqual(ids.toReversed());
});

test("the queue is walked by cursor while cases come and go", async () => {
  const ids = Array.from({ length: 7 }, (_, i) => `c${i}`);
  await recordDecisions(
    it.db,
    // Some of the same worth: the id tells them apart.
    ids.map((id, i) => risky(id, { amount: 100 + (i % 3) })),
    SLA,
  );
  const { items } = await page("/api/v1/reviews?limit=200");
  const all = items.map((item) => item.transaction_id);
  const [first] = items;
  const walked = await walk("/api/v1/reviews?limit=3", async () => {
    await recordDecisions(it.db, [risky("late", { amount: 102 })], SLA);
    await decide(first?.case_id);
  });
  expect(walked.filter((id) => id !== "late")).toEqual(all);
});

test("decided cases of one millisecond are each listed once", async () => {
  const ids = Array.from({ length: 6 }, (_, i) => `c${i}`);
  await recordDecisions(
    it.db,
    ids.map((id) => risky(id)),
    SLA,
  );
  for (const { case_id } of (await page("/api/v1/reviews")).items) await decide(case_id);
  await sql`update review_cases
    set decided_at = timestamptz '2026-11-26 10:00:00.123' + (case_id % 3) * interval '7 microseconds'`.execute(
    it.db,
  );
  const all = (await page("/api/v1/reviews?status=decided")).items.map((item) => item.transaction_id);
  expect(await walk("/api/v1/reviews?status=decided&limit=1")).toEqual(all);
  expect(all.toSorted()).toEqual(ids);
});

test("a cursor of another list, a made-up one, or one beside another way of paging is refused", async () => {
  for (let i = 0; i < 2; i++) await recordDecisions(it.db, [decision(`d${i}`), risky(`c${i}`)], SLA);
  const { next_cursor: open } = await page("/api/v1/reviews?limit=1");
  const { next_cursor: list } = await page("/api/v1/transactions?limit=1");
  expect([open, list]).not.toContain(null);
  for (const path of [
    `/api/v1/transactions?cursor=${open}`,
    `/api/v1/reviews?cursor=${list}`,
    `/api/v1/reviews?status=decided&cursor=${open}`,
    `/api/v1/reviews?offset=1&cursor=${open}`,
    `/api/v1/transactions?before=2&cursor=${list}`,
    "/api/v1/reviews?cursor=x",
    `/api/v1/transactions?cursor=${"e".repeat(600)}`,
    `/api/v1/transactions?cursor=${Buffer.from('{"seq":-1}').toString("base64url")}`,
  ]) {
    const response = await api(path);
    expect(response.status, path).toBe(400);
    expect(await response.json(), path).toMatchObject({ errors: [{ field: "cursor" }] });
  }
});
